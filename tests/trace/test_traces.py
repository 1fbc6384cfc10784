"""Traces of calls: whose messages they get, when they end, what stays of them; the edge is played by the test."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mixminus.call.errors import CallNotFound
from mixminus.errors import InvalidArgument
from mixminus.model.access import Identity
from mixminus.model.ids import CallId, CustomerId, LegId
from mixminus.model.permissions import Permission
from mixminus.model.trace import Trace, TraceStatus
from mixminus.store.page import Page
from mixminus.trace.entries import AudioStatistics, Entry, SipMessage
from mixminus.trace.errors import NothingToTrace, TooManyTraces, TraceEnded, TraceNotFound
from mixminus.trace.protocols import TracedMessage, Watch
from mixminus.trace.service import TraceConfig, TraceService
from mixminus.trace.session import MAX_BYTES, MAX_MESSAGES
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until


@dataclass
class Edge:
    """What the edge is requested to trace; implements ``trace.protocols.SipTraces``."""

    followed: set[LegId] = field(default_factory=set)
    watched: dict[UUID, Watch] = field(default_factory=dict)
    legs: dict[str, LegId] = field(default_factory=dict)

    def follow(self, leg_id: LegId) -> None:
        self.followed.add(leg_id)

    def unfollow(self, leg_id: LegId) -> None:
        self.followed.discard(leg_id)

    def watch(self, watch: Watch) -> None:
        self.watched[watch.id] = watch

    def unwatch(self, watch_id: UUID) -> None:
        self.watched.pop(watch_id, None)

    def leg_of(self, sip_call_id: str) -> LegId | None:
        return self.legs.get(sip_call_id)


@pytest.fixture
def edge(backend: Backend) -> Edge:
    edge = Edge()
    backend.services.traces.use_sip(edge)
    return edge


def who(backend: Backend) -> Identity:
    return Identity(backend.customer_id, Permission.CUSTOMER_ADMIN)


def message(
    leg_id: LegId | None, *watches: UUID, data: bytes = b"INVITE", sip_call_id: str = "one"
) -> TracedMessage:
    return TracedMessage(
        leg_id=leg_id,
        sip_call_id=sip_call_id,
        watches=watches,
        at_us=1,
        sent=False,
        transport="UDP",
        local=("192.0.2.10", 5060),
        remote=("192.0.2.20", 5060),
        data=data,
        length=len(data),
        dropped=0,
    )


async def live_call(backend: Backend) -> tuple[CallId, LegId]:
    """Return a call that has joined a room."""
    room = await backend.room()
    (leg,) = await backend.join(room)
    call = await backend.call_of((await backend.joined(room))[0])
    return call.id, leg.id


async def entries(backend: Backend, trace: Trace) -> list[Entry]:
    """Return what a trace has, as its downloads get it."""
    found: list[Entry] = []

    def render(_: Trace, entries: list[Entry]) -> bytes:
        found.extend(entries)
        return b""

    await backend.services.traces.download(who(backend), trace.id, render, form="test")
    return found


async def later(backend: Backend, look: Callable[[], bool]) -> None:
    """Let seconds pass until something is so."""

    def passed() -> bool:
        backend.clock.advance(1)
        return look()

    await until(passed)


def traces(backend: Backend) -> TraceService:
    return backend.services.traces


async def next_call(backend: Backend, **spec: object) -> Trace:
    wanted = {"number": "2000", "peer": "", "calls": 1, "duration_s": 60, **spec}
    return await traces(backend).trace_next(who(backend), **wanted)  # type: ignore[arg-type] # by name


async def test_live_call_is_followed_until_it_is_over(backend: Backend, edge: Edge) -> None:
    call_id, leg_id = await live_call(backend)
    trace = await traces(backend).trace_call(who(backend), call_id, 0)
    assert (trace.status, trace.call_ids, trace.spec.duration_s) == (TraceStatus.TRACING, (call_id,), 600)
    assert edge.followed == {leg_id}
    traces(backend).on_sip_message(message(leg_id))
    traces(backend).on_sip_message(message(LegId(uuid4()), sip_call_id="another"))
    await later(backend, lambda: traces(backend).get(backend.customer_id, trace.id).statistics > 0)
    backend.legs[-1].bye()
    await until(lambda: call_id not in backend.services.live_calls)
    await later(backend, lambda: not edge.followed)
    ended = traces(backend).get(backend.customer_id, trace.id)
    assert (ended.status, ended.end_reason, ended.messages) == (TraceStatus.ENDED, "calls_ended", 1)
    found = await entries(backend, trace)
    assert [type(each) for each in found][:2] == [SipMessage, AudioStatistics]
    assert {each.call_id for each in found} == {call_id}


async def test_message_of_a_leg_that_is_not_known_yet_waits_for_the_call(
    backend: Backend, edge: Edge
) -> None:
    trace = await next_call(backend)
    assert edge.watched[trace.id].number == "2000"
    traces(backend).on_sip_message(message(None, trace.id, data=b"INVITE"))
    traces(backend).on_sip_message(message(None, trace.id, data=b"100"))
    assert traces(backend).get(backend.customer_id, trace.id).messages == 0
    room = await backend.room()
    edge.legs = _AnyCall(backend)
    (leg,) = await backend.join(room)
    assert edge.followed == {leg.id}
    assert not edge.watched
    traces(backend).on_sip_message(message(leg.id, data=b"200"))
    found = [each for each in await entries(backend, trace) if isinstance(each, SipMessage)]
    assert [each.data for each in found] == [b"INVITE", b"100", b"200"]


class _AnyCall(dict[str, LegId]):
    """Every Call-ID is the newest leg's."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    def get(self, key: str, default: object = None) -> LegId:
        return self._backend.legs[-1].id


async def test_call_of_another_customer_is_in_no_trace(backend: Backend, edge: Edge) -> None:
    other = Identity(CustomerId(uuid4()), Permission.CUSTOMER_ADMIN)
    foreign = await traces(backend).trace_next(other, number="2000", peer="", calls=1, duration_s=60)
    own = await next_call(backend)
    _, leg_id = await live_call(backend)
    traces(backend).on_sip_message(message(leg_id, foreign.id, own.id))
    assert traces(backend).get(other.customer_id, foreign.id).messages == 0
    assert traces(backend).get(backend.customer_id, own.id).messages == 1
    with pytest.raises(TraceNotFound):
        traces(backend).get(backend.customer_id, foreign.id)
    with pytest.raises(CallNotFound):
        await traces(backend).trace_call(other, backend.services.live_calls.by_leg(leg_id).id, 0)  # type: ignore[union-attr]


async def test_trace_takes_as_many_calls_as_it_may(backend: Backend, edge: Edge) -> None:
    trace = await next_call(backend, calls=2)
    room = await backend.room()
    legs = await backend.join(room, 3)
    for number, leg in enumerate(legs):
        traces(backend).on_sip_message(message(leg.id, trace.id, sip_call_id=str(number)))
    assert edge.followed == {each.id for each in legs[:2]}
    assert not edge.watched
    assert len(traces(backend).get(backend.customer_id, trace.id).call_ids) == 2


@pytest.mark.parametrize(("size", "count"), [(10, MAX_MESSAGES), (16_000, 194)], ids=["messages", "bytes"])
async def test_full_trace_ends(backend: Backend, edge: Edge, size: int, count: int) -> None:
    call_id, leg_id = await live_call(backend)
    trace = await traces(backend).trace_call(who(backend), call_id, 0)
    for _ in range(count + 5):
        traces(backend).on_sip_message(message(leg_id, data=b"x" * size))
    await later(backend, lambda: not edge.followed)
    ended = traces(backend).get(backend.customer_id, trace.id)
    assert (ended.end_reason, ended.dropped > 0, ended.size <= MAX_BYTES) == ("full", True, True)
    assert len(await entries(backend, trace)) == ended.messages == count


async def test_trace_ends_when_its_time_is_over(backend: Backend, edge: Edge) -> None:
    trace = await next_call(backend, duration_s=30)
    assert trace.tm_expire == trace.tm_create + timedelta(seconds=30)
    backend.clock.advance(29)
    assert edge.watched
    await later(backend, lambda: not edge.watched)
    assert traces(backend).get(backend.customer_id, trace.id).end_reason == "duration"


async def test_requests_beyond_the_bounds_are_refused(backend: Backend, edge: Edge) -> None:
    with pytest.raises(InvalidArgument, match="at most 3600 seconds"):
        await next_call(backend, duration_s=3601)
    with pytest.raises(NothingToTrace, match="number or peer"):
        await next_call(backend, number="")
    running = [await next_call(backend) for _ in range(5)]
    with pytest.raises(TooManyTraces):
        await next_call(backend)
    await traces(backend).stop(who(backend), running[0].id)
    with pytest.raises(TraceEnded):
        await traces(backend).stop(who(backend), running[0].id)
    await next_call(backend)


async def test_old_traces_die(backend: Backend, edge: Edge) -> None:
    trace = await next_call(backend)
    await traces(backend).stop(who(backend), trace.id)
    folder = backend.recordings_directory.parent / "traces"
    assert {each.stem for each in folder.iterdir()} == {str(trace.id)}
    await traces(backend).run_maintenance()
    assert traces(backend).get(backend.customer_id, trace.id)
    backend.clock.advance(7 * 86_400 + 1)
    await traces(backend).run_maintenance()
    with pytest.raises(TraceNotFound):
        traces(backend).get(backend.customer_id, trace.id)
    assert not list(folder.iterdir())


async def test_oldest_trace_makes_room_for_the_fifty_first(backend: Backend, edge: Edge) -> None:
    made = []
    for _ in range(51):
        made.append(await next_call(backend))
        await traces(backend).stop(who(backend), made[-1].id)
    page = Page(100, backend.clock.now() + timedelta(days=1))
    assert [each.id for each in traces(backend).list(backend.customer_id, page)] == [
        each.id for each in made[:0:-1]
    ]


async def test_deleted_trace_leaves_nothing(backend: Backend, edge: Edge) -> None:
    call_id, leg_id = await live_call(backend)
    trace = await traces(backend).trace_call(who(backend), call_id, 0)
    traces(backend).on_sip_message(message(leg_id))
    await traces(backend).delete(who(backend), trace.id)
    assert not edge.followed
    assert not list((backend.recordings_directory.parent / "traces").iterdir())
    with pytest.raises(TraceNotFound):
        await entries(backend, trace)


async def test_trace_of_a_server_that_was_stopped_or_killed_keeps_what_it_has(tmp_path: Path) -> None:
    async with open_backend(tmp_path, ManualClock()) as backend:
        edge = Edge()
        traces(backend).use_sip(edge)
        call_id, leg_id = await live_call(backend)
        trace = await traces(backend).trace_call(who(backend), call_id, 0)
        traces(backend).on_sip_message(message(leg_id))
        await entries(backend, trace)
        description = (tmp_path / "traces" / f"{trace.id}.json").read_bytes()
    path = tmp_path / "traces" / f"{trace.id}.jsonl"
    async with open_backend(tmp_path, ManualClock()) as backend:
        stopped = traces(backend).get(backend.customer_id, trace.id)
        assert (stopped.status, stopped.end_reason, stopped.messages) == (TraceStatus.ENDED, "restart", 1)
    # As after a crash: it has not ended, and a line is cut.
    (tmp_path / "traces" / f"{trace.id}.json").write_bytes(description)
    path.write_bytes(path.read_bytes() + b'{"kind": "sip", "at"')
    (tmp_path / "traces" / "broken.json").write_bytes(b"{")
    async with open_backend(tmp_path, ManualClock()) as backend:
        repaired = traces(backend).get(backend.customer_id, trace.id)
        assert replace(repaired, tm_end=None, tm_update=None) == replace(stopped, tm_end=None, tm_update=None)
        assert len(await entries(backend, repaired)) == 1


async def test_none_runs_where_none_may(tmp_path: Path) -> None:
    config = TraceConfig(tmp_path / "traces", max_running=0)
    async with open_backend(tmp_path, ManualClock(), traces=config) as backend:
        with pytest.raises(TooManyTraces):
            await next_call(backend)
