"""Deliveries to activeflows' webhooks, by the API: they are listed with their attempts, and made again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mixminus.delivery.service import DeliveryService
from mixminus.store.webhook_attempts import WebhookType
from tests.support.calling import mark
from tests.support.clock import ManualClock
from tests.support.front import KEY, Front, open_front
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

TYPES = ["activeflow_created", "activeflow_updated"]
NEVER = "9999-01-01 00:00:00.000000"
LATER = {"Retry-After": "3600"}


@pytest.fixture
async def front(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Front]:
    async with open_front(tmp_path, delivery_clock=clock) as opened:
        yield opened


async def run(front: Front, uri: str) -> str:
    """Run a flow with a webhook, and return the activeflow's id."""
    body = {"actions": [mark("a")], "webhook_uri": uri}
    return str((await front.send("POST", "/v1.0/activeflows", body))["id"])


async def listed(front: Front, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await front.send("GET", f"/v1.0/events/deliveries{query}"))["result"]
    return found


async def until_listed(front: Front, *states: str) -> list[dict[str, Any]]:
    """Wait until the deliveries, newest first, have these states, and return them."""

    async def found() -> list[dict[str, Any]]:
        deliveries = await listed(front)
        return deliveries if [each["state"] for each in deliveries] == list(states) else []

    return await until(found)


async def resend(front: Front, **body: object) -> int:
    return int((await front.send("POST", "/v1.0/events/resend", body))["count"])


def statuses(delivery: dict[str, Any]) -> list[int]:
    return [each["http_status"] for each in delivery["attempts"]]


async def test_every_attempt_is_listed_with_its_activeflow(front: Front, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    activeflow_id = await run(front, receiver.uri)
    updated, created = await until_listed(front, "delivered", "undelivered")
    for delivery, type_, status in ((created, TYPES[0], 404), (updated, TYPES[1], 200)):
        assert (delivery["type"], delivery["webhook_type"]) == (type_, "activeflow")
        assert delivery["webhook_id"] == activeflow_id
        assert (delivery["attempt_count"], statuses(delivery)) == (1, [status])
        assert delivery["tm_next"] == NEVER


async def test_an_event_has_a_delivery_for_each_webhook(front: Front, receiver: WebhookReceiver) -> None:
    await front.webhook(receiver.uri.replace("hook", "customer"))
    activeflow_id = await run(front, receiver.uri)
    deliveries = await until_listed(front, *["delivered"] * 4)
    customer_id = str(front.backend.customer_id)
    assert [(each["id"], each["webhook_type"], each["webhook_id"]) for each in deliveries] == [
        (2, "customer", customer_id), (2, "activeflow", activeflow_id),
        (1, "customer", customer_id), (1, "activeflow", activeflow_id),
    ]  # fmt: skip
    page = await front.send("GET", "/v1.0/events/deliveries?page_size=1")
    assert ([each["id"] for each in page["result"]], page["next_before"]) == ([2, 2], 2)
    assert [each["id"] for each in await listed(front, "?before=2&page_size=1")] == [1, 1]


async def test_what_was_given_up_and_what_was_accepted_is_sent_again(
    front: Front, receiver: WebhookReceiver
) -> None:
    receiver.answer(404)
    await run(front, receiver.uri)
    await until_listed(front, "delivered", "undelivered")
    assert await resend(front) == 1
    _, created = await until_listed(front, "delivered", "delivered")
    assert (created["attempt_count"], statuses(created)) == (2, [200, 404])
    assert await resend(front, webhook_type="activeflow") == 0
    assert await resend(front, event_ids=[1, 2, 99], webhook_type="activeflow") == 2
    await receiver.got(5)
    assert receiver.types == [*TYPES, TYPES[0], *TYPES]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 2
    await until(lambda: front.delivery.counters["delivery.webhooks_delivered"] == 4)
    assert front.delivery.counters["delivery.webhooks_resent"] == 3


async def test_events_are_sent_again_to_the_webhook_that_is_named(
    front: Front, receiver: WebhookReceiver
) -> None:
    await front.webhook(receiver.uri.replace("hook", "customer"))
    await run(front, receiver.uri)
    await until_listed(front, *["delivered"] * 4)
    assert await resend(front, event_ids=[1], webhook_type="activeflow") == 1
    assert [each.path for each in await receiver.got(5)][4:] == ["/hook"]
    assert await resend(front, event_ids=[1], webhook_type="customer") == 1
    assert [each.path for each in await receiver.got(6)][5:] == ["/customer"]
    assert await resend(front, event_ids=[1]) == 2
    assert {each.path for each in (await receiver.got(8))[6:]} == {"/hook", "/customer"}


async def test_an_event_that_waits_holds_back_its_activeflow_and_is_attempted_at_once_on_request(
    front: Front, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answers.append((503, LATER))
    await run(front, receiver.uri)
    updated, created = await until_listed(front, "waiting", "waiting")
    assert (statuses(created), statuses(updated)) == ([503], [])
    assert created["tm_next"] > created["attempts"][0]["tm"]
    other = await run(front, receiver.uri)
    assert [each.json["data"]["id"] for each in (await receiver.got(3))[1:]] == [other, other]
    await until_listed(front, "delivered", "delivered", "waiting", "waiting")
    assert await resend(front) == 1
    assert [each.type for each in (await receiver.got(5))[3:]] == TYPES
    *_, created = await until_listed(front, *["delivered"] * 4)
    assert (statuses(created), created["attempt_count"]) == ([200, 503], 2)


async def test_a_pause_outlasts_a_restart(
    front: Front, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answers.append((503, LATER))
    await run(front, receiver.uri)
    await until_listed(front, "waiting", "waiting")
    await front.delivery.close()
    again = DeliveryService(front.backend.store, clock)
    await again.start()
    await until(lambda: clock.has_sleeper(3600, within_s=0.001))
    assert len(receiver.received) == 1
    clock.advance(3600)
    assert [each.type for each in await receiver.got(3)] == [TYPES[0], *TYPES]
    await until(lambda: again.counters["delivery.webhooks_delivered"] == 2)
    await again.close()


async def test_an_event_is_given_up_after_the_setting_and_is_listed(
    front: Front, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answers += [(503, LATER)] * 2
    await run(front, receiver.uri)
    await until_listed(front, "waiting", "waiting")
    clock.advance(timedelta(days=1).total_seconds())
    _, created = await until_listed(front, "delivered", "undelivered")
    assert statuses(created) == [503, 503]
    assert front.delivery.counters["delivery.webhooks_failed"] == 1


async def test_events_that_wait_for_an_activeflow_are_not_pruned_and_given_up_ones_are(
    front: Front, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answers += [(404, {}), (503, LATER)]
    await run(front, receiver.uri)
    await until_listed(front, "waiting", "undelivered")
    await front.backend.room()
    future = clock.now() + timedelta(days=1)
    async with front.backend.store.transaction() as tx:
        await tx.outbox.prune(future, 500)
    assert [each["state"] for each in await listed(front)] == ["waiting"]
    assert await resend(front) == 1
    await until_listed(front, "delivered")
    assert await resend(front, event_ids=[1], webhook_type="activeflow") == 0


async def test_another_customer_sees_and_sends_nothing(front: Front, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    await run(front, receiver.uri)
    await until_listed(front, "delivered", "undelivered")
    _, key = await front.other_customer()
    assert (await front.send("GET", "/v1.0/events/deliveries", key=key))["result"] == []
    for named in ({}, {"event_ids": [1, 2]}):
        body = {"webhook_type": "activeflow", **named}
        assert await front.send("POST", "/v1.0/events/resend", body, key=key) == {"count": 0}
    assert await resend(front) == 1
    assert [each.type for each in await receiver.got(3)] == [*TYPES, TYPES[0]]


async def undelivered(front: Front, query: str = "", key: str = KEY) -> list[tuple[int, str, str, int]]:
    found = (await front.send("GET", f"/v1.0/events/undelivered{query}", key=key))["result"]
    return [(each["id"], each["webhook_type"], each["webhook_id"], each["http_status"]) for each in found]


async def test_what_was_given_up_is_listed_with_its_webhook_until_it_is_accepted(
    front: Front, receiver: WebhookReceiver
) -> None:
    async with open_receiver() as other:
        other.answer(403, 403)
        await front.webhook(other.uri)
        receiver.answer(404, 410)
        of_activeflow = ("activeflow", await run(front, receiver.uri))
        of_customer = ("customer", str(front.backend.customer_id))
        await until_listed(front, *["undelivered"] * 4)
        first = [(1, *of_customer, 403), (1, *of_activeflow, 404)]
        second = [(2, *of_customer, 403), (2, *of_activeflow, 410)]
        assert await undelivered(front) == first + second
        assert await undelivered(front, "?page_size=1") == first
        assert await undelivered(front, "?after=1&page_size=1") == second
        _, key = await front.other_customer()
        assert await undelivered(front, key=key) == []
        assert await resend(front, webhook_type="customer") == 2
        await until_listed(front, "delivered", "undelivered", "delivered", "undelivered")
        assert await undelivered(front) == [first[1], second[1]]
        receiver.answer(405)
        assert await resend(front) == 2
        await until_listed(front, *["delivered"] * 3, "undelivered")
        assert await undelivered(front) == [(1, *of_activeflow, 405)]


async def test_gauges_show_what_waits_for_activeflows_apart(
    front: Front, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    def gauges() -> tuple[dict[WebhookType, float], dict[WebhookType, float]]:
        found = front.delivery.gauges
        return found["webhooks_waiting"], found["webhooks_lag_seconds"]

    nothing: dict[WebhookType, float] = {"customer": 0, "activeflow": 0}
    assert gauges() == (nothing, nothing)
    receiver.answers.append((503, LATER))
    await run(front, receiver.uri)
    await until(lambda: gauges()[0] == {"customer": 0, "activeflow": 2})
    before_s = gauges()[1]["activeflow"]
    clock.advance(100)
    lag_s = gauges()[1]
    assert (lag_s["customer"], round(lag_s["activeflow"] - before_s)) == (0, 100)
    assert await resend(front) == 1
    await until(lambda: gauges() == (nothing, nothing))
    assert [each.type for each in await receiver.got(3)] == [TYPES[0], *TYPES]
