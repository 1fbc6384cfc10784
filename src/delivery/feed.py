"""Feed: the one reader of the outbox, which hands every new event to everybody, in the order of ids.

Told after each commit of this process; a poll finds what others have written. It keeps no
events: whoever cannot take one now reads it again from the outbox.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus.clock import Clock
from mixminus.delivery.order import CommitOrder
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import Store
from mixminus.store.outbox import Event
from mixminus.tasks import TaskScope

__all__ = ["Feed"]

log = get("delivery")

BATCH: Final = 100
POLL_S: Final = 1.0
# Events that wait for another writer's end are few, and their readers many: look again soon.
HOLD_S: Final = 0.05


class Feed:
    """Knows up to which id everything has been handed on: ``position``."""

    def __init__(self, store: Store, clock: Clock, counters: Counter[str]) -> None:
        self.position = 0
        self._store = store
        self._clock = clock
        self._counters = counters
        self._receivers: list[Callable[[Event], None]] = []
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        self._order = CommitOrder()
        self._scope = TaskScope(task_failed("delivery"))
        store.watch(self._news.set)

    def subscribe(self, receive: Callable[[Event], None]) -> None:
        """Hand every event from now on to ``receive``, which must neither block nor raise."""
        self._receivers.append(receive)

    async def start(self) -> None:
        """Begin after the newest event there is."""
        async with self._store.snapshot() as tx:
            fence = await tx.outbox.fence()
        while not await self._over(fence):
            await self._clock.sleep(HOLD_S)
        async with self._store.snapshot() as tx:
            self.position = await tx.outbox.newest()
        self._scope.spawn("feed", self._run())
        self._scope.spawn("feed poll", self._poll())

    async def close(self) -> None:
        """Stop reading; closing twice is harmless."""
        await self._scope.close()

    async def refresh(self) -> None:
        """Hand on what has been committed by now."""
        async with self._turn:
            while await self._hand_on() == BATCH:
                pass

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.refresh()
                while self._order.holding:
                    await self._clock.sleep(HOLD_S)
                    await self.refresh()
            except Unavailable as exc:
                log.warning("events not read", exc_info=exc)

    async def _poll(self) -> None:
        while True:
            await self._clock.sleep(POLL_S)
            self._news.set()

    async def _hand_on(self) -> int:
        async with self._store.snapshot() as tx:
            events = await self._order.settled(tx.outbox, self.position, BATCH)
        for event in events:
            self.position = event.id
            for receive in self._receivers:
                receive(event)
        self._counters["delivery.events"] += len(events)
        return len(events)

    async def _over(self, fence: int | None) -> bool:
        async with self._store.snapshot() as tx:
            oldest = await tx.outbox.oldest_writer()
        return fence is None or oldest is None or oldest >= fence
