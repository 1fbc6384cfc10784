"""ActiveflowWebhooks: an activeflow's events to the destination it was begun with, besides the customer's (api.md 11).

As with ``webhooks``, the queue is the outbox, with a cursor for each activeflow: in order, at least once.
"""

import asyncio
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.delivery.courier import Courier
from mixminus.delivery.feed import Feed
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import Store
from mixminus.store.outbox import Event, Span
from mixminus.tasks import TaskScope

__all__ = ["ActiveflowWebhooks"]

log = get("delivery")

BATCH: Final = 100
DATABASE_PAUSE_S: Final = 1.0


class ActiveflowWebhooks:
    """Owns one task for each activeflow whose destination has not been told everything."""

    def __init__(self, store: Store, clock: Clock, feed: Feed, courier: Courier) -> None:
        self._store = store
        self._clock = clock
        self._feed = feed
        self._courier = courier
        self._news: dict[UUID, asyncio.Event] = {}
        self._watched: set[UUID] = set()
        """Those that have a destination and have not ended."""
        self._scope = TaskScope(task_failed("delivery"))
        feed.subscribe(self._hear)

    async def start(self) -> None:
        """Go on where an earlier run has stopped."""
        async with self._store.snapshot() as tx:
            untold = await tx.activeflow_webhooks.untold()
        for activeflow_id in untold:
            self._wake(activeflow_id)

    async def close(self) -> None:
        """Stop, in the middle of an attempt if need be: it is repeated at the next start."""
        await self._scope.close()

    def _hear(self, event: Event) -> None:
        if event.activeflow_id is None:
            return
        if event.type == "activeflow_created" and event.data["webhook_uri"]:
            self._watched.add(event.activeflow_id)
        if event.activeflow_id in self._watched:
            self._wake(event.activeflow_id)
        if event.type == "activeflow_updated" and event.data["status"] == "ended":
            self._watched.discard(event.activeflow_id)

    def _wake(self, activeflow_id: UUID) -> None:
        if news := self._news.get(activeflow_id):
            news.set()
            return
        self._news[activeflow_id] = asyncio.Event()
        self._scope.spawn(f"webhook of activeflow {activeflow_id}", self._tell(activeflow_id))

    async def _tell(self, activeflow_id: UUID) -> None:
        news = self._news[activeflow_id]
        try:
            more = True
            while more or news.is_set():
                news.clear()
                more = await self._tell_some(activeflow_id)
        finally:
            del self._news[activeflow_id]

    async def _tell_some(self, activeflow_id: UUID) -> bool:
        """Deliver a batch; return whether there may be more."""
        try:
            async with self._store.snapshot() as tx:
                target, told = await tx.activeflow_webhooks.target(activeflow_id)
                span = Span(told, self._feed.position)
                events = await tx.outbox.of_activeflow(activeflow_id, span, BATCH) if target else []
            for event in events:
                assert target is not None
                outcome = await self._courier.deliver(target, event)
                if not outcome.taken:
                    log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
                async with self._store.transaction() as tx:
                    await tx.activeflow_webhooks.advance(activeflow_id, event.id)
        except Unavailable as exc:
            log.warning("webhook waits for the database", exc_info=exc)
            await self._clock.sleep(DATABASE_PAUSE_S)
            return True
        return len(events) == BATCH
