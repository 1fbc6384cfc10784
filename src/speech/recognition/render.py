"""Transcribes and transcripts as the API and the events show them (api.md section 8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.model.transcription import Speaker, Transcribe, Transcript
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["Speech", "render_offset", "render_speech", "render_transcribe", "render_transcript"]

_ZERO: Final = datetime(1, 1, 1)
_US: Final = 1_000_000


def render_offset(offset_us: int, style: TimestampStyle) -> str:
    """Return a time since the session's beginning as a time on the zero date: ``0001-01-01 00:00:08.991840``."""
    moment = _ZERO + timedelta(microseconds=offset_us)
    if style is TimestampStyle.LEGACY:
        return moment.isoformat(" ", "microseconds")
    return moment.isoformat("T", "microseconds") + "Z"


def render_transcribe(transcribe: Transcribe, style: TimestampStyle, behind_s: float = 0.0) -> dict[str, Any]:
    """Return every key, and how many seconds recognition is behind."""
    return {
        "id": str(transcribe.id),
        "customer_id": str(transcribe.customer_id),
        "activeflow_id": str(transcribe.activeflow_id),
        "on_end_flow_id": str(transcribe.on_end_flow_id),
        "reference_type": transcribe.reference_type,
        "reference_id": str(transcribe.reference_id),
        "status": transcribe.status.value,
        "language": transcribe.language,
        "direction": transcribe.direction,
        "provider": transcribe.provider,
        "behind_s": behind_s,
        "tm_create": format_time(transcribe.tm_create, style),
        "tm_update": format_time(transcribe.tm_update, style),
        "tm_delete": format_time(transcribe.tm_delete, style),
    }


def render_transcript(transcript: Transcript, style: TimestampStyle) -> dict[str, Any]:
    """Return the API's keys, and beyond them who has said it, when, and how surely."""
    return {
        "id": str(transcript.id),
        "customer_id": str(transcript.customer_id),
        "transcribe_id": str(transcript.transcribe_id),
        "direction": transcript.direction,
        "message": transcript.message,
        "conferencecall_id": str(transcript.conferencecall_id),
        "call_id": str(transcript.call_id),
        "label": transcript.label,
        "start_s": transcript.start_us / _US,
        "end_s": transcript.end_us / _US,
        "confidence": round(transcript.confidence, 4),
        "tm_transcript": render_offset(transcript.start_us, style),
        "tm_create": format_time(transcript.tm_create, style),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is told while somebody speaks; ``id`` is that of the transcript that follows."""

    id: UUID
    streaming_id: UUID
    direction: Literal["in", "out"]
    speaker: Speaker
    tm_event: datetime
    tm_create: datetime
    message: str = ""


def render_speech(transcribe: Transcribe, speech: Speech, style: TimestampStyle) -> dict[str, Any]:
    """Return the API's keys, and who speaks; without words there is no message."""
    return {
        "id": str(speech.id),
        "customer_id": str(transcribe.customer_id),
        "streaming_id": str(speech.streaming_id),
        "transcribe_id": str(transcribe.id),
        "direction": speech.direction,
        **({"message": speech.message} if speech.message else {}),
        "conferencecall_id": str(speech.speaker.conferencecall_id),
        "call_id": str(speech.speaker.call_id),
        "tm_event": format_time(speech.tm_event, style),
        "tm_create": format_time(speech.tm_create, style),
    }
