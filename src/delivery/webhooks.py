"""Webhooks: events are sent to the customer's destination, at least once (api.md section 11).

    outbox --cursor--> attempt --accepted--> done
                         |  \\--refused----> undelivered (listed; can be sent again by the API)
                       failed
                         v
                  webhook_retries: the event, and after it every later event of its stream
                         |--due--> attempt --accepted--> done, and the stream's next event is due
                                      \\----> a longer pause; undelivered after ``retry_s``

A stream is a conference, or the customer for what belongs to no conference: the events of a stream are sent in
order, and those of other streams do not wait for it. When the receiver as a whole fails (no response, 429, 503),
nothing is attempted until its pause is over. After a restart, delivery continues where it was.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.delivery.feed import Feed
from mixminus.delivery.lag import Lag
from mixminus.delivery.queues import AT_ONCE, Queues
from mixminus.delivery.retries import pause_s, pauses_target
from mixminus.delivery.sender import Outcome, WebhookSender
from mixminus.errors import Conflict
from mixminus.log import get
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.fence import LEADER
from mixminus.store.outbox import Event, Span
from mixminus.store.webhook_retries import Backlog, Retry
from mixminus.store.webhooks import Target, Undelivered

__all__ = ["NoWebhook", "Webhooks"]

log = get("delivery")

BATCH: Final = 100


class NoWebhook(Conflict):
    """The customer has no webhook."""


@dataclass(frozen=True, slots=True)
class _Pause:
    """The receiver is not tried until then, unless its address changes."""

    uri: str
    until: datetime

    def holds(self, target: Target, now: datetime) -> bool:
        return self.uri == target.uri and now < self.until


class Webhooks:
    """Sends every customer's events to the customer's destination."""

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
        self._queues = Queues("webhook", clock, self._deliver)
        self._pauses: dict[CustomerId, _Pause] = {}
        self.lag = Lag[CustomerId](clock)
        self._without: dict[CustomerId, bool] = {}
        """Customers without a destination; True for those with an event since it was looked up."""
        self._changes = 0
        feed.subscribe(self._on_event)
        feed.watch_poll(self._look_again)
        store.watch_customers(self._on_change)

    async def start(self) -> None:
        """Continue where the previous run, or another node, stopped."""
        async with self._store.snapshot() as tx:
            customers = await tx.webhooks.customers()
        for customer_id in customers:
            self._queues.wake(customer_id)

    async def close(self) -> None:
        """Stop; an attempt that is interrupted is repeated after the next start."""
        await self._queues.close()

    async def resend(self, customer_id: CustomerId, event_ids: Sequence[int] | None) -> int:
        """Send events again, or all that are undelivered; those that wait are attempted at once. Return how many.

        Raises NoWebhook.
        """
        async with self._store.transaction() as tx:
            cursor = await tx.webhooks.cursor(customer_id)
            if cursor is None or await tx.webhooks.target(customer_id) is None:
                raise NoWebhook("there is no webhook to send events to: set webhook_uri by PUT /customer")
            if event_ids is not None:
                event_ids = [each for each in event_ids if each <= cursor]
            count = await tx.webhook_retries.resend(customer_id, event_ids, self._clock.now())
        self._counters["delivery.webhooks_resent"] += count
        self._pauses.pop(customer_id, None)
        self._queues.wake(customer_id)
        return count

    def _on_event(self, event: Event) -> None:
        if event.customer_id in self._without:
            self._without[event.customer_id] = True
        else:
            self._queues.wake(event.customer_id)

    def _on_change(self, customer_ids: Collection[CustomerId]) -> None:
        self._changes += 1
        for customer_id in customer_ids:
            if self._without.pop(customer_id, False) or customer_id in self.lag:
                self._queues.wake(customer_id)

    def _look_again(self) -> None:
        """Look up destinations again for which events have come: another process may have set them."""
        for customer_id in [id_ for id_, has_news in self._without.items() if has_news]:
            del self._without[customer_id]
            self._queues.wake(customer_id)

    async def _deliver(self, customer_id: CustomerId) -> float | None:
        if not self._store.fence.holds(LEADER):  # another node sends the webhooks
            self.lag.note(customer_id, Backlog())
            return None
        target = await self._target(customer_id)
        if target is None:
            return None
        retried = await self._deliver_due(target)
        more = await self._deliver_new(target)
        return await self._next_pause(target, more=more or retried > 0)

    async def _next_pause(self, target: Target, *, more: bool) -> float | None:
        """Return the seconds until something can be attempted; None if nothing waits."""
        async with self._store.snapshot() as tx:
            backlog = await tx.webhook_retries.backlog(target.customer_id)
        self.lag.note(target.customer_id, backlog)
        if more:
            return AT_ONCE
        if backlog.next_attempt is None:
            return None
        now, pause = self._clock.now(), self._pauses.get(target.customer_id)
        is_paused = pause is not None and pause.holds(target, now)
        at = max(backlog.next_attempt, pause.until) if pause and is_paused else backlog.next_attempt
        return max((at - now).total_seconds(), AT_ONCE)

    async def _target(self, customer_id: CustomerId) -> Target | None:
        """Return the customer's destination; without one, forget what waits for it."""
        changes = self._changes
        async with self._store.snapshot() as tx:
            target = await tx.webhooks.target(customer_id)
            cursor = await tx.webhooks.cursor(customer_id)
        if target is None:
            if cursor is not None:
                async with self._store.transaction(LEADER) as tx:
                    await tx.webhooks.forget(customer_id)
                    await tx.webhook_retries.clear(customer_id)
            self.lag.note(customer_id, Backlog())
            if changes == self._changes:  # otherwise the destination may have been set meanwhile
                self._without[customer_id] = False
        elif cursor is None:
            async with self._store.transaction(LEADER) as tx:
                await _begin(tx, target)
        return target

    def _is_paused(self, target: Target) -> bool:
        pause = self._pauses.get(target.customer_id)
        return pause is not None and pause.holds(target, self._clock.now())

    async def _deliver_due(self, target: Target) -> int:
        """Attempt what is due; return how many were accepted or given up, whose streams may go on."""
        if self._is_paused(target):
            return 0
        async with self._store.snapshot() as tx:
            due = await tx.webhook_retries.due(target.customer_id, self._clock.now(), BATCH)
        done = 0
        for retry in due:
            self._counters["delivery.webhooks_retried"] += 1
            with self.lag.delivering(target.customer_id, retry.tm_begin):
                done += await self._try_again(target, retry)
            if self._is_paused(target):
                break
        return done

    async def _try_again(self, target: Target, retry: Retry) -> bool:
        outcome = await self._attempt(target, retry.event, retry.attempts + 1)
        is_over = self._clock.now() - retry.tm_begin >= self._retry
        async with self._store.transaction(LEADER) as tx:
            await tx.webhook_attempts.add(retry.event, outcome.at(self._clock.now()))
            if outcome.retry and not is_over:
                wait_s = pause_s(retry.attempts + 1, outcome.retry_after_s)
                tm_next = self._clock.now() + timedelta(seconds=wait_s)
                await tx.webhook_retries.postpone(retry, outcome.http_status, tm_next)
                return False
            await tx.webhook_retries.remove(retry.event.id)
            if not outcome.accepted:
                await self._give_up(tx, retry.event, outcome)
        return True

    async def _deliver_new(self, target: Target) -> bool:
        """Attempt the next events of the outbox, or let them wait; return whether there may be more."""
        async with self._store.snapshot() as tx:
            cursor = await tx.webhooks.cursor(target.customer_id)
            span = Span(cursor or 0, self._feed.position)
            events = await tx.outbox.of_customer(target.customer_id, span, BATCH)
            held = await tx.webhook_retries.streams(target.customer_id)
        behind: list[Event] = []
        for event in events:
            if self._is_paused(target) or event.stream_id in held:
                behind.append(event)
                continue
            with self.lag.delivering(target.customer_id, event.tm):
                outcome = await self._attempt(target, event, 1)
                changed = await self._note(target, event, outcome, behind)
            behind = []
            if outcome.retry:
                held.add(event.stream_id)
            if changed:  # the next event goes to another destination
                return True
        if behind:
            async with self._store.transaction(LEADER) as tx:
                await tx.webhook_retries.add(behind, tm_next=self._clock.now())
                await tx.webhooks.advance(target.customer_id, behind[-1].id)
        return len(events) == BATCH

    async def _attempt(self, target: Target, event: Event, attempts: int) -> Outcome:
        """Send an event; note when the receiver as a whole is not to be tried for a while."""
        outcome = await self._sender.attempt(target, event)
        if outcome.retry and pauses_target(outcome.http_status):
            wait_s = pause_s(attempts, outcome.retry_after_s)
            until = self._clock.now() + timedelta(seconds=wait_s)
            self._pauses[target.customer_id] = _Pause(target.uri, until)
        else:
            self._pauses.pop(target.customer_id, None)
        return outcome

    async def _note(self, target: Target, event: Event, outcome: Outcome, behind: Sequence[Event]) -> bool:
        """Write what became of an event, and of those before it that wait; return whether the destination changed."""
        now = self._clock.now()
        async with self._store.transaction(LEADER) as tx:
            await tx.webhook_retries.add(behind, tm_next=now)
            await tx.webhooks.advance(target.customer_id, event.id)
            await tx.webhook_attempts.add(event, outcome.at(now))
            if outcome.retry:
                tm_next = now + timedelta(seconds=pause_s(1, outcome.retry_after_s))
                state = {"attempts": 1, "http_status": outcome.http_status, "tm_begin": now}
                await tx.webhook_retries.add([event], tm_next=tm_next, **state)
            elif not outcome.accepted:
                await self._give_up(tx, event, outcome)
            return await tx.webhooks.target(target.customer_id) != target

    async def _give_up(self, tx: Transaction, event: Event, outcome: Outcome) -> None:
        self._counters["delivery.webhooks_failed"] += 1
        log.warning("webhook failed", event_id=event.id, http_status=outcome.http_status)
        await tx.webhooks.give_up(
            Undelivered(event.id, event.customer_id, outcome.http_status, self._clock.now())
        )


async def _begin(tx: Transaction, target: Target) -> None:
    """Set the cursor to the newest event from before the destination was set."""
    event_id = await tx.outbox.newest_until(target.customer_id, target.since)
    await tx.webhooks.begin(target.customer_id, event_id)
