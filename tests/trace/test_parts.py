"""Traces over several nodes: what one collects for a trace of another, whichever answers are lost."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mixminus.model.access import Identity
from mixminus.model.ids import CustomerId, TraceId
from mixminus.model.permissions import Permission
from mixminus.model.trace import Trace, TraceStatus
from mixminus.trace.entries import Entry, SipMessage
from mixminus.trace.errors import TooManyTraces, TraceNotFound
from mixminus.trace.parts import Collected, Wanted
from mixminus.trace.service import TraceConfig
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until
from tests.trace.test_traces import Edge, live_call, message

THERE = uuid4()


@dataclass
class Way:
    """The way to one other node, which loses what the test says."""

    there: Backend
    asked: bool = True
    answered: bool = True
    others: Sequence[UUID] = (THERE,)

    async def collect(self, node_id: UUID, trace_id: TraceId, wanted: Wanted) -> Collected | None:
        collected = self.there.services.traces.collect(trace_id, wanted) if self.asked else None
        return collected if self.answered else None

    async def end(self, node_id: UUID, trace_id: TraceId) -> None:
        if self.asked:
            self.there.services.traces.end_for_other(trace_id)


@dataclass
class Two:
    """Two nodes: a trace is requested here, of a customer whose call comes there."""

    here: Backend
    there: Backend
    way: Way
    edge_here: Edge
    edge_there: Edge

    @property
    def identity(self) -> Identity:
        return Identity(self.there.customer_id, Permission.CUSTOMER_ADMIN)

    async def trace(self, calls: int = 1) -> Trace:
        return await self.here.services.traces.trace_next(
            self.identity, number="2000", peer="", calls=calls, duration_s=60
        )

    def shown(self, trace: Trace) -> Trace:
        return self.here.services.traces.get(self.there.customer_id, trace.id)

    async def later(self, look: Callable[[], bool]) -> None:
        """Let seconds pass at both until something is so."""

        def passed() -> bool:
            for backend in (self.here, self.there):
                backend.clock.advance(1)
            return look()

        await until(passed)

    async def messages(self, trace: Trace) -> list[bytes]:
        found: list[Entry] = []

        def render(_: Trace, entries: list[Entry]) -> bytes:
            found.extend(entries)
            return b""

        await self.here.services.traces.download(self.identity, trace.id, render, form="test")
        return [each.data for each in found if isinstance(each, SipMessage)]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        folders = [tmp_path / name for name in ("here", "there")]
        for folder in folders:
            folder.mkdir()
        here, there = [
            await stack.enter_async_context(open_backend(folder, ManualClock())) for folder in folders
        ]
        found = Two(here, there, Way(there), Edge(), Edge())
        here.services.traces.use_nodes(found.way)
        here.services.traces.use_sip(found.edge_here)
        there.services.traces.use_sip(found.edge_there)
        yield found


async def test_a_call_at_another_node_is_traced_from_its_invite_to_its_end(two: Two) -> None:
    trace = await two.trace()
    assert two.edge_there.watched[trace.id].number == "2000", "before the request is answered"
    call_id, leg_id = await live_call(two.there)
    there = two.there.services.traces
    for data in (b"INVITE", b"200"):
        there.on_sip_message(message(leg_id, trace.id, data=data))
    await two.later(lambda: two.shown(trace).messages == 2)
    assert (two.shown(trace).status, two.shown(trace).call_ids) == (TraceStatus.TRACING, (call_id,))
    assert not two.edge_here.watched, "it has as many calls as it may have"
    await two.later(lambda: two.shown(trace).statistics > 0)
    two.there.legs[-1].bye()
    there.on_sip_message(message(leg_id, data=b"BYE"))
    await two.later(lambda: two.shown(trace).status is TraceStatus.ENDED)
    assert two.shown(trace).end_reason == "calls_ended"
    assert await two.messages(trace) == [b"INVITE", b"200", b"BYE"]
    await two.later(lambda: not two.edge_there.followed)
    with pytest.raises(TraceNotFound):
        there.get(two.there.customer_id, trace.id)


async def test_what_was_lost_on_its_way_comes_again_and_nothing_comes_twice(two: Two) -> None:
    trace = await two.trace()
    _, leg_id = await live_call(two.there)
    there = two.there.services.traces
    sent = []
    for number, (asked, answered) in enumerate([(True, False), (False, False), (True, True), (True, True)]):
        two.way.asked, two.way.answered = asked, answered
        sent.append(f"message {number}".encode())
        there.on_sip_message(message(leg_id, trace.id, data=sent[-1]))
        for _ in range(3):
            await two.here.clock.run_cycle(1)
    await two.later(lambda: two.shown(trace).messages == len(sent))
    assert await two.messages(trace) == sent


async def test_calls_at_all_nodes_together_are_not_more_than_a_trace_takes(two: Two) -> None:
    trace = await two.trace(calls=2)
    _, leg_id = await live_call(two.there)
    two.there.services.traces.on_sip_message(message(leg_id, trace.id))
    await two.later(lambda: len(two.shown(trace).call_ids) == 1)
    assert trace.id in two.edge_here.watched
    call_id, _ = await live_call(two.there)
    leg_id = two.there.legs[-1].id
    two.there.services.traces.on_sip_message(message(leg_id, trace.id, sip_call_id="two"))
    await two.later(lambda: call_id in two.shown(trace).call_ids)
    assert not two.edge_here.watched
    assert not two.edge_there.watched


async def test_a_node_that_is_gone_has_no_calls_that_a_trace_waits_for(two: Two) -> None:
    trace = await two.trace()
    _, leg_id = await live_call(two.there)
    two.there.services.traces.on_sip_message(message(leg_id, trace.id))
    await two.later(lambda: two.shown(trace).messages == 1)
    two.way.others = ()
    await two.later(lambda: two.shown(trace).status is TraceStatus.ENDED)
    assert two.shown(trace).end_reason == "calls_ended"


async def test_a_node_collects_for_another_only_as_long_as_that_asks(two: Two) -> None:
    trace = await two.trace()
    two.way.asked = False
    await two.later(lambda: not two.edge_there.watched)
    assert two.shown(trace).status is TraceStatus.WAITING
    two.way.asked = True
    await two.later(lambda: trace.id in two.edge_there.watched)
    await two.here.services.traces.stop(two.identity, trace.id)
    await until(lambda: not two.edge_there.watched)


async def test_a_node_where_no_trace_may_run_collects_for_no_other(tmp_path: Path) -> None:
    config = TraceConfig(tmp_path / "traces", max_running=0)
    wanted = Wanted(CustomerId(uuid4()), "2000", "", 1)
    async with open_backend(tmp_path, ManualClock(), traces=config) as backend:
        with pytest.raises(TooManyTraces):
            backend.services.traces.collect(TraceId(uuid4()), wanted)
