"""Queues: one task for each destination that has not received everything."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["AT_ONCE", "Queues"]

log = get("delivery")

AT_ONCE: Final = 0.0
DATABASE_PAUSE_S: Final = 1.0
Key = TypeVar("Key", bound=UUID)


class Queues(Generic[Key]):
    """Owns the tasks.

    ``deliver`` delivers some events to one destination; it returns the seconds after which it is to be called
    again (AT_ONCE if more can be delivered now), None if everything is delivered.
    """

    def __init__(self, name: str, clock: Clock, deliver: Callable[[Key], Awaitable[float | None]]) -> None:
        self._name = name
        self._clock = clock
        self._deliver = deliver
        self._news: dict[Key, asyncio.Future[None]] = {}
        self._scope = TaskScope(task_failed("delivery"))

    def wake(self, key: Key) -> None:
        """Deliver what is new for a destination."""
        if news := self._news.get(key):
            if not news.done():
                news.set_result(None)
            return
        self._news[key] = asyncio.get_running_loop().create_future()
        self._scope.spawn(f"{self._name} {key}", self._run(key))

    async def close(self) -> None:
        """Cancel all tasks; an attempt that is interrupted is repeated after the next start."""
        await self._scope.close()

    async def _run(self, key: Key) -> None:
        try:
            pause_s: float | None = AT_ONCE
            while pause_s is not None or self._news[key].done():
                if pause_s:
                    await self._wait(key, pause_s)
                self._news[key] = asyncio.get_running_loop().create_future()
                try:
                    pause_s = await self._deliver(key)
                except Unavailable as exc:
                    log.warning("webhook waits for the database", cause=str(exc))
                    await self._clock.sleep(DATABASE_PAUSE_S)
                    pause_s = AT_ONCE
        finally:
            del self._news[key]

    async def _wait(self, key: Key, seconds: float) -> None:
        """Wait this long, or until there are news."""
        with suppress(Interrupted):
            await unless([self._news[key]], self._clock.sleep(seconds))
