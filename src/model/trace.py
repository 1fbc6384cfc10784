"""Traces: what passed between the server and the phones of one call, or of the next calls of a number."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from mixminus.model.ids import NIL, CustomerId, TraceId

__all__ = ["TRACE_TRANSITIONS", "Trace", "TraceEndReason", "TraceEvent", "TraceSpec", "TraceStatus"]


class TraceStatus(enum.StrEnum):
    WAITING = enum.auto()
    """For the first call."""
    TRACING = enum.auto()
    ENDED = enum.auto()


class TraceEvent(enum.StrEnum):
    CALL_FOUND = enum.auto()
    FINISHED = enum.auto()


TRACE_TRANSITIONS: Final[dict[TraceStatus, dict[TraceEvent, TraceStatus]]] = {
    TraceStatus.WAITING: {
        TraceEvent.CALL_FOUND: TraceStatus.TRACING,
        TraceEvent.FINISHED: TraceStatus.ENDED,
    },
    TraceStatus.TRACING: {TraceEvent.FINISHED: TraceStatus.ENDED},
    TraceStatus.ENDED: {},
}


class TraceEndReason(enum.StrEnum):
    NONE = ""
    CALLS_ENDED = enum.auto()
    DURATION = enum.auto()
    STOPPED = enum.auto()
    FULL = enum.auto()
    """It has as many messages or bytes as a trace may have."""
    RESTART = enum.auto()
    """The server has stopped or crashed."""
    DISK_FAILED = enum.auto()


@dataclass(frozen=True, slots=True)
class TraceSpec:
    """The request for a trace: of one live call, or of the next calls of a number or a peer."""

    duration_s: int
    call_id: UUID = NIL
    number: str = field(default="", repr=False)
    """Of the caller or the called party; empty for any."""
    peer: str = ""
    """The IP address that SIP comes from or goes to; empty for any."""
    calls: int = 1
    """How many calls are traced at most."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace; times are None until they happen."""

    id: TraceId
    customer_id: CustomerId
    spec: TraceSpec
    status: TraceStatus
    tm_create: datetime
    tm_expire: datetime
    """When it ends at the latest."""
    call_ids: tuple[UUID, ...] = ()
    """The calls that it has, in the order in which they were found."""
    end_reason: TraceEndReason = TraceEndReason.NONE
    messages: int = 0
    statistics: int = 0
    size: int = 0
    """Bytes of its entries."""
    dropped: int = 0
    """Messages that were lost because there were too many at once."""
    tm_end: datetime | None = None
    tm_update: datetime | None = None
