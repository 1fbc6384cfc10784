"""Transcribes and transcripts (api.md section 8)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from mixminus.model.ids import NIL, CustomerId, TranscribeId, TranscriptId

__all__ = [
    "NO_SPEAKER",
    "TRANSCRIBE_TRANSITIONS",
    "Direction",
    "ReferenceType",
    "Speaker",
    "Transcribe",
    "TranscribeEvent",
    "TranscribeOptions",
    "TranscribeStatus",
    "Transcript",
    "direction_of",
    "translation_in",
]


class TranscribeStatus(enum.StrEnum):
    PROGRESSING = enum.auto()
    DONE = enum.auto()


class TranscribeEvent(enum.StrEnum):
    FINISHED = enum.auto()


TRANSCRIBE_TRANSITIONS: Final[dict[TranscribeStatus, dict[TranscribeEvent, TranscribeStatus]]] = {
    TranscribeStatus.PROGRESSING: {TranscribeEvent.FINISHED: TranscribeStatus.DONE},
    TranscribeStatus.DONE: {},
}


Direction = Literal["both", "in", "out"]
ReferenceType = Literal["call", "confbridge", "recording", "unknown"]


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """The request to start a transcription; ``in``: speech of participants, ``out``: sounds of the room."""

    language: str
    """BCP 47, or `auto`; empty for that of the conference."""
    direction: Direction = "both"
    provider: str = ""
    on_end_flow_id: UUID = NIL
    translate_to: str = ""
    """BCP 47; empty for no translation."""

    def or_in(self, language: str) -> "TranscribeOptions":
        """Return the options with a language, which those keep that have one."""
        return replace(self, language=self.language or language)


@dataclass(frozen=True, slots=True)
class Transcribe:
    """A transcription session; times are None until they happen."""

    id: TranscribeId
    customer_id: CustomerId
    reference_type: ReferenceType
    reference_id: UUID
    status: TranscribeStatus
    language: str
    direction: Direction
    provider: str
    on_end_flow_id: UUID
    tm_create: datetime
    activeflow_id: UUID = NIL
    tm_stop: datetime | None = None
    """When listening stopped; audio may still wait for recognition. Not part of the API."""
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
    translate_to: str = ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """The speaker of a stem; nil ids for the room's own sounds and unknown speakers."""

    conferencecall_id: UUID = NIL
    call_id: UUID = NIL
    label: str = ""


NO_SPEAKER: Final = Speaker()


@dataclass(frozen=True, slots=True)
class Transcript:
    """One utterance; times count from the start of the session, on its sample clock."""

    id: TranscriptId
    customer_id: CustomerId
    transcribe_id: TranscribeId
    direction: Literal["in", "out"]
    message: str
    conferencecall_id: UUID
    call_id: UUID
    label: str
    start_us: int
    end_us: int
    confidence: float
    """Mean probability of a token, 0 to 1."""
    tm_create: datetime
    translations: Mapping[str, str] = field(default_factory=dict)
    """The message in other languages, by BCP 47 tag."""


def direction_of(word: str) -> Direction:
    """Parse the API's word, case-sensitive; any other means both."""
    return {"in": "in", "out": "out"}.get(word, "both")  # type: ignore[return-value]


def translation_in(translations: Mapping[str, str], language: str) -> str:
    """Return the translation into a language: of the same BCP 47 tag, else of the same primary subtag, else empty."""
    tag = language.lower()
    found = {known.lower(): text for known, text in translations.items()}
    primary = tag.partition("-")[0]
    near = (text for known, text in found.items() if known.partition("-")[0] == primary)
    return found.get(tag) or next(near, "")
