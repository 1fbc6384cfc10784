"""Webhooks of activeflows: each is sent its own events, besides the customer's webhook (api.md section 11)."""

from collections import Counter
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.delivery.feed import Feed
from mixminus.delivery.queues import AT_ONCE, Queues
from mixminus.delivery.retries import pause_s
from mixminus.delivery.sender import WebhookSender
from mixminus.log import get
from mixminus.store.database import Store
from mixminus.store.outbox import Event, Span
from mixminus.store.webhooks import Target

__all__ = ["ActiveflowWebhooks"]

log = get("delivery")

BATCH: Final = 100


class ActiveflowWebhooks:
    """Sends an activeflow's events, in order, to the destination that it was started with.

    An event that is not accepted holds back the later ones of its activeflow, and nothing else.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        feed: Feed,
        sender: WebhookSender,
        counters: Counter[str],
        *,
        retry_s: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feed = feed
        self._sender = sender
        self._counters = counters
        self._retry_s = retry_s
        self._running: set[UUID] = set()
        """Activeflows that have a destination and have not ended."""
        self._attempts: dict[UUID, int] = {}
        """Attempts at the first event that an activeflow has yet to send; kept while the process runs."""
        self._queues = Queues("webhook of activeflow", clock, self._deliver)
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
        if event.activeflow_id in self._running and event.activeflow_id not in self._attempts:
            self._queues.wake(event.activeflow_id)
        if event.type == "activeflow_updated" and event.data["status"] == "ended":
            self._running.discard(event.activeflow_id)

    async def _deliver(self, activeflow_id: UUID) -> float | None:
        async with self._store.snapshot() as tx:
            target, cursor = await tx.activeflow_webhooks.target(activeflow_id)
            span = Span(cursor, self._feed.position)
            events = await tx.outbox.of_activeflow(activeflow_id, span, BATCH) if target else []
        for event in events:
            assert target is not None
            if (wait_s := await self._attempt(activeflow_id, target, event)) is not None:
                return wait_s
            async with self._store.transaction() as tx:
                await tx.activeflow_webhooks.advance(activeflow_id, event.id)
        return AT_ONCE if events else None

    async def _attempt(self, activeflow_id: UUID, target: Target, event: Event) -> float | None:
        """Try to deliver an event; return the pause before the next attempt, None if it is delivered or given up."""
        self._counters["delivery.webhooks_retried"] += activeflow_id in self._attempts
        outcome = await self._sender.attempt(target, event)
        age_s = (self._clock.now() - event.tm).total_seconds()
        if outcome.retry and age_s < self._retry_s:
            attempts = self._attempts[activeflow_id] = self._attempts.get(activeflow_id, 0) + 1
            return pause_s(attempts, outcome.retry_after_s)
        self._attempts.pop(activeflow_id, None)
        if not outcome.accepted:
            self._counters["delivery.webhooks_failed"] += 1
            log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
        return None
