"""Old events are deleted unless a webhook has still to receive them."""

from collections.abc import AsyncIterator

import pytest

from mixminus.delivery.service import (
    PRUNE_BATCH,
    PRUNE_INTERVAL_S,
    PRUNE_PAUSE_S,
    DeliveryConfig,
    DeliveryService,
)
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.outbox import Outbox
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver

DAY_S = 86_400


@pytest.fixture
async def old(outbox: Outbox, clock: ManualClock) -> AsyncIterator[Outbox]:
    """Six hundred events from a month ago, and a new one."""
    await outbox.add("old", count=600)
    clock.advance(31 * DAY_S)
    await outbox.add("new")
    yield outbox


async def started(store: Store, clock: ManualClock, days: int = 30) -> DeliveryService:
    delivery = DeliveryService(store, clock, DeliveryConfig(retention_days=days))
    await delivery.start()
    return delivery


async def test_events_older_than_the_retention_are_deleted(
    store: Store, clock: ManualClock, old: Outbox
) -> None:
    delivery = await started(store, clock)
    await until(lambda: delivery.counters["delivery.events_pruned"] == PRUNE_BATCH)
    await until(lambda: clock.sleepers == 2)  # the feed's poll, and the pause in which others may write
    clock.advance(PRUNE_PAUSE_S)
    await until(lambda: delivery.counters["delivery.events_pruned"] == 600)
    assert [event.type for event in await old.events()] == ["new"]
    await delivery.close()


async def test_the_newest_event_is_kept_so_that_ids_are_unique(
    store: Store, clock: ManualClock, outbox: Outbox
) -> None:
    await outbox.add("old", count=3)
    clock.advance(31 * DAY_S)
    delivery = await started(store, clock)
    await until(lambda: delivery.counters["delivery.events_pruned"] == 2)
    await outbox.add("new")
    assert [(event.id, event.number) for event in await outbox.events()] == [(3, 3), (4, 4)]
    await delivery.close()


async def test_events_that_a_webhook_has_not_received_are_kept(
    store: Store, clock: ManualClock, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    await outbox.webhook(receiver.uri)
    async with store.transaction() as tx:
        await tx.webhooks.begin(outbox.customer_id, 0)
    await outbox.add("old", count=10)
    clock.advance(31 * DAY_S)
    await outbox.add("new")
    async with store.transaction() as tx:
        assert await tx.outbox.prune(clock.now(), 500) == 0
    delivery = await started(store, clock)
    await receiver.got(11)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 11)
    clock.advance(PRUNE_INTERVAL_S)
    await until(lambda: delivery.counters["delivery.events_pruned"] == 10)
    await delivery.close()


async def test_zero_days_keep_all_events(store: Store, clock: ManualClock, old: Outbox) -> None:
    delivery = await started(store, clock, days=0)
    assert clock.sleepers <= 1  # the feed's poll alone
    assert len(await old.events()) == 601
    await delivery.close()
