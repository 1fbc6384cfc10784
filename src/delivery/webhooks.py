"""Webhooks: every customer's events to the customer's destination, in order, at least once (api.md 11).

The queue is the outbox itself, with a cursor for each customer: a restart goes on after the
last event that was taken or given up. A customer with news has one task until it is told all.
"""

import asyncio
from typing import Final

from mixminus.clock import Clock
from mixminus.delivery.courier import Courier
from mixminus.delivery.feed import Feed
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Event, Span
from mixminus.store.webhooks import Target, Undelivered
from mixminus.tasks import TaskScope

__all__ = ["Webhooks"]

log = get("delivery")

BATCH: Final = 100
DATABASE_PAUSE_S: Final = 1.0


class Webhooks:
    """Owns one task for each customer that has not been told everything."""

    def __init__(self, store: Store, clock: Clock, feed: Feed, courier: Courier) -> None:
        self._store = store
        self._clock = clock
        self._feed = feed
        self._courier = courier
        self._news: dict[CustomerId, asyncio.Event] = {}
        self._scope = TaskScope(task_failed("delivery"))
        feed.subscribe(lambda event: self._wake(event.customer_id))

    async def start(self) -> None:
        """Go on where an earlier run has stopped."""
        async with self._store.snapshot() as tx:
            customers = await tx.webhooks.customers()
        for customer_id in customers:
            self._wake(customer_id)

    async def close(self) -> None:
        """Stop, in the middle of an attempt if need be: it is repeated at the next start."""
        await self._scope.close()

    def _wake(self, customer_id: CustomerId) -> None:
        if news := self._news.get(customer_id):
            news.set()
            return
        self._news[customer_id] = asyncio.Event()
        self._scope.spawn(f"webhook {customer_id}", self._tell(customer_id))

    async def _tell(self, customer_id: CustomerId) -> None:
        news = self._news[customer_id]
        try:
            more = True
            while more or news.is_set():
                news.clear()
                more = await self._tell_some(customer_id)
        finally:
            del self._news[customer_id]

    async def _tell_some(self, customer_id: CustomerId) -> bool:
        """Deliver a batch; return whether there may be more."""
        try:
            target, events = await self._next(customer_id)
            for event in events:
                if target is None:
                    break
                target = await self._deliver(target, event)
        except Unavailable as exc:
            log.warning("webhook waits for the database", exc_info=exc)
            await self._clock.sleep(DATABASE_PAUSE_S)
            return True
        return len(events) == BATCH

    async def _next(self, customer_id: CustomerId) -> tuple[Target | None, list[Event]]:
        async with self._store.snapshot() as tx:
            target = await tx.webhooks.target(customer_id)
            cursor = await tx.webhooks.cursor(customer_id)
        if target is None:
            if cursor is not None:
                async with self._store.transaction() as tx:
                    await tx.webhooks.forget(customer_id)
            return None, []
        if cursor is None:
            async with self._store.transaction() as tx:
                cursor = await _begin(tx, target)
        async with self._store.snapshot() as tx:
            return target, await tx.outbox.of_customer(customer_id, Span(cursor, self._feed.position), BATCH)

    async def _deliver(self, target: Target, event: Event) -> Target | None:
        """Tell one event, or give it up; return the destination as it is after that."""
        outcome = await self._courier.deliver(target, event)
        async with self._store.transaction() as tx:
            await tx.webhooks.advance(target.customer_id, event.id)
            if not outcome.taken:
                log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
                await tx.webhooks.give_up(
                    Undelivered(event.id, event.customer_id, outcome.http_status, self._clock.now())
                )
            return await tx.webhooks.target(target.customer_id)


async def _begin(tx: Transaction, target: Target) -> int:
    """Begin with what happened after the destination was set."""
    event_id = await tx.outbox.newest_until(target.customer_id, target.since)
    await tx.webhooks.begin(target.customer_id, event_id)
    return event_id
