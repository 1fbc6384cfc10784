"""DeliveryService: the feed and everything that it feeds, opened and closed together."""

from dataclasses import dataclass

from mixminus.clock import Clock
from mixminus.delivery.activeflow_webhooks import ActiveflowWebhooks
from mixminus.delivery.backlog import Backlog
from mixminus.delivery.connection import LIMITS, Limits
from mixminus.delivery.counters import new_counters
from mixminus.delivery.courier import Courier
from mixminus.delivery.feed import Feed
from mixminus.delivery.hub import Hub
from mixminus.delivery.retention import Retention
from mixminus.delivery.webhooks import Webhooks
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.webhooks import Undelivered

__all__ = ["DeliveryConfig", "DeliveryService"]


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    """What the operator decides."""

    private_targets: bool = True
    """Whether webhooks may go to this machine and to private networks."""
    retention_days: int = 30
    limits: Limits = LIMITS


class DeliveryService:
    """Brings events out of the house."""

    def __init__(self, store: Store, clock: Clock, config: DeliveryConfig | None = None) -> None:
        config = config or DeliveryConfig()
        self._store = store
        self._counters = new_counters()
        self._feed = Feed(store, clock, self._counters)
        self.backlog = Backlog(store, self._feed)
        self.hub = Hub(self._feed, self.backlog, clock, self._counters, config.limits)
        self._courier = Courier(clock, self._counters, private_targets=config.private_targets)
        self._webhooks = Webhooks(store, clock, self._feed, self._courier)
        self._activeflow_webhooks = ActiveflowWebhooks(store, clock, self._feed, self._courier)
        self._retention = Retention(store, clock, self._counters, days=config.retention_days)

    @property
    def counters(self) -> dict[str, int]:
        return dict(self._counters)

    async def start(self) -> None:
        """Go on where an earlier run has stopped."""
        await self._feed.start()
        await self._webhooks.start()
        await self._activeflow_webhooks.start()
        self._retention.start()

    async def undelivered(self, customer_id: CustomerId, after: int, limit: int) -> list[Undelivered]:
        """Return what the customer's webhook would not take."""
        async with self._store.snapshot() as tx:
            return await tx.webhooks.undelivered(customer_id, after, limit)

    async def close(self) -> None:
        """Stop in the order of the arrows; closing twice is harmless."""
        await self._feed.close()
        self.hub.close()
        await self._webhooks.close()
        await self._activeflow_webhooks.close()
        await self._courier.close()
        await self._retention.close()
