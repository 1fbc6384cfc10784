"""Media streams that the server connects (api.md section 9.1)."""

from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.model.media_stream import Encapsulation, MediaStreamStatus, StreamProtocol
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["MediaStreamView"]


class MediaStreamView(View):
    """The audio of a room or a call, carried to a program and back over a WebSocket that the server opens."""

    id: UUID
    customer_id: UUID
    conference_id: Reference
    """The room; nil for a stream of a call."""
    call_id: Reference
    """The call; nil for a stream of a room."""
    url: str = Field(validation_alias=AliasPath("request", "url"))
    protocol: StreamProtocol = Field(validation_alias=AliasPath("request", "protocol"))
    encapsulation: Encapsulation = Field(validation_alias=AliasPath("request", "format", "encapsulation"))
    sample_rate: int = Field(validation_alias=AliasPath("request", "format", "sample_rate_hz"))
    listen: str = Field(validation_alias=AliasPath("request", "listen"))
    """Of a room: `mix`, `participant` or `mix_minus`; of a call: `in`, `out` or `both`."""
    conferencecall_id: Reference = Field(validation_alias=AliasPath("request", "conferencecall_id"))
    """The participant that `listen` names."""
    parameters: dict[str, str] = Field(validation_alias=AliasPath("request", "parameters"))
    status: MediaStreamStatus
    error: str
    """Why it failed, or why the last connection was lost; else empty."""
    connections: int = Field(ge=0)
    """How often the WebSocket was opened."""
    tm_start: Timestamp
    """When the WebSocket was opened first."""
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
