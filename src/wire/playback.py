"""Playbacks (api.md section 2.4)."""

from typing import Literal
from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.model.playback import PlaybackStatus
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["PlaybackView"]


class PlaybackView(View):
    """A text or files, said or played to a room or to one participant."""

    id: UUID
    customer_id: UUID
    conference_id: UUID
    conferencecall_id: Reference
    """The only participant that hears it; nil for all."""
    type: Literal["talk", "play"]
    status: PlaybackStatus
    text: str = Field(validation_alias=AliasPath("request", "text"))
    language: str = Field(validation_alias=AliasPath("request", "language"))
    stream_urls: list[str] = Field(validation_alias=AliasPath("request", "stream_urls"))
    loop: int = Field(ge=0, validation_alias=AliasPath("request", "loop"))
    """How many times; 0 is until it is stopped."""
    gain_db: float = Field(validation_alias=AliasPath("request", "gain_db"))
    duck_db: float = Field(validation_alias=AliasPath("request", "duck_db"))
    """By how much the talkers are lowered meanwhile; 0 mixes."""
    error: str
    """Why it failed; else empty."""
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
