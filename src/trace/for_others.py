"""What this node collects for traces of other nodes, as long as they ask for it (``parts.py``)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.model.ids import TraceId, new_id
from mixminus.model.trace import Trace, TraceSpec, TraceStatus
from mixminus.trace.collector import Collector
from mixminus.trace.parts import Collected, Wanted
from mixminus.trace.session import TraceSession

__all__ = ["ForOthers"]

_UNASKED_S: Final = 15.0
"""Above the time in which a node that asks is declared gone."""
_MAX_ENTRIES: Final = 500
"""Of one answer: the rest is in the next ones."""


@dataclass(slots=True)
class _Part:
    session: TraceSession
    asked_s: float
    id: UUID = field(default_factory=new_id)
    first: int = 0
    """The number of the first entry that is kept; those before it have arrived."""


class ForOthers:
    """The parts that this node has; their sessions are in the collector as its own are."""

    def __init__(self, clock: Clock, collector: Collector) -> None:
        self._clock = clock
        self._collector = collector
        self._parts: dict[TraceId, _Part] = {}

    def __contains__(self, trace_id: object) -> bool:
        return trace_id in self._parts

    def collect(self, trace_id: TraceId, wanted: Wanted) -> Collected:
        """Collect for a trace from now on; return what was not said to have arrived."""
        part = self._parts.get(trace_id) or self._begin(trace_id, wanted)
        part.asked_s = self._clock.monotonic_s()
        session = part.session
        session.trace = replace(session.trace, spec=replace(session.trace.spec, calls=wanted.calls))
        self._collector.unwatch_if_complete(session)
        if wanted.part == part.id and wanted.have > part.first:
            del session.unsaved[: wanted.have - part.first]
            part.first = wanted.have
        return Collected(
            part=part.id,
            calls=session.trace.call_ids,
            over=session.over,
            first=part.first,
            entries=tuple(line.decode() for line in session.unsaved[:_MAX_ENTRIES]),
            dropped=session.trace.dropped,
        )

    def end(self, trace_id: TraceId) -> None:
        """Collect no more for a trace; harmless if nothing is collected."""
        if part := self._parts.pop(trace_id, None):
            self._collector.end(part.session)

    def expire(self) -> None:
        """End what no node asks for any more."""
        now_s = self._clock.monotonic_s()
        for trace_id in [each for each, part in self._parts.items() if now_s - part.asked_s > _UNASKED_S]:
            self.end(trace_id)

    def _begin(self, trace_id: TraceId, wanted: Wanted) -> _Part:
        now = self._clock.now()
        spec = TraceSpec(0, number=wanted.number, peer=wanted.peer, calls=wanted.calls)
        trace = Trace(
            id=trace_id,
            customer_id=wanted.customer_id,
            spec=spec,
            status=TraceStatus.WAITING,
            tm_create=now,
            tm_expire=now + timedelta(seconds=_UNASKED_S),
        )
        part = self._parts[trace_id] = _Part(TraceSession(trace), self._clock.monotonic_s())
        self._collector.begin(part.session, None)
        return part
