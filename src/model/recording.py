"""Recordings (api.md section 7)."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL, CustomerId, RecordingId

__all__ = [
    "RECORDING_TRANSITIONS",
    "PauseMode",
    "Recording",
    "RecordingEvent",
    "RecordingOptions",
    "RecordingStatus",
    "keys_of",
]


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


class PauseMode(enum.StrEnum):
    """What a pause leaves in the files: silence, or nothing."""

    NONE = ""
    SILENCE = enum.auto()
    CUT = enum.auto()


_ANY_KEY: Final = "0123456789*#ABCD"


def keys_of(end_of_key: str) -> str:
    """Return the digits of the API's word: none, any, or one (api.md section 6.5)."""
    if end_of_key in ("", "none"):
        return ""
    if end_of_key == "any":
        return _ANY_KEY
    if len(end_of_key) == 1 and end_of_key in _ANY_KEY:
        return end_of_key
    raise InvalidArgument("end_of_key is not none, any, *, # or a digit")


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """The request to start a recording; ``duration_s`` 0 means the 24 h cap."""

    format: str = "wav"
    duration_s: int = 0
    on_end_flow_id: UUID = NIL
    stems: bool = False
    """Whether to write a file for each participant, beside the mix."""
    channels: int = 1
    """2 puts the caller, or the first participant, on the left and all others on the right."""
    end_of_silence_s: int = 0
    """Silence that ends the recording; 0 for none."""
    end_of_key: str = ""
    """Digits, any of which ends the recording."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a conference or a call; times are None until they happen."""

    id: RecordingId
    customer_id: CustomerId
    reference_type: Literal["confbridge", "call"]
    reference_id: UUID
    status: RecordingStatus
    format: str
    on_end_flow_id: UUID
    tm_create: datetime
    tm_start: datetime | None = None
    tm_end: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
    channels: int = 1
    stems: bool = False
    error: str = ""
    """Why it ended early or could not be encoded; empty if neither."""
    seal: str = ""
    """The last hash of its timeline, once it has ended."""
    files: tuple[dict[str, Any], ...] = ()
    """Track, name, bytes and SHA-256 of each, the recording itself first."""
    paused: str = ""
    """How it is paused now; not stored."""
    progress: float | None = None
    """Share that is encoded, 0 to 1, while it is being encoded; not stored."""
