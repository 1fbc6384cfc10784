"""DeliveryService: events go from the outbox to webhooks, WebSockets and the REST API, in one order.

outbox -> Feed -> Webhooks, ActiveflowWebhooks -> WebhookSender
               -> Hub -> Connection (one for each WebSocket)
       -> CaptionHub -> CaptionFeed (one for each viewer of a room's captions)
       -> Backlog -> GET /events, clients that resume
       -> Retention deletes old events
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.delivery.activeflow_webhooks import ActiveflowWebhooks
from mixminus.delivery.captions import CaptionHub
from mixminus.delivery.connection import LIMITS, Limits
from mixminus.delivery.feed import Backlog, Feed
from mixminus.delivery.hub import Hub
from mixminus.delivery.sender import WebhookSender
from mixminus.delivery.webhooks import NoWebhook, Webhooks
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.fence import LEADER
from mixminus.store.webhook_attempts import Delivery, WebhookType
from mixminus.store.webhooks import Undelivered
from mixminus.tasks import TaskScope
from mixminus.telemetry import NO_TELEMETRY, Telemetry

__all__ = ["DeliveryConfig", "DeliveryService", "new_counters"]

log = get("delivery")

PRUNE_INTERVAL_S: Final = 3600
SECONDS_PER_HOUR: Final = 3600
# A transaction blocks other writers: it deletes no more than this, and then lets them work.
PRUNE_BATCH: Final = 500
PRUNE_PAUSE_S: Final = 0.1
COUNTERS: Final = (
    "delivery.events",
    "delivery.events_pruned",
    "delivery.webhooks_delivered",
    "delivery.webhooks_retried",
    "delivery.webhooks_failed",
    "delivery.webhooks_refused",
    "delivery.webhooks_resent",
    "delivery.sockets_opened",
    "delivery.sockets_slow",
    "delivery.sockets_silent",
    "delivery.sockets_revoked",
    "delivery.sockets_misused",
    "captions.opened",
    "captions.partials_dropped",
    "captions.fell_behind",
)


def new_counters() -> Counter[str]:
    """Return every counter at zero, so that /metrics shows all of them from the start."""
    return Counter(dict.fromkeys(COUNTERS, 0))


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """Settings of the operator."""

    private_targets: bool = True
    """Whether webhooks may be sent to this machine and to private networks."""
    retention_days: int = 30
    """0 keeps events for ever."""
    retry_hours: float = 24.0
    """How long an event waits for its webhook before it is undelivered."""
    limits: Limits = LIMITS


class DeliveryService:
    """Opens and closes the feed and all its receivers together."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        config: DeliveryConfig | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        config = config or DeliveryConfig()
        self._store = store
        self._counters = new_counters()
        self._feed = Feed(store, clock, self._counters)
        self.backlog = Backlog(store, self._feed)
        self.hub = Hub(self._feed, self.backlog, clock, self._counters, config.limits)
        self.captions = CaptionHub(self._feed, self.backlog, self._counters)
        self._sender = WebhookSender(
            clock, self._counters, private_targets=config.private_targets, telemetry=telemetry
        )
        shared = (store, clock, self._feed, self._sender, self._counters)
        retry_s = config.retry_hours * SECONDS_PER_HOUR
        self._webhooks = Webhooks(*shared, retry_s=retry_s)
        self._activeflow_webhooks = ActiveflowWebhooks(*shared, retry_s=retry_s)
        self._retention = Retention(store, clock, self._counters, days=config.retention_days)

    @property
    def counters(self) -> dict[str, int]:
        return dict(self._counters)

    async def start(self) -> None:
        """Continue where the previous run stopped."""
        await self._feed.start()
        await self.take_over()
        self._retention.start()

    async def take_over(self) -> None:
        """Send the webhooks from now on: this node has become the leader."""
        await self._webhooks.start()
        await self._activeflow_webhooks.start()

    async def undelivered(self, customer_id: CustomerId, after: int, limit: int) -> list[Undelivered]:
        """Return what the webhooks of the customer and of its activeflows did not accept of ``limit`` events."""
        async with self._store.snapshot() as tx:
            return await tx.webhooks.undelivered(customer_id, after, limit)

    async def deliveries(self, customer_id: CustomerId, before: int, limit: int) -> list[Delivery]:
        """Return what became of ``limit`` events with ids below ``before`` at their webhooks, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.webhook_attempts.page(customer_id, before, limit)

    async def resend(
        self,
        customer_id: CustomerId,
        event_ids: Sequence[int] | None,
        webhook_type: WebhookType | None = None,
    ) -> int:
        """Send events, or all undelivered ones, again to the webhooks of one type or of both; return how many.

        Raises NoWebhook if the customer has none, unless events are sent to webhooks of activeflows.
        """
        count = 0
        if webhook_type != "customer":
            count = await self._activeflow_webhooks.resend(customer_id, event_ids)
        if webhook_type != "activeflow":
            try:
                count += await self._webhooks.resend(customer_id, event_ids)
            except NoWebhook:
                if not count:
                    raise
        return count

    @property
    def gauges(self) -> dict[str, dict[WebhookType, float]]:
        """Values by the type of the webhook."""
        customer, activeflow = self._webhooks.lag, self._activeflow_webhooks.lag
        return {
            "webhooks_waiting": {"customer": customer.waiting, "activeflow": activeflow.waiting},
            "webhooks_lag_seconds": {"customer": customer.seconds, "activeflow": activeflow.seconds},
        }

    async def close(self) -> None:
        """Stop the feed first, then its receivers; closing twice is harmless."""
        await self._feed.close()
        self.hub.close()
        self.captions.stop()
        await self._webhooks.close()
        await self._activeflow_webhooks.close()
        await self._sender.close()
        await self._retention.close()


class Retention:
    """Deletes events older than some days, except those that a webhook has still to receive."""

    def __init__(self, store: Store, clock: Clock, counters: Counter[str], *, days: int) -> None:
        self._store = store
        self._clock = clock
        self._counters = counters
        self._days = days
        self._scope = TaskScope(task_failed("delivery"))

    def start(self) -> None:
        """Start to delete at intervals, unless events are kept for ever."""
        if self._days:
            self._scope.keep("retention", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _run(self) -> None:
        while True:
            try:
                if self._store.fence.holds(LEADER):
                    await self._prune()
            except Unavailable as exc:
                log.warning("events not pruned", cause=str(exc))
            await self._clock.sleep(PRUNE_INTERVAL_S)

    async def _prune(self) -> None:
        before = self._clock.now() - timedelta(days=self._days)
        pruned = PRUNE_BATCH
        while pruned == PRUNE_BATCH:
            async with self._store.transaction() as tx:
                events = await tx.outbox.prune(before, PRUNE_BATCH)
                attempts = await tx.webhook_attempts.prune(before, PRUNE_BATCH)
                await tx.webhooks.prune_undelivered(before)
            self._counters["delivery.events_pruned"] += events
            pruned = max(events, attempts)
            if pruned == PRUNE_BATCH:
                await self._clock.sleep(PRUNE_PAUSE_S)
