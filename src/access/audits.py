"""AuditService: stores who has changed what; written behind the responses, several at once if they come faster."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.audit import Audit
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.page import Page
from mixminus.tasks import TaskScope

__all__ = ["MAX_ROWS", "AuditService"]

MAX_ROWS: Final = 1_000_000
"""About 400 MB; the oldest are deleted beyond, whatever the retention is."""
_WAITING: Final = 10_000
"""Audits that wait for the database; more are counted and dropped."""
_AT_ONCE: Final = 500
_RETRY_S: Final = 1.0
_PRUNE_INTERVAL_S: Final = 3600.0

logger = get("access")


class AuditService:
    """Writes audits in the order of their requests, lists them, and deletes old ones."""

    def __init__(
        self, store: Store, clock: Clock, *, retention_days: int = 0, max_rows: int = MAX_ROWS
    ) -> None:
        """``retention_days`` 0 keeps all of them, up to ``max_rows``."""
        self._store = store
        self._clock = clock
        self._retention_days = retention_days
        self._max_rows = max_rows
        self._waiting: deque[Audit] = deque()
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self._scope = TaskScope(task_failed("audits"))
        self.counters = {"access.audits_written": 0, "access.audits_dropped": 0}

    def start(self) -> None:
        """Start writing and pruning."""
        self._scope.keep("write", self._run)
        self._scope.keep("prune", self._prune_hourly)

    async def close(self) -> None:
        """Write what waits, and stop; closing twice is harmless."""
        await self._scope.close()
        try:
            await self.flush()
        except Unavailable as error:
            logger.error("audits lost", count=len(self._waiting), cause=str(error))

    def record(self, audit: Audit) -> None:
        """Store an audit soon; it is dropped and counted if too many wait."""
        if len(self._waiting) >= _WAITING:
            self.counters["access.audits_dropped"] += 1
            return
        self._waiting.append(audit)
        self._arrived.set()

    async def list(self, customer_id: CustomerId, page: Page) -> list[Audit]:
        """Return the customer's audits, newest first, also those that were not written yet."""
        await self.flush()
        async with self._store.snapshot() as tx:
            return await tx.audits.page(customer_id, page)

    async def flush(self) -> None:
        """Write all that wait; raise Unavailable, and keep them, if the database does not answer."""
        async with self._writing:
            while self._waiting:
                rows = list(islice(self._waiting, _AT_ONCE))
                async with self._store.transaction() as tx:
                    await tx.audits.add(rows)
                for _ in rows:
                    self._waiting.popleft()
                self.counters["access.audits_written"] += len(rows)

    async def prune(self) -> None:
        """Delete audits that are older than the retention, and the oldest beyond the maximum."""
        async with self._store.snapshot() as tx:
            oldest = await tx.audits.oldest_of(self._max_rows)
        limits = [oldest] if oldest else []
        if self._retention_days:
            limits.append(self._clock.now() - timedelta(days=self._retention_days))
        pruned = _AT_ONCE if limits else 0
        while pruned == _AT_ONCE:
            async with self._store.transaction() as tx:
                pruned = await tx.audits.prune(max(limits), _AT_ONCE)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                await self.flush()
            except Unavailable as error:
                logger.warning("audits not written yet", count=len(self._waiting), cause=str(error))
                await self._clock.sleep(_RETRY_S)
                self._arrived.set()

    async def _prune_hourly(self) -> None:
        while True:
            with suppress(Unavailable):
                await self.prune()
            await self._clock.sleep(_PRUNE_INTERVAL_S)
