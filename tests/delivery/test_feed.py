"""The feed passes every event on, once and in order, whichever process has written it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.delivery.feed import POLL_S, Feed
from mixminus.delivery.service import new_counters
from mixminus.store.database import Store
from mixminus.store.outbox import Event
from tests.support.clock import ManualClock
from tests.support.database import database_url
from tests.support.outbox import Outbox
from tests.support.waiting import until


@pytest.fixture
async def feed(store: Store, clock: ManualClock) -> AsyncIterator[Feed]:
    opened = Feed(store, clock, new_counters())
    yield opened
    await opened.close()


async def test_the_feed_starts_with_new_events(feed: Feed, outbox: Outbox) -> None:
    await outbox.add(count=3)
    got: list[Event] = []
    feed.subscribe(got.append)
    await feed.start()
    assert feed.position == 3
    await outbox.add("call_hangup")
    # The clock does not advance: the commit has woken the feed.
    await until(lambda: got)
    assert [(event.id, event.type) for event in got] == [(4, "call_hangup")]


async def test_events_of_many_writers_are_complete_and_in_order(feed: Feed, outbox: Outbox) -> None:
    got: list[Event] = []
    feed.subscribe(got.append)
    await outbox.stream()
    await feed.start()
    await asyncio.gather(*(outbox.add_each(30) for _ in range(10)))
    await until(lambda: len(got) == 300)
    assert got == await outbox.events()
    assert [event.number for event in got] == list(range(1, 301))


async def test_the_poll_finds_events_of_another_process(
    feed: Feed, outbox: Outbox, clock: ManualClock, tmp_path: Path
) -> None:
    got: list[Event] = []
    feed.subscribe(got.append)
    await outbox.stream()
    await feed.start()
    other = Store(database_url(tmp_path))
    await Outbox(other, clock, outbox.access, outbox.customer_id, outbox.streams).add()
    await other.close()
    await until(lambda: clock.sleepers)
    assert got == []
    clock.advance(POLL_S)
    await until(lambda: got)


async def test_a_receiver_that_fails_keeps_no_event_from_the_others(
    feed: Feed, outbox: Outbox, clock: ManualClock, tmp_path: Path
) -> None:
    got: list[Event] = []

    def fail(event: Event) -> None:
        raise KeyError(event.type)

    feed.subscribe(fail)
    feed.subscribe(got.append)
    await outbox.stream()
    await feed.start()
    other = Store(database_url(tmp_path))
    await Outbox(other, clock, outbox.access, outbox.customer_id, outbox.streams).add(count=2)
    await other.close()
    await feed.refresh()
    await outbox.add()
    await until(lambda: len(got) == 3)
    assert got == await outbox.events()


async def test_refresh_passes_on_committed_events(feed: Feed, outbox: Outbox) -> None:
    await feed.start()
    await outbox.add(count=250)
    await feed.refresh()
    assert feed.position == 250


async def test_events_of_two_processes_are_passed_on_once_and_in_order(
    feed: Feed, outbox: Outbox, clock: ManualClock, tmp_path: Path
) -> None:
    got: list[Event] = []
    feed.subscribe(got.append)
    await outbox.stream()
    await feed.start()
    store = Store(database_url(tmp_path))
    other = Outbox(store, clock, outbox.access, outbox.customer_id, outbox.streams)
    for _ in range(20):
        await asyncio.gather(outbox.add("here"), other.add("there"), outbox.add("here", count=2))

    def all_there() -> bool:
        clock.advance(POLL_S)
        return len(got) == 80

    await until(all_there)
    await store.close()
    assert got == await outbox.events()
