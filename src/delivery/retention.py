"""Retention: events are kept for some days, and longer while a webhook has still to be told."""

from collections import Counter
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["Retention"]

log = get("delivery")

INTERVAL_S: Final = 3600
# A transaction keeps other writers waiting: no more than this at a time.
BATCH: Final = 500


class Retention:
    """Owns the task that prunes the outbox; 0 days keep everything."""

    def __init__(self, store: Store, clock: Clock, counters: Counter[str], *, days: int) -> None:
        self._store = store
        self._clock = clock
        self._counters = counters
        self._days = days
        self._scope = TaskScope(task_failed("delivery"))

    def start(self) -> None:
        if self._days:
            self._scope.spawn("retention", self._run())

    async def close(self) -> None:
        """Stop pruning; closing twice is harmless."""
        await self._scope.close()

    async def _run(self) -> None:
        while True:
            try:
                await self._prune()
            except Unavailable as exc:
                log.warning("events not pruned", exc_info=exc)
            await self._clock.sleep(INTERVAL_S)

    async def _prune(self) -> None:
        before = self._clock.now() - timedelta(days=self._days)
        pruned = BATCH
        while pruned == BATCH:
            async with self._store.transaction() as tx:
                pruned = await tx.outbox.prune(before, BATCH)
                await tx.webhooks.prune_undelivered(before)
            self._counters["delivery.events_pruned"] += pruned
