"""Parts: what each other node collects for a trace of this one.

    the trace's node  -- each second: Wanted(number, peer, calls) --> each other node
                      <-- Collected(its calls, their entries) ------

A node collects for another one (``for_others.py``) as long as that asks, so what asks and what is asked may start and end at any
time. Entries are sent again until the next question says that they have arrived.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from mixminus.clock import Clock
from mixminus.model.ids import NIL, CustomerId, TraceId
from mixminus.trace.collector import Collector
from mixminus.trace.entries import decode
from mixminus.trace.session import TraceSession

__all__ = ["Collected", "NoNodes", "Nodes", "Parts", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a node is to collect for a trace of another one."""

    customer_id: CustomerId
    number: str
    peer: str
    calls: int
    """How many it may have."""
    part: UUID = NIL
    """The part of which entries have arrived."""
    have: int = 0
    """How many of its entries have arrived."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A part: what a node has collected since it was first asked."""

    part: UUID
    """Another one after a time without questions, and after a restart."""
    calls: tuple[UUID, ...]
    over: tuple[UUID, ...]
    """Those of ``calls`` that have ended."""
    first: int
    """The number of the first of ``entries``."""
    entries: tuple[str, ...]
    """As ``entries.encode`` writes them."""
    dropped: int
    """Messages that were lost."""


class Nodes(Protocol):
    """The other nodes: ``api.trace_parts.TracingNodes``."""

    @property
    def others(self) -> Sequence[UUID]:
        """Those that live."""
        ...

    async def collect(self, node_id: UUID, trace_id: TraceId, wanted: Wanted) -> Collected | None:
        """Ask a node; None if it does not answer, or does not collect."""
        ...

    async def end(self, node_id: UUID, trace_id: TraceId) -> None:
        """Notify a node that a trace has ended; harmless if it does not answer."""
        ...


class NoNodes:
    """The ``Nodes`` of a server that is alone."""

    others: Sequence[UUID] = ()

    async def collect(self, node_id: UUID, trace_id: TraceId, wanted: Wanted) -> Collected | None:
        """Return None: there is no other node."""
        return None

    async def end(self, node_id: UUID, trace_id: TraceId) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Part:
    """What has arrived of a part."""

    id: UUID
    have: int = 0
    dropped: int = 0


class Parts:
    """The parts of all traces of this node that wait for calls, or have some."""

    def __init__(self, clock: Clock, collector: Collector) -> None:
        self.nodes: Nodes = NoNodes()
        self._clock = clock
        self._collector = collector
        self._parts: dict[TraceId, dict[UUID, _Part]] = {}
        self._calls: dict[TraceId, dict[UUID, UUID]] = {}
        """The nodes of calls."""

    async def gather(self, sessions: Sequence[TraceSession]) -> None:
        """Ask all other nodes for their parts of traces, and take them; of one live call there are none."""
        others = self.nodes.others
        await asyncio.gather(
            *(
                self._ask(session, node)
                for session in sessions
                if session.trace.spec.call_id == NIL
                for node in others
            )
        )
        for session in sessions:
            self._end_calls(session, others)

    async def end(self, trace_id: TraceId) -> None:
        """Forget a trace that has ended, here and at the nodes that collect for it."""
        self._calls.pop(trace_id, None)
        asked = self._parts.pop(trace_id, {})
        await asyncio.gather(*(self.nodes.end(node, trace_id) for node in asked))

    async def _ask(self, session: TraceSession, node: UUID) -> None:
        trace = session.trace
        if trace.id not in self._collector.sessions:
            return  # ended in the meantime
        known = self._parts.setdefault(trace.id, {}).get(node) or _Part(NIL)
        calls = self._calls.setdefault(trace.id, {})
        elsewhere = sum(calls.get(each) != node for each in trace.call_ids)
        wanted = Wanted(
            customer_id=trace.customer_id,
            number=trace.spec.number,
            peer=trace.spec.peer,
            calls=trace.spec.calls - elsewhere,
            part=known.id,
            have=known.have,
        )
        collected = await self.nodes.collect(node, trace.id, wanted)
        if collected and trace.id in self._collector.sessions:
            self._take(session, node, collected)

    def _take(self, session: TraceSession, node: UUID, collected: Collected) -> None:
        """Take what is new of a part; another question may have got it already."""
        parts, calls = self._parts[session.trace.id], self._calls[session.trace.id]
        part = parts.get(node)
        if part is None or part.id != collected.part:
            part = parts[node] = _Part(collected.part)
        for call_id in collected.calls:
            if call_id not in calls and session.wants_calls:
                calls[call_id] = node
                self._collector.add_call_elsewhere(session, call_id)
        for line in collected.entries[max(part.have - collected.first, 0) :]:
            with suppress(ValueError):  # of another version
                entry = decode(line.encode())
                if entry.call_id in calls:
                    session.add(entry)
        part.have = max(part.have, collected.first + len(collected.entries))
        session.add_dropped(max(collected.dropped - part.dropped, 0))
        part.dropped = collected.dropped
        for call_id in calls.keys() & set(collected.over):
            session.call_over(call_id, self._clock.monotonic_s())

    def _end_calls(self, session: TraceSession, others: Sequence[UUID]) -> None:
        """Note that the calls of nodes that are gone are over."""
        for call_id, node in self._calls.get(session.trace.id, {}).items():
            if node not in others:
                session.call_over(call_id, self._clock.monotonic_s())
