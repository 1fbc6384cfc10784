"""PostgreSQL commits out of the order of ids; the feed passes events on in order."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from mixminus.delivery.feed import HOLD_S, Feed
from mixminus.delivery.service import new_counters
from mixminus.store.database import Store, Transaction
from mixminus.store.migrations import upgrade
from mixminus.store.outbox import Draft, Event
from tests.support.clock import ManualClock
from tests.support.outbox import Outbox, open_outbox
from tests.support.postgresql import PostgreSQL
from tests.support.waiting import until


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.close()


@pytest.fixture
async def store(postgresql: PostgreSQL, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    url = postgresql.create(request.node.name)
    await upgrade(url)
    opened = Store(url)
    yield opened
    await opened.close()


@pytest.fixture
async def got(store: Store, clock: ManualClock, outbox: Outbox) -> AsyncIterator[list[Event]]:
    """The events that a running feed has passed on."""
    handed_on: list[Event] = []
    for _ in range(2):
        await outbox.stream()
    feed = Feed(store, clock, new_counters())
    feed.subscribe(handed_on.append)
    await feed.start()
    yield handed_on
    await feed.close()


class Changed(Exception):
    pass


async def write_early_event(early: Transaction, outbox: Outbox, clock: ManualClock) -> None:
    """Write an event within a transaction that goes on: its id is assigned before that of a later event."""
    early.outbox.add(Draft(outbox.streams[0], "early", outbox.customer_id, {}, clock.now()))
    await early.outbox.write()


async def commit_later_event(outbox: Outbox, got: list[Event], clock: ManualClock) -> None:
    """Commit a later event, and check that the feed waits for the earlier one."""
    late = Outbox(outbox.store, clock, outbox.access, outbox.customer_id, outbox.streams[1:])
    await late.add("late")
    # The poll always sleeps; the second sleeper is the feed, which holds the later event back.
    await until(lambda: clock.sleepers == 2)
    assert got == []


async def test_a_lower_id_that_is_committed_later_is_passed_on_first(
    store: Store, outbox: Outbox, got: list[Event], clock: ManualClock
) -> None:
    async with store.transaction() as early:
        await write_early_event(early, outbox, clock)
        await commit_later_event(outbox, got, clock)
    clock.advance(HOLD_S)
    await until(lambda: len(got) == 2)
    assert [(event.id, event.type) for event in got] == [(1, "early"), (2, "late")]


async def test_an_id_that_is_never_committed_is_not_waited_for(
    store: Store, outbox: Outbox, got: list[Event], clock: ManualClock
) -> None:
    with pytest.raises(Changed):
        async with store.transaction() as early:
            await write_early_event(early, outbox, clock)
            await commit_later_event(outbox, got, clock)
            raise Changed
    clock.advance(HOLD_S)
    await until(lambda: got)
    assert [(event.id, event.type) for event in got] == [(2, "late")]


async def test_what_others_do_on_the_server_holds_no_event_and_no_start_up(
    store: Store, outbox: Outbox, got: list[Event], clock: ManualClock, postgresql: PostgreSQL
) -> None:
    url = postgresql.url("postgres").replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(url)
    try:
        async with (
            connection.transaction()
        ):  # begun before the events, and as long as a backup or a report takes
            await connection.fetch("SELECT pg_current_xact_id()")
            await test_an_id_that_is_never_committed_is_not_waited_for(store, outbox, got, clock)
            another = Feed(store, clock, new_counters())
            await another.start()
            assert another.position == 2
            await another.close()
    finally:
        await connection.close()


async def test_many_writers_of_many_streams_keep_the_order(
    store: Store, outbox: Outbox, got: list[Event], clock: ManualClock
) -> None:
    writers = [Outbox(store, clock, outbox.access, outbox.customer_id) for _ in range(10)]
    await asyncio.gather(*(writer.add_each(20) for writer in writers))

    def all_there() -> bool:
        clock.advance(HOLD_S)
        return len(got) == 200

    await until(all_there)
    assert [event.id for event in got] == list(range(1, 201))


@pytest.fixture
async def outbox(store: Store, clock: ManualClock) -> Outbox:
    return await open_outbox(store, clock)
