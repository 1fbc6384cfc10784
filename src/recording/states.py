"""The lifecycle of a recording (api.md section 7)."""

import enum
from typing import Final

__all__ = ["RECORDING_TRANSITIONS", "RecordingEvent", "RecordingStatus"]


class RecordingStatus(enum.StrEnum):
    INITIATING = enum.auto()
    RECORDING = enum.auto()
    STOPPING = enum.auto()
    ENDED = enum.auto()


class RecordingEvent(enum.StrEnum):
    STARTED = enum.auto()
    STOP = enum.auto()
    FINISHED = enum.auto()


RECORDING_TRANSITIONS: Final[dict[RecordingStatus, dict[RecordingEvent, RecordingStatus]]] = {
    RecordingStatus.INITIATING: {
        RecordingEvent.STARTED: RecordingStatus.RECORDING,
        RecordingEvent.FINISHED: RecordingStatus.ENDED,
    },
    RecordingStatus.RECORDING: {
        RecordingEvent.STOP: RecordingStatus.STOPPING,
        RecordingEvent.FINISHED: RecordingStatus.ENDED,
    },
    RecordingStatus.STOPPING: {RecordingEvent.FINISHED: RecordingStatus.ENDED},
    RecordingStatus.ENDED: {},
}
