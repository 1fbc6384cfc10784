"""Writes that must not be lost are tried until they are taken, but do not keep a task that was cancelled from its end."""

import asyncio

import pytest

from mixminus.clock import SystemClock
from mixminus.errors import Unavailable
from mixminus.store.persistence import until_written
from tests.support.clock import ManualClock
from tests.support.waiting import until


class Database:
    """A database that is away for a number of attempts."""

    def __init__(self, away: int) -> None:
        self.away = away
        self.attempts = 0
        self.tried = asyncio.Event()

    async def write(self) -> str:
        self.attempts += 1
        self.tried.set()
        if self.attempts <= self.away:
            raise Unavailable("the database is away")
        return "written"


async def test_a_write_is_tried_until_the_database_is_back() -> None:
    database = Database(away=1)
    assert await until_written(SystemClock(), database.write) == "written"
    assert database.attempts == 2


async def test_a_cancelled_task_whose_last_write_fails_ends() -> None:
    clock = ManualClock()
    first, last = Database(away=1000), Database(away=1000)

    async def work() -> None:
        try:
            await until_written(SystemClock(), first.write)
        finally:
            await until_written(clock, last.write)

    task = asyncio.create_task(work())
    await first.tried.wait()
    task.cancel()
    for _ in range(4):
        await until(lambda: clock.sleepers == 1)
        clock.advance(1.0)
    with pytest.raises(Unavailable):
        await task
    assert last.attempts == 5
