"""What the API answers about what was said, as schemas (api.md section 8)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.openapi.shapes import PageShape, Reference, Shape, Timestamp
from mixminus.model.transcription import TranscribeStatus

__all__ = ["Transcribe", "TranscribePage", "Transcript", "TranscriptPage"]

_OFFSET = r"^0001-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{6}Z?$"


class Transcribe(Shape):
    """Listening to a conference, a call or a recording."""

    id: UUID
    customer_id: UUID
    activeflow_id: Reference
    on_end_flow_id: Reference
    reference_type: Literal["call", "confbridge", "recording", "unknown"]
    reference_id: UUID
    """What is listened to."""
    status: TranscribeStatus
    """`done` when the last word is written."""
    language: str
    direction: Literal["both", "in", "out"]
    """`in`: what participants say; `out`: what the room plays to them."""
    provider: str
    """Yours; there is one engine."""
    behind_s: float = Field(ge=0)
    """How many seconds recognition is behind what is said, from 5 on: a busy server lags, and loses nothing."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Transcript(Shape):
    """What somebody has said in one go."""

    id: UUID
    customer_id: UUID
    transcribe_id: UUID
    direction: Literal["in", "out"]
    message: str
    conferencecall_id: Reference
    """Who has said it."""
    call_id: Reference
    label: str
    """The participant's, as it was then."""
    start_s: float = Field(ge=0)
    """Since the beginning of the transcribe, on its sample clock."""
    end_s: float = Field(ge=0)
    confidence: float = Field(ge=0, le=1)
    tm_transcript: str = Field(pattern=_OFFSET)
    """`start_s` as a time on the zero date."""
    tm_create: Timestamp


class TranscribePage(PageShape):
    """Transcribes, newest first."""

    result: list[Transcribe]


class TranscriptPage(PageShape):
    """Transcripts."""

    result: list[Transcript]
