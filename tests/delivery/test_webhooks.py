"""Webhooks: attempts, order, restarts, failures."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.access.service import AccessService
from mixminus.delivery.feed import POLL_S
from mixminus.delivery.service import DeliveryConfig, DeliveryService
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import database_url
from tests.support.outbox import Outbox
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

# Two tasks of delivery always sleep: the feed's poll and the retention.
ASLEEP = 2


@pytest.fixture
async def delivery(store: Store, clock: ManualClock, outbox: Outbox) -> AsyncIterator[DeliveryService]:
    await outbox.stream()
    opened = DeliveryService(store, clock)
    await opened.start()
    await until(lambda: clock.sleepers == ASLEEP)
    yield opened
    await opened.close()


async def pause(clock: ManualClock, seconds: float = 1.0) -> None:
    """Advance the second between two attempts, once a task sleeps for it."""
    await until(lambda: clock.sleepers > ASLEEP)
    clock.advance(seconds)


async def cursor(store: Store, outbox: Outbox) -> int | None:
    async with store.snapshot() as tx:
        return await tx.webhooks.cursor(outbox.customer_id)


async def test_events_since_the_webhook_was_set_arrive_in_order(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    await outbox.add("conference_created", count=3)
    await outbox.webhook(receiver.uri)
    await outbox.add(count=250)
    got = await receiver.got(250)
    assert [int(each.headers["X-MixMinus-Event-Number"]) for each in got] == list(range(4, 254))
    assert [int(each.headers["X-MixMinus-Event-Id"]) for each in got] == list(range(4, 254))
    stream = outbox.streams[0].hex
    assert [each.headers["webhook-id"] for each in got] == [f"evt_{stream}_{n}" for n in range(4, 254)]
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 250)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
async def test_the_customer_s_method_is_used(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, method: str
) -> None:
    await outbox.webhook(receiver.uri, method=method)  # type: ignore[arg-type]
    await outbox.add("conference_created")
    (got,) = await receiver.got(1)
    assert (got.method, got.headers["Content-Type"], got.type) == (
        method,
        "application/json",
        "conference_created",
    )


async def test_a_second_attempt_may_succeed(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answer(500)
    await outbox.webhook(receiver.uri)
    await outbox.add()
    await pause(clock)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)
    assert delivery.counters["delivery.webhooks_failed"] == 0
    assert await delivery.undelivered(outbox.customer_id, 0, 100) == []


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_a_client_error_is_not_retried(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, status: int
) -> None:
    receiver.answer(status)
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await outbox.add("second")
    await receiver.got(2)
    assert receiver.types == ["first", "second"]
    assert delivery.counters["delivery.webhooks_failed"] == 1


async def test_three_redirects_are_followed(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    for place in ("/one", "/two", "/three"):
        receiver.redirect(307, place)
    await outbox.webhook(receiver.uri)
    await outbox.add("moved")
    got = await receiver.got(4)
    assert [(each.method, each.path) for each in got] == [
        ("POST", "/hook"),
        ("POST", "/one"),
        ("POST", "/two"),
        ("POST", "/three"),
    ]
    assert receiver.types == ["moved"] * 4
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)


async def test_a_fourth_redirect_is_not_followed(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    for _ in range(4):
        receiver.redirect(307, "/again")
    await outbox.webhook(receiver.uri)
    await outbox.add()
    await receiver.got(4)
    await pause(clock)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)
    assert len(receiver.received) == 5


async def test_a_restart_loses_no_event(
    store: Store, clock: ManualClock, outbox: Outbox, unused_tcp_port: int
) -> None:
    await outbox.webhook(f"http://127.0.0.1:{unused_tcp_port}/")
    delivery = DeliveryService(store, clock)
    await delivery.start()
    await outbox.add("first", count=1)
    await outbox.add("second", count=20)
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 21)
    await delivery.close()
    clock.advance(1)
    async with open_receiver(unused_tcp_port) as receiver:
        delivery = DeliveryService(store, clock)
        await delivery.start()
        await receiver.got(21)
        await delivery.close()
    assert receiver.types == ["first"] + ["second"] * 20


async def test_events_are_not_kept_for_a_removed_destination(
    delivery: DeliveryService, store: Store, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await receiver.got(1)
    await outbox.webhook("")
    await outbox.add("missed")

    async def forgotten() -> bool:
        return await cursor(store, outbox) is None

    await until(forgotten)
    await outbox.webhook(receiver.uri)
    await outbox.add("second")
    await receiver.got(2)
    assert receiver.types == ["first", "second"]


@pytest.mark.parametrize("uri", ["{}", "http://localhost:{port}/", "http://[::ffff:127.0.0.1]:{port}/"])
async def test_private_addresses_are_refused_by_setting(
    store: Store, clock: ManualClock, outbox: Outbox, receiver: WebhookReceiver, uri: str
) -> None:
    delivery = DeliveryService(store, clock, DeliveryConfig(private_targets=False))
    await delivery.start()
    await outbox.webhook(uri.format(receiver.uri, port=receiver.server.port))
    await outbox.add()
    await until(lambda: delivery.counters["delivery.webhooks_failed"] == 1)
    assert delivery.counters["delivery.webhooks_refused"] == 1
    assert delivery.counters["delivery.webhooks_retried"] == 0
    assert receiver.received == []
    await delivery.close()


async def test_a_failing_webhook_does_not_delay_other_customers(
    delivery: DeliveryService, outbox: Outbox, store: Store, clock: ManualClock, receiver: WebhookReceiver
) -> None:
    async with open_receiver() as broken:
        broken.answer(*[500] * 9)
        await outbox.webhook(broken.uri)
        await outbox.add(count=3)
        other = await outbox.other()
        await other.webhook(receiver.uri)
        await other.add(count=5)
        await receiver.got(5)
        # The clock does not advance: the second attempt at the broken webhook is still to come.
        assert len(await broken.got(1)) == 1


async def test_a_webhook_that_another_process_sets_receives_the_events_since_then(
    delivery: DeliveryService,
    outbox: Outbox,
    receiver: WebhookReceiver,
    clock: ManualClock,
    tmp_path: Path,
) -> None:
    await outbox.add("before")
    await until(lambda: delivery.counters["delivery.events"] == 1)
    other = Store(database_url(tmp_path))
    access = AccessService(other, clock)
    await Outbox(other, clock, access, outbox.customer_id).webhook(receiver.uri)
    await other.close()
    await outbox.add("after")
    clock.advance(POLL_S)
    await receiver.got(1)
    assert receiver.types == ["after"]
