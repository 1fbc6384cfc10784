"""Full garbage collections run while there is no call, or ten minutes after the last one."""

import gc
from collections.abc import AsyncIterator

import pytest

from mixminus.clock import SystemClock
from mixminus.garbage import CHECK_S, FULL_S, GarbageCollection
from tests.support.clock import ManualClock
from tests.support.waiting import until


class Loop:
    """Garbage that reference counts do not free."""

    def __init__(self) -> None:
        self.me = self


class Calls:
    """Whether there are calls, as the test sets it."""

    def __init__(self) -> None:
        self.idle = False

    def is_idle(self) -> bool:
        return self.idle


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def garbage(clock: ManualClock, calls: Calls) -> AsyncIterator[GarbageCollection]:
    collection = GarbageCollection(clock, calls.is_idle)
    collection.start()
    await until(lambda: clock.sleepers == 1)
    yield collection
    await collection.close()


def full(garbage: GarbageCollection) -> int:
    return garbage.counters["gc.full_collections"]


def grow_old() -> None:
    """Make garbage, and have it survive into the oldest generation."""
    loop = Loop()
    gc.collect(1)
    gc.collect(1)
    del loop
    gc.collect(1)


async def check(clock: ManualClock) -> None:
    """Let the next check happen."""
    clock.advance(CHECK_S)
    await until(lambda: clock.sleepers == 1)


def loops() -> int:
    return sum(isinstance(each, Loop) for each in gc.get_objects())


async def test_what_exists_at_start_is_left_out(garbage: GarbageCollection) -> None:
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[2] > 1_000_000


async def test_an_idle_server_collects_everything(
    garbage: GarbageCollection, clock: ManualClock, calls: Calls
) -> None:
    calls.idle = True
    grow_old()
    assert loops() == 1
    await check(clock)
    assert (full(garbage), loops()) == (1, 0)


async def test_calls_defer_it_for_ten_minutes(
    garbage: GarbageCollection, clock: ManualClock, calls: Calls
) -> None:
    grow_old()
    for _ in range(int(FULL_S / CHECK_S) - 1):
        await check(clock)
    assert (full(garbage), loops()) == (0, 1)
    await check(clock)
    assert (full(garbage), loops()) == (1, 0)


async def test_the_longest_pause_is_measured(calls: Calls) -> None:
    collection = GarbageCollection(SystemClock(), calls.is_idle)
    collection.start()
    assert collection.longest_pause_us == 0
    gc.collect()
    assert collection.longest_pause_us > 0
    await collection.close()


async def test_closing_restores_the_schedule_of_python(clock: ManualClock, calls: Calls) -> None:
    thresholds = gc.get_threshold()
    collection = GarbageCollection(clock, calls.is_idle)
    collection.start()
    assert gc.get_threshold() != thresholds
    await collection.close()
    await collection.close()
    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0
