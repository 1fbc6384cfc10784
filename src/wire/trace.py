"""Traces of calls (api.md section 7.1)."""

from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.model.trace import TraceEndReason, TraceStatus
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["TraceView"]


class TraceView(View):
    """A trace: the SIP messages and the audio statistics of a call, or of the next calls of a number."""

    id: UUID
    customer_id: UUID
    call_id: Reference = Field(validation_alias=AliasPath("spec", "call_id"))
    """The live call that it was started for."""
    number: str = Field(validation_alias=AliasPath("spec", "number"))
    """Of the caller or the called party; empty for any."""
    peer: str = Field(validation_alias=AliasPath("spec", "peer"))
    """The IP address that SIP comes from or goes to; empty for any."""
    calls: int = Field(validation_alias=AliasPath("spec", "calls"))
    """How many calls are traced at most."""
    duration: int = Field(validation_alias=AliasPath("spec", "duration_s"))
    status: TraceStatus
    """`waiting` for its first call, `tracing`, or `ended`."""
    end_reason: TraceEndReason
    """Empty, `calls_ended`, `duration`, `stopped`, `full`, `restart` (of the server) or `disk_failed`."""
    call_ids: list[UUID]
    """The calls that it has, in the order in which they were found."""
    messages: int
    statistics: int
    size: int
    """Bytes."""
    dropped: int
    """Messages that were lost: there were too many at once, or one that did not fit any more."""
    tm_expire: Timestamp
    """When it ends at the latest."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_end: Timestamp
