"""SipTracing: the server's side of the edge's tracer (``edge/tracer.py``); implements ``trace.protocols.SipTraces``."""

from collections.abc import Callable
from uuid import UUID

from mixminus.model.ids import LegId
from mixminus.sip.messages import (
    CallDialled,
    CallEnded,
    FollowCall,
    IncomingCall,
    Message,
    MessageTraced,
    UnfollowCall,
    UnwatchCalls,
    WatchCalls,
)
from mixminus.trace.protocols import TracedMessage, TraceReceiver, Watch

__all__ = ["SipTracing"]


class SipTracing:
    """Knows the Call-IDs of all legs, and what the edge is to trace, after a restart of the edge too."""

    def __init__(self, to_edge: Callable[[Message], None], receiver: TraceReceiver | None) -> None:
        self._to_edge = to_edge
        self._receiver = receiver
        self._legs: dict[str, tuple[int, LegId]] = {}
        """The worker and the leg of each call, by Call-ID."""
        self._followed: dict[LegId, set[str]] = {}
        """The Call-IDs of the legs that are traced, also of those that are over."""
        self._watches: dict[UUID, Watch] = {}

    def follow(self, leg_id: LegId) -> None:
        """Trace a leg from now on."""
        known = {call_id for call_id, (_, each) in self._legs.items() if each == leg_id}
        self._followed.setdefault(leg_id, set()).update(known)
        self._to_edge(FollowCall(str(leg_id), tuple(self._followed[leg_id])))

    def unfollow(self, leg_id: LegId) -> None:
        """End to trace a leg; harmless if it is not traced."""
        if self._followed.pop(leg_id, None) is not None:
            self._to_edge(UnfollowCall(str(leg_id)))

    def watch(self, watch: Watch) -> None:
        """Report the messages of the next calls that match."""
        self._watches[watch.id] = watch
        self._to_edge(_command(watch))

    def unwatch(self, watch_id: UUID) -> None:
        """End to watch; harmless when repeated."""
        if self._watches.pop(watch_id, None):
            self._to_edge(UnwatchCalls(str(watch_id)))

    def on_edge_opened(self) -> None:
        """Repeat to a new edge what it is to trace."""
        for leg_id, call_ids in self._followed.items():
            self._to_edge(FollowCall(str(leg_id), tuple(call_ids)))
        for watch in self._watches.values():
            self._to_edge(_command(watch))

    def on_report(self, worker_id: int, message: Message) -> None:
        """Note which Call-ID is whose."""
        match message:
            case IncomingCall(leg_id, sip_call_id) | CallDialled(leg_id, sip_call_id):
                self._legs[sip_call_id] = (worker_id, leg_id)
                if leg_id in self._followed:
                    self.follow(leg_id)
            case CallEnded(sip_call_id=sip_call_id):
                self._legs.pop(sip_call_id, None)

    def on_worker_lost(self, worker_id: int) -> None:
        """Forget the calls of a worker."""
        self._legs = {call_id: each for call_id, each in self._legs.items() if each[0] != worker_id}

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
        if found := self._legs.get(sip_call_id):
            return found[1]
        return next((leg for leg, call_ids in self._followed.items() if sip_call_id in call_ids), None)

    def _leg_of(self, message: MessageTraced) -> LegId | None:
        return LegId(UUID(message.leg_id)) if message.leg_id else self.leg_of(message.sip_call_id)


def _command(watch: Watch) -> WatchCalls:
    return WatchCalls(str(watch.id), watch.number, watch.peer)
