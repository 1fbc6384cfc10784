"""Transcribes, transcripts and speech events (api.md section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, PlainSerializer, SerializationInfo

from mixminus.model.transcription import Speaker, Transcribe, TranscribeStatus
from mixminus.store.timestamps import TimestampStyle, format_time
from mixminus.wire.view import Reference, Rendering, Timestamp, View

__all__ = ["Speech", "TranscribeView", "TranscriptView", "format_offset", "render_speech"]

_ZERO: Final = datetime(1, 1, 1)
_US: Final = 1_000_000
_US_PER_MS: Final = 1000
_OFFSET: Final = r"^0001-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{6}Z?$"


def format_offset(offset_us: int, style: TimestampStyle) -> str:
    """Return a time since the start of the session on the zero date: ``0001-01-01 00:00:08.991840``."""
    moment = _ZERO + timedelta(microseconds=offset_us)
    if style is TimestampStyle.LEGACY:
        return moment.isoformat(" ", "microseconds")
    return moment.isoformat("T", "microseconds") + "Z"


def _write_offset(offset_us: int, info: SerializationInfo[Rendering]) -> str:
    return format_offset(offset_us, info.context.style)


Seconds = Annotated[float, BeforeValidator(lambda offset_us: offset_us / _US)]
Offset = Annotated[int, PlainSerializer(_write_offset, return_type=Annotated[str, Field(pattern=_OFFSET)])]


class TranscribeView(View):
    """A transcription session of a conference, a call or a recording."""

    id: UUID
    customer_id: UUID
    activeflow_id: Reference
    on_end_flow_id: Reference
    reference_type: Literal["call", "confbridge", "recording", "unknown"]
    reference_id: UUID
    """The transcribed conference, call or recording."""
    status: TranscribeStatus
    """`done` when the last transcript is stored."""
    language: str
    direction: Literal["both", "in", "out"]
    """`in`: audio of the participants; `out`: audio that the room plays to them."""
    provider: str
    """Stored and returned unchanged; there is one engine."""
    translate_to: str
    """The language that transcripts are translated to, BCP 47; empty for none."""
    behind_s: float = Field(0.0, ge=0)
    """Delay of recognition in seconds, from 5 on: a busy server lags and loses nothing."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class TranscriptView(View):
    """One utterance."""

    id: UUID
    customer_id: UUID
    transcribe_id: UUID
    direction: Literal["in", "out"]
    message: str
    translations: dict[str, str]
    """`message` in other languages, by BCP 47 tag; without one that could not be made."""
    conferencecall_id: Reference
    """The participant that spoke."""
    call_id: Reference
    label: str
    """The participant's label at that time."""
    start_s: Seconds = Field(ge=0, validation_alias="start_us")
    """Since the start of the transcription, on its sample clock."""
    end_s: Seconds = Field(ge=0, validation_alias="end_us")
    offset_ms: Annotated[int, BeforeValidator(lambda offset_us: offset_us // _US_PER_MS)] = Field(
        ge=0, validation_alias="start_us"
    )
    """`start_s` in whole milliseconds."""
    confidence: Annotated[float, BeforeValidator(lambda value: round(value, 4))] = Field(ge=0, le=1)
    tm_transcript: Offset = Field(validation_alias="start_us")
    """`start_s` as a time on the zero date."""
    tm_create: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Speech in progress; ``id`` is the id of the transcript that follows."""

    id: UUID
    streaming_id: UUID
    direction: Literal["in", "out"]
    speaker: Speaker
    label: str
    """The speaker's label now."""
    start_us: int
    end_us: int
    """Until when it was heard; of a text so far, when it was recognised."""
    tm_event: datetime
    tm_create: datetime
    message: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    """The message in other languages, by BCP 47 tag."""


def render_speech(transcribe: Transcribe, speech: Speech, style: TimestampStyle) -> dict[str, Any]:
    """Return the data of a speech event; ``message`` and ``translations`` are absent while there is no message."""
    return {
        "id": str(speech.id),
        "customer_id": str(transcribe.customer_id),
        "streaming_id": str(speech.streaming_id),
        "transcribe_id": str(transcribe.id),
        "direction": speech.direction,
        **({"message": speech.message, "translations": speech.translations} if speech.message else {}),
        "conferencecall_id": str(speech.speaker.conferencecall_id),
        "call_id": str(speech.speaker.call_id),
        "label": speech.label,
        "start_s": speech.start_us / _US,
        "end_s": speech.end_us / _US,
        "tm_event": format_time(speech.tm_event, style),
        "tm_create": format_time(speech.tm_create, style),
    }
