"""The lifecycle of a transcribe (api.md section 8)."""

import enum
from typing import Final

__all__ = ["TRANSCRIBE_TRANSITIONS", "TranscribeEvent", "TranscribeStatus"]


class TranscribeStatus(enum.StrEnum):
    PROGRESSING = enum.auto()
    DONE = enum.auto()


class TranscribeEvent(enum.StrEnum):
    FINISHED = enum.auto()


TRANSCRIBE_TRANSITIONS: Final[dict[TranscribeStatus, dict[TranscribeEvent, TranscribeStatus]]] = {
    TranscribeStatus.PROGRESSING: {TranscribeEvent.FINISHED: TranscribeStatus.DONE},
    TranscribeStatus.DONE: {},
}
