"""What traces need of SIP, and what SIP needs of traces."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from mixminus.model.ids import LegId

__all__ = ["SipTraces", "TraceReceiver", "TracedMessage", "Watch"]


@dataclass(frozen=True, slots=True)
class Watch:
    """Which new calls are to be traced: those of a number, of a peer, or of both."""

    id: UUID
    number: str = field(repr=False)
    """Of the caller or the called party; empty for any."""
    peer: str
    """An IP address that SIP comes from or goes to; empty for any."""


@dataclass(frozen=True, slots=True)
class TracedMessage:
    """A SIP message as it passed the edge, masked."""

    leg_id: LegId | None
    """None if the leg is not known yet."""
    sip_call_id: str
    watches: tuple[UUID, ...]
    """The watches that it matches; none of a leg that is followed."""
    at_us: int
    sent: bool
    transport: str
    local: tuple[str, int]
    remote: tuple[str, int]
    data: bytes = field(repr=False)
    length: int
    dropped: int
    """Messages that were lost before it."""


class SipTraces(Protocol):
    """Traces legs: ``sip.tracing.SipTracing``."""

    def follow(self, leg_id: LegId) -> None:
        """Report all messages of a leg from now on."""
        ...

    def unfollow(self, leg_id: LegId) -> None:
        """End to report the messages of a leg."""
        ...

    def watch(self, watch: Watch) -> None:
        """Report the first messages of new calls that match."""
        ...

    def unwatch(self, watch_id: UUID) -> None:
        """End to report new calls."""
        ...

    def leg_of(self, sip_call_id: str) -> LegId | None:
        """Return the leg of a Call-ID, None if it is not known."""
        ...


class TraceReceiver(Protocol):
    """Takes what SIP reports: ``trace.service.TraceService``."""

    def on_sip_message(self, traced: TracedMessage) -> None:
        """Take a message of a leg that is followed, or of a call that matches a watch."""
        ...
