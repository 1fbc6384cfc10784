"""Writes that must not be lost: the end of what has already happened outside of the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get

__all__ = ["until_written"]

_RETRY_S: Final = 1.0
_LAST_ATTEMPTS: Final = 5

T = TypeVar("T")
log = get("store")


async def until_written(clock: Clock, write: Callable[[], Awaitable[T]]) -> T:
    """Return the result of a write, which is tried again each second while the database is away.

    A phone that has hung up, and a participant that has left, are gone whether or not that can be written: without
    this they would be shown as present for ever. ``write`` is a whole transaction; cancelling ends the attempts. A task that
    was cancelled before, and writes as it ends, has five attempts: a server whose database is away must be able to stop.

    Raises:
        Unavailable: the task was cancelled before, and the database is away.
    """
    attempts = 0
    while True:
        try:
            return await write()
        except Unavailable as error:
            attempts += 1
            task = asyncio.current_task()
            if task and task.cancelling() and attempts >= _LAST_ATTEMPTS:
                raise
            if attempts == 1:
                log.warning("a write waits for the database", cause=str(error))
            await clock.sleep(_RETRY_S)
