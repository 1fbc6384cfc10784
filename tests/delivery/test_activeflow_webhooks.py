"""An activeflow's own webhook: order, refusals, restarts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryService
from mixminus.model.flow import ActiveflowSpec
from mixminus.model.ids import new_id
from mixminus.store.outbox import Draft
from tests.support.calling import mark
from tests.support.front import Front, open_front
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver

TYPES = ["activeflow_created", "activeflow_updated"]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


def body(receiver: WebhookReceiver, path: str, **more: Any) -> dict[str, Any]:
    return {"actions": [mark("a")], "webhook_uri": receiver.uri.replace("hook", path), **more}


async def delivered_everything(front: Front) -> bool:
    async with front.backend.store.snapshot() as tx:
        return not (await tx.activeflow_webhooks.undelivered() or await tx.activeflow_retries.waiting())


async def test_each_webhook_receives_its_own_events(front: Front, receiver: WebhookReceiver) -> None:
    secret = await front.webhook(receiver.uri)
    first = await front.send("POST", "/v1.0/activeflows", body(receiver, "first"))
    await front.send("POST", "/v1.0/activeflows", body(receiver, "second", webhook_method="PUT"))

    def heard(path: str) -> list[str]:
        return [each.type for each in receiver.received if each.path == path]

    await until(lambda: heard("/first") == TYPES and heard("/second") == TYPES)
    await until(lambda: len(heard("/hook")) == 4)
    mine = [each for each in receiver.received if each.path == "/first"]
    assert {each.json["data"]["id"] for each in mine} == {first["id"]}
    assert {each.method for each in receiver.received if each.path == "/second"} == {"PUT"}
    assert secret
    assert all("webhook-signature" in {name.lower() for name in each.headers} for each in mine)


async def test_a_refused_destination_is_given_up(front: Front, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    await front.send("POST", "/v1.0/activeflows", body(receiver, "hook"))
    assert [each.type for each in await receiver.got(2)] == TYPES
    await until(lambda: front.delivery.counters["delivery.webhooks_failed"] == 1)


async def test_events_that_were_erased_before_they_were_read_keep_no_others_from_being_delivered(
    front: Front, receiver: WebhookReceiver
) -> None:
    customer_id, erased = front.backend.customer_id, {"id": str(new_id()), "erased": True}
    async with front.backend.store.transaction() as tx:
        for type_ in TYPES:
            tx.outbox.add(Draft(customer_id, type_, customer_id, erased, SystemClock().now()))
    await front.send("POST", "/v1.0/activeflows", body(receiver, "hook"))
    assert [each.type for each in await receiver.got(2)] == TYPES


async def test_pending_events_are_delivered_after_a_restart(front: Front, receiver: WebhookReceiver) -> None:
    await front.delivery.close()
    spec = ActiveflowSpec(actions=(mark("a"),), webhook_uri=receiver.uri)
    begun = await front.backend.activeflows.launch(front.backend.customer_id, spec)

    async def over() -> bool:
        found = await front.backend.activeflows.get(front.backend.customer_id, begun.id)
        return found.status == "ended"

    await until(over)
    for _ in range(2):
        again = DeliveryService(front.backend.store, SystemClock())
        await again.start()
        assert [each.type for each in await receiver.got(2)] == TYPES
        await until(lambda: delivered_everything(front))
        await again.close()
    assert receiver.types == TYPES


async def prune(front: Front) -> int:
    """Delete all events but the newest, as if the retention time were over; return how many were deleted."""
    async with front.backend.store.transaction() as tx:
        return await tx.outbox.prune(datetime.max.replace(tzinfo=UTC), 500)


async def cursors(front: Front, *activeflow_ids: str) -> list[int]:
    async with front.backend.store.snapshot() as tx:
        return [(await tx.activeflow_webhooks.target(UUID(each)))[1] for each in activeflow_ids]


async def test_events_that_an_activeflows_webhook_awaits_are_not_pruned(
    front: Front, receiver: WebhookReceiver
) -> None:
    await front.delivery.close()
    spec = ActiveflowSpec(actions=(mark("a"),), webhook_uri=receiver.uri)
    await front.backend.activeflows.launch(front.backend.customer_id, spec)
    await front.backend.room()
    await prune(front)
    assert await prune(front) == 0
    again = DeliveryService(front.backend.store, SystemClock())
    await again.start()
    assert [each.type for each in await receiver.got(2)] == TYPES
    await until(lambda: delivered_everything(front))
    await again.close()


async def test_a_cursor_is_pruned_with_the_last_event_before_it(
    front: Front, receiver: WebhookReceiver
) -> None:
    first = await front.send("POST", "/v1.0/activeflows", body(receiver, "first"))
    await receiver.got(2)
    second = await front.send("POST", "/v1.0/activeflows", body(receiver, "second"))
    await receiver.got(4)
    await until(lambda: delivered_everything(front))
    before = await cursors(front, first["id"], second["id"])
    assert before == [2, 4]
    assert await prune(front) == 3  # the newest is kept, and the cursor that says that it was delivered
    assert await cursors(front, first["id"], second["id"]) == [0, 4]
    assert await delivered_everything(front)
