"""The collector: gives messages and statistics of live calls to the traces that they belong to.

A message of a leg that is traced goes there. One that a watch has matched waits (``candidates.py``) until the server
has made a call of it: only then is it known which customer's call it is, and no trace gets another customer's.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.call.registry import LiveCalls
from mixminus.clock import Clock
from mixminus.mixer import Port, PortClosed
from mixminus.model.ids import LegId, TraceId
from mixminus.trace.candidates import Candidates
from mixminus.trace.entries import AudioStatistics, SipMessage
from mixminus.trace.protocols import SipTraces, TracedMessage, Watch
from mixminus.trace.session import TraceSession
from mixminus.trace.wording import VALUES

__all__ = ["Collector"]

_US_PER_S: Final = 1_000_000


class Collector:
    """The traces that run, of this node and of others; implements ``protocols.TraceReceiver``."""

    def __init__(self, clock: Clock, live_calls: LiveCalls, counters: Counter[str]) -> None:
        self.sessions: dict[TraceId, TraceSession] = {}
        self._clock = clock
        self._live_calls = live_calls
        self._candidates = Candidates(counters)
        self._sip: SipTraces | None = None
        live_calls.watch(self._on_live_call)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until the next trace begins."""
        return not self.sessions and not len(self._candidates)

    def use_sip(self, sip: SipTraces) -> None:
        """Collect SIP messages from now on; without it there are statistics only."""
        self._sip = sip

    def begin(self, session: TraceSession, live: LiveCall | None) -> None:
        """Begin to collect for a trace: of a live call, or of the next calls that match."""
        self.sessions[session.trace.id] = session
        if live:
            self._add_call(session, live)
        elif self._sip:
            spec = session.trace.spec
            self._sip.watch(Watch(session.trace.id, spec.number, spec.peer))

    def end(self, session: TraceSession) -> None:
        """End to collect for a trace; its calls may be in other traces too."""
        del self.sessions[session.trace.id]
        if self._sip:
            self._sip.unwatch(session.trace.id)
            for leg_id in session.legs:
                if not any(leg_id in each.legs for each in self.sessions.values()):
                    self._sip.unfollow(leg_id)

    def add_call_elsewhere(self, session: TraceSession, call_id: UUID) -> None:
        """Let a trace have a call of another node."""
        session.add_call_elsewhere(call_id)
        self.unwatch_if_complete(session)

    def unwatch_if_complete(self, session: TraceSession) -> None:
        """End to look for calls if the trace wants none any more."""
        if self._sip and not session.wants_calls:
            self._sip.unwatch(session.trace.id)

    def on_sip_message(self, traced: TracedMessage) -> None:
        """Take a message; one of a leg that is not traced is lost."""
        for session in self._of_leg(traced.leg_id):
            self._add(session, traced)
        if traced.watches:
            self._match(traced)

    def sample(self) -> None:
        """Collect statistics of the audio of every call that is traced."""
        at_us = self._now_us()
        for session in self.sessions.values():
            for call_id in session.legs.values():
                live = self._live_calls.get(call_id)
                if live and (statistics := _statistics(live, at_us)):
                    session.add(statistics)

    def expire(self) -> None:
        """Forget calls that became none of the server."""
        self._candidates.expire(self._clock.monotonic_s())

    def _match(self, traced: TracedMessage) -> None:
        """Give a message of a call that a watch has matched to the traces of the customer whose call it is."""
        live = self._live_calls.by_leg(traced.leg_id) if traced.leg_id else None
        if live is None:
            self._candidates.keep(traced, self._clock.monotonic_s())
            return
        for session in self._matching(traced.watches, live):
            if live.leg_id not in session.legs and session.wants_calls:
                self._add_call(session, live)
                self._add(session, traced)

    def _matching(self, watches: tuple[UUID, ...], live: LiveCall) -> Iterator[TraceSession]:
        for watch in watches:
            session = self.sessions.get(TraceId(watch))
            if session and session.trace.customer_id == live.call.customer_id:
                yield session

    def _on_live_call(self, live: LiveCall) -> None:
        """Take the messages that have waited for this call."""
        if not self._sip:
            return
        for sip_call_id in self._candidates.call_ids():
            if self._sip.leg_of(sip_call_id) != live.leg_id:
                continue
            for traced in self._candidates.take(sip_call_id):
                for session in self._matching(traced.watches, live):
                    if live.leg_id not in session.legs and session.wants_calls:
                        self._add_call(session, live)
                for session in self._of_leg(live.leg_id):
                    if session.trace.id in traced.watches:
                        self._add(session, traced)

    def _add_call(self, session: TraceSession, live: LiveCall) -> None:
        session.add_call(live.leg_id, live.id)
        live.over.add_done_callback(lambda _: session.call_over(live.id, self._clock.monotonic_s()))
        if self._sip:
            self._sip.follow(live.leg_id)
        self.unwatch_if_complete(session)

    def _of_leg(self, leg_id: LegId | None) -> list[TraceSession]:
        return [each for each in self.sessions.values() if leg_id in each.legs]

    def _add(self, session: TraceSession, traced: TracedMessage) -> None:
        leg_id = traced.leg_id or (self._sip.leg_of(traced.sip_call_id) if self._sip else None)
        if traced.dropped:
            session.add_dropped(traced.dropped)
        if leg_id in session.legs:
            message = SipMessage(
                at_us=traced.at_us,
                call_id=session.legs[leg_id],
                sent=traced.sent,
                transport=traced.transport,
                local=traced.local,
                remote=traced.remote,
                data=traced.data,
                length=traced.length,
            )
            session.add(message)

    def _now_us(self) -> int:
        return int(self._clock.now().timestamp() * _US_PER_S)


def _statistics(live: LiveCall, at_us: int) -> AudioStatistics | None:
    """Return what the engine has measured of a call; None if it is ending."""
    port = live.port
    try:
        measured = port.statistics()
    except PortClosed:
        return None
    values = {
        "jitter_ms": round(measured.jitter_ms, 2),
        "loss": round(measured.loss, 4),
        "remote_loss": round(measured.remote_loss, 4),
        "delay_ms": round(measured.delay_ms, 1),
        "mos": round(measured.mos, 2),
        **{name: float(measured.counters[name]) for name in VALUES},
    }
    if measured.round_trip_ms is not None:
        values["round_trip_ms"] = round(measured.round_trip_ms, 1)
    local = (port.local_host, port.local_port) if isinstance(port, Port) else ("0.0.0.0", 0)
    return AudioStatistics(at_us, live.id, local, values)
