"""Webhooks: events are sent to a destination in order, at least once (api.md section 11).

The queue is the outbox itself, with a cursor for each customer and for each activeflow: after a
restart, delivery continues after the last event that was accepted or given up. A destination with
new events has one task until it has received all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final, Generic, TypeVar
from uuid import UUID

from mixminus.clock import Clock
from mixminus.delivery.feed import Feed
from mixminus.delivery.sender import WebhookSender
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Event, Span
from mixminus.store.webhooks import Target, Undelivered
from mixminus.tasks import TaskScope

__all__ = ["ActiveflowWebhooks", "Webhooks"]

log = get("delivery")

BATCH: Final = 100
DATABASE_PAUSE_S: Final = 1.0
Key = TypeVar("Key", bound=UUID)


class _Queues(Generic[Key]):
    """Owns one task for each destination that has not received everything.

    ``deliver_batch`` delivers up to BATCH events to one destination and returns their number.
    """

    def __init__(self, name: str, clock: Clock, deliver_batch: Callable[[Key], Awaitable[int]]) -> None:
        self._name = name
        self._clock = clock
        self._deliver_batch = deliver_batch
        self._has_news: dict[Key, asyncio.Event] = {}
        self._scope = TaskScope(task_failed("delivery"))

    def wake(self, key: Key) -> None:
        """Deliver what is new for a destination."""
        if has_news := self._has_news.get(key):
            has_news.set()
            return
        self._has_news[key] = asyncio.Event()
        self._scope.spawn(f"{self._name} {key}", self._run(key))

    async def close(self) -> None:
        """Cancel all tasks; an attempt that is interrupted is repeated after the next start."""
        await self._scope.close()

    async def _run(self, key: Key) -> None:
        has_news = self._has_news[key]
        try:
            more = True
            while more or has_news.is_set():
                has_news.clear()
                try:
                    more = await self._deliver_batch(key) == BATCH
                except Unavailable as exc:
                    log.warning("webhook waits for the database", exc_info=exc)
                    await self._clock.sleep(DATABASE_PAUSE_S)
                    more = True
        finally:
            del self._has_news[key]


class Webhooks:
    """Sends every customer's events to the customer's destination."""

    def __init__(self, store: Store, clock: Clock, feed: Feed, sender: WebhookSender) -> None:
        self._store = store
        self._clock = clock
        self._feed = feed
        self._sender = sender
        self._queues = _Queues("webhook", clock, self._deliver_batch)
        self._without: dict[CustomerId, bool] = {}
        """Customers without a destination; True for those with an event since it was looked up."""
        self._changes = 0
        feed.subscribe(self._on_event)
        feed.watch_poll(self._look_again)
        store.watch_customers(self._on_change)

    async def start(self) -> None:
        """Continue where the previous run stopped."""
        async with self._store.snapshot() as tx:
            customers = await tx.webhooks.customers()
        for customer_id in customers:
            self._queues.wake(customer_id)

    async def close(self) -> None:
        """Stop; an attempt that is interrupted is repeated after the next start."""
        await self._queues.close()

    def _on_event(self, event: Event) -> None:
        if event.customer_id in self._without:
            self._without[event.customer_id] = True
        else:
            self._queues.wake(event.customer_id)

    def _on_change(self, customer_ids: Collection[CustomerId]) -> None:
        self._changes += 1
        for customer_id in customer_ids:
            if self._without.pop(customer_id, False):
                self._queues.wake(customer_id)

    def _look_again(self) -> None:
        """Look up destinations again for which events have come: another process may have set them."""
        for customer_id in [id_ for id_, has_news in self._without.items() if has_news]:
            del self._without[customer_id]
            self._queues.wake(customer_id)

    async def _deliver_batch(self, customer_id: CustomerId) -> int:
        target, events = await self._next(customer_id)
        for event in events:
            if target is None:
                break
            target = await self._deliver(target, event)
        return len(events)

    async def _next(self, customer_id: CustomerId) -> tuple[Target | None, list[Event]]:
        changes = self._changes
        async with self._store.snapshot() as tx:
            target = await tx.webhooks.target(customer_id)
            cursor = await tx.webhooks.cursor(customer_id)
        if target is None:
            if cursor is not None:
                async with self._store.transaction() as tx:
                    await tx.webhooks.forget(customer_id)
            if changes == self._changes:  # otherwise the destination may have been set meanwhile
                self._without[customer_id] = False
            return None, []
        if cursor is None:
            async with self._store.transaction() as tx:
                cursor = await _begin(tx, target)
        async with self._store.snapshot() as tx:
            return target, await tx.outbox.of_customer(customer_id, Span(cursor, self._feed.position), BATCH)

    async def _deliver(self, target: Target, event: Event) -> Target | None:
        """Deliver an event, or give it up; return the destination, which may have changed meanwhile."""
        outcome = await self._sender.deliver(target, event)
        async with self._store.transaction() as tx:
            await tx.webhooks.advance(target.customer_id, event.id)
            if not outcome.accepted:
                log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
                await tx.webhooks.give_up(
                    Undelivered(event.id, event.customer_id, outcome.http_status, self._clock.now())
                )
            return await tx.webhooks.target(target.customer_id)


async def _begin(tx: Transaction, target: Target) -> int:
    """Set the cursor to the newest event from before the destination was set."""
    event_id = await tx.outbox.newest_until(target.customer_id, target.since)
    await tx.webhooks.begin(target.customer_id, event_id)
    return event_id


class ActiveflowWebhooks:
    """Sends an activeflow's events to the destination it was started with, besides the customer's."""

    def __init__(self, store: Store, clock: Clock, feed: Feed, sender: WebhookSender) -> None:
        self._store = store
        self._feed = feed
        self._sender = sender
        self._running: set[UUID] = set()
        """Activeflows that have a destination and have not ended."""
        self._queues = _Queues("webhook of activeflow", clock, self._deliver_batch)
        feed.subscribe(self._on_event)

    async def start(self) -> None:
        """Continue where the previous run stopped."""
        async with self._store.snapshot() as tx:
            waiting = await tx.activeflow_webhooks.undelivered()
        for activeflow_id in waiting:
            self._queues.wake(activeflow_id)

    async def close(self) -> None:
        """Stop; an attempt that is interrupted is repeated after the next start."""
        await self._queues.close()

    def _on_event(self, event: Event) -> None:
        if event.activeflow_id is None:
            return
        if event.type == "activeflow_created" and event.data["webhook_uri"]:
            self._running.add(event.activeflow_id)
        if event.activeflow_id in self._running:
            self._queues.wake(event.activeflow_id)
        if event.type == "activeflow_updated" and event.data["status"] == "ended":
            self._running.discard(event.activeflow_id)

    async def _deliver_batch(self, activeflow_id: UUID) -> int:
        async with self._store.snapshot() as tx:
            target, cursor = await tx.activeflow_webhooks.target(activeflow_id)
            span = Span(cursor, self._feed.position)
            events = await tx.outbox.of_activeflow(activeflow_id, span, BATCH) if target else []
        for event in events:
            assert target is not None
            outcome = await self._sender.deliver(target, event)
            if not outcome.accepted:
                log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
            async with self._store.transaction() as tx:
                await tx.activeflow_webhooks.advance(activeflow_id, event.id)
        return len(events)
