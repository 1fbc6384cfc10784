"""Webhooks of activeflows: each is sent its own events, besides the customer's webhook (api.md section 11).

    outbox --cursor--> attempt --accepted--> done
                         |  \\--refused----> given up (listed; can be sent again by the API)
                       failed
                         v
                  activeflow_retries: the event, and after it every later event of its activeflow
                         |--due--> attempt --accepted--> done, and the activeflow's next event is due
                                      \\----> a longer pause; given up after ``retry_s``

An event that is not accepted holds back the later ones of its activeflow, and nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.delivery.feed import Feed
from mixminus.delivery.lag import Lag
from mixminus.delivery.queues import AT_ONCE, Queues
from mixminus.delivery.retries import pause_s
from mixminus.delivery.sender import Outcome, WebhookSender
from mixminus.log import get
from mixminus.model.ids import CustomerId
from mixminus.store.activeflow_retries import ActiveflowRetry
from mixminus.store.database import Store
from mixminus.store.fence import LEADER
from mixminus.store.outbox import Event, Span
from mixminus.store.webhook_retries import Backlog
from mixminus.store.webhooks import Target

__all__ = ["ActiveflowWebhooks"]

log = get("delivery")

BATCH: Final = 100


class ActiveflowWebhooks:
    """Sends an activeflow's events, in order, to the destination that it was started with."""

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
        """``retry_s``: how long an event waits before it is given up."""
        self._store = store
        self._clock = clock
        self._feed = feed
        self._sender = sender
        self._counters = counters
        self._retry = timedelta(seconds=retry_s)
        self._running: set[UUID] = set()
        """Activeflows that have a destination and have not ended."""
        self.lag = Lag[UUID](clock)
        self._queues = Queues("webhook of activeflow", clock, self._deliver)
        feed.subscribe(self._on_event)

    async def start(self) -> None:
        """Continue where the previous run, or another node, stopped."""
        async with self._store.snapshot() as tx:
            waiting = {*await tx.activeflow_webhooks.undelivered(), *await tx.activeflow_retries.waiting()}
        for activeflow_id in waiting:
            self._queues.wake(activeflow_id)

    async def close(self) -> None:
        """Stop; an attempt that is interrupted is repeated after the next start."""
        await self._queues.close()

    async def resend(self, customer_id: CustomerId, event_ids: Sequence[int] | None) -> int:
        """Send events again, or all that were given up; those that wait are attempted at once. Return how many."""
        async with self._store.transaction() as tx:
            count, due = await tx.activeflow_retries.resend(customer_id, event_ids, self._clock.now())
        self._counters["delivery.webhooks_resent"] += count
        for activeflow_id in due:
            self._queues.wake(activeflow_id)
        return count

    def _on_event(self, event: Event) -> None:
        if event.activeflow_id is None:
            return
        if event.type == "activeflow_created" and (event.is_erased or event.data["webhook_uri"]):
            self._running.add(event.activeflow_id)
        if event.activeflow_id in self._running:
            self._queues.wake(event.activeflow_id)
        if event.type == "activeflow_updated" and (event.is_erased or event.data["status"] == "ended"):
            self._running.discard(event.activeflow_id)

    async def _deliver(self, activeflow_id: UUID) -> float | None:
        if not self._store.fence.holds(LEADER):  # another node sends the webhooks
            self.lag.note(activeflow_id, Backlog())
            return None
        async with self._store.snapshot() as tx:
            target, cursor = await tx.activeflow_webhooks.target(activeflow_id)
            head = await tx.activeflow_retries.head(activeflow_id)
            span = Span(cursor, self._feed.position)
            events = await tx.outbox.of_activeflow(activeflow_id, span, BATCH) if target else []
        if target is None or head is None:
            self.lag.note(activeflow_id, Backlog())
        if target is None:
            return None
        if head is None:
            return await self._deliver_new(activeflow_id, target, events)
        await self._hold_back(activeflow_id, events)
        assert head.tm_next is not None
        wait_s = (head.tm_next - self._clock.now()).total_seconds()
        if wait_s <= 0:
            self._counters["delivery.webhooks_retried"] += 1
            await self._attempt(activeflow_id, target, head)
        async with self._store.snapshot() as tx:
            self.lag.note(activeflow_id, await tx.activeflow_retries.backlog(activeflow_id))
        return AT_ONCE if len(events) == BATCH else max(wait_s, AT_ONCE)

    async def _deliver_new(
        self, activeflow_id: UUID, target: Target, events: Sequence[Event]
    ) -> float | None:
        """Attempt events for the first time, up to one that is to be tried again."""
        for event in events:
            first = ActiveflowRetry(event, attempts=0, tm_begin=event.tm, tm_next=None)
            if await self._attempt(activeflow_id, target, first, is_new=True):
                break
        return AT_ONCE if events else None

    async def _hold_back(self, activeflow_id: UUID, events: Sequence[Event]) -> None:
        """Let events wait behind the one that is tried again."""
        if events:
            now = self._clock.now()
            async with self._store.transaction(LEADER) as tx:
                await tx.activeflow_retries.put(ActiveflowRetry(each, 0, each.tm, now) for each in events)
                await tx.activeflow_webhooks.advance(activeflow_id, events[-1].id)

    async def _attempt(
        self, activeflow_id: UUID, target: Target, retry: ActiveflowRetry, *, is_new: bool = False
    ) -> bool:
        """Send an event, and write what became of it; return whether it is tried again."""
        with self.lag.delivering(activeflow_id, retry.tm_begin):
            outcome = await self._sender.attempt(target, retry.event)
        after = self._after(retry, outcome)
        async with self._store.transaction(LEADER) as tx:
            await tx.webhook_attempts.add(retry.event, outcome.at(self._clock.now()), activeflow_id)
            if is_new:
                await tx.activeflow_webhooks.advance(activeflow_id, retry.event.id)
            if not outcome.accepted:
                await tx.activeflow_retries.put([after])
            elif not is_new:
                await tx.activeflow_retries.remove(retry.event.id)
        if not outcome.accepted and after.tm_next is None:
            self._counters["delivery.webhooks_failed"] += 1
            log.warning("webhook failed", event_id=retry.event.id, http_status=outcome.http_status)
        return after.tm_next is not None

    def _after(self, retry: ActiveflowRetry, outcome: Outcome) -> ActiveflowRetry:
        """Return the event with one more attempt, and the time of the next one unless there is none."""
        attempts, now = retry.attempts + 1, self._clock.now()
        if not outcome.retry or now - retry.tm_begin >= self._retry:
            return replace(retry, attempts=attempts, tm_next=None)
        wait_s = pause_s(attempts, outcome.retry_after_s)
        return replace(retry, attempts=attempts, tm_next=now + timedelta(seconds=wait_s))
