"""SipTracing: the server's side of the edge's tracer (``edge/tracer.py``); implements ``trace.protocols.SipTraces``."""

from collections.abc import Callable
from uuid import UUID

from mixminus.model.ids import LegId
from mixminus.sip.leg import SipLeg
from mixminus.sip.messages import (
    CallDialled,
    FollowCall,
    IncomingCall,
    Message,
    MessageTraced,
    UnfollowCall,
    UnwatchCalls,
    WatchCalls,
)
from mixminus.sip.pool import WorkerPool
from mixminus.trace.protocols import TracedMessage, TraceReceiver, Watch

__all__ = ["SipTracing"]


class SipTracing:
    """Knows what the edge is to trace, after a restart of the edge too."""

    def __init__(
        self, pool: WorkerPool, receiver: TraceReceiver | None, active: Callable[[str], SipLeg | None]
    ) -> None:
        """``active`` returns the leg of a Call-ID whose call is not over."""
        self._pool = pool
        self._receiver = receiver
        self._active = active
        self._followed: dict[LegId, set[str]] = {}
        """The Call-IDs of the legs that are traced, also of those that are over."""
        self._watches: dict[UUID, Watch] = {}

    def follow(self, leg_id: LegId) -> None:
        """Trace a leg from now on."""
        self._followed.setdefault(leg_id, set()).update(self._pool.call_ids_of(leg_id))
        self._pool.send_edge(FollowCall(str(leg_id), tuple(self._followed[leg_id])))

    def unfollow(self, leg_id: LegId) -> None:
        """End to trace a leg; harmless if it is not traced."""
        if self._followed.pop(leg_id, None) is not None:
            self._pool.send_edge(UnfollowCall(str(leg_id)))

    def watch(self, watch: Watch) -> None:
        """Report the messages of the next calls that match."""
        self._watches[watch.id] = watch
        self._pool.send_edge(_command(watch))

    def unwatch(self, watch_id: UUID) -> None:
        """End to watch; harmless when repeated."""
        if self._watches.pop(watch_id, None):
            self._pool.send_edge(UnwatchCalls(str(watch_id)))

    def on_edge_opened(self) -> None:
        """Repeat to a new edge what it is to trace."""
        for leg_id, call_ids in self._followed.items():
            self._pool.send_edge(FollowCall(str(leg_id), tuple(call_ids)))
        for watch in self._watches.values():
            self._pool.send_edge(_command(watch))

    def on_report(self, message: Message) -> None:
        """Follow the calls that a traced leg gets later: it is dialled again, or another worker continues it."""
        if isinstance(message, IncomingCall | CallDialled) and message.leg_id in self._followed:
            self.follow(message.leg_id)

    def on_message(self, message: MessageTraced) -> None:
        """Pass a message on with its leg; None where that is not known yet."""
        if self._receiver:
            self._receiver.on_sip_message(
                TracedMessage(
                    leg_id=self._leg_of(message),
                    sip_call_id=message.sip_call_id,
                    watches=tuple(map(UUID, message.watches)),
                    at_us=message.at_us,
                    sent=message.sent,
                    transport=message.transport,
                    local=(message.local_host, message.local_port),
                    remote=(message.remote_host, message.remote_port),
                    data=message.data,
                    length=message.length,
                    dropped=message.dropped,
                )
            )

    def leg_of(self, sip_call_id: str) -> LegId | None:
        """Return the leg of a call that is not over, or is traced."""
        if leg := self._active(sip_call_id):
            return leg.id
        return next((each for each, call_ids in self._followed.items() if sip_call_id in call_ids), None)

    def _leg_of(self, message: MessageTraced) -> LegId | None:
        return LegId(UUID(message.leg_id)) if message.leg_id else self.leg_of(message.sip_call_id)


def _command(watch: Watch) -> WatchCalls:
    return WatchCalls(str(watch.id), watch.number, watch.peer)
