"""An activeflow's own webhook: order, refusals, restarts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mixminus.clock import SystemClock
from mixminus.delivery.service import DeliveryService
from mixminus.model.flow import ActiveflowSpec
from tests.support.calling import mark
from tests.support.front import Front, open_front
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver

TOLD = ["activeflow_created", "activeflow_updated"]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


def body(receiver: WebhookReceiver, path: str, **more: Any) -> dict[str, Any]:
    return {"actions": [mark("a")], "webhook_uri": receiver.uri.replace("hook", path), **more}


async def delivered_everything(front: Front) -> bool:
    async with front.backend.store.snapshot() as tx:
        return not await tx.activeflow_webhooks.undelivered()


async def test_each_webhook_receives_its_own_events(front: Front, receiver: WebhookReceiver) -> None:
    secret = await front.webhook(receiver.uri)
    first = await front.send("POST", "/v1.0/activeflows", body(receiver, "first"))
    await front.send("POST", "/v1.0/activeflows", body(receiver, "second", webhook_method="PUT"))

    def heard(path: str) -> list[str]:
        return [each.type for each in receiver.received if each.path == path]

    await until(lambda: heard("/first") == TOLD and heard("/second") == TOLD)
    await until(lambda: len(heard("/hook")) == 4)
    mine = [each for each in receiver.received if each.path == "/first"]
    assert {each.json["data"]["id"] for each in mine} == {first["id"]}
    assert {each.method for each in receiver.received if each.path == "/second"} == {"PUT"}
    assert secret
    assert all("webhook-signature" in {name.lower() for name in each.headers} for each in mine)


async def test_a_refused_destination_is_given_up(front: Front, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    await front.send("POST", "/v1.0/activeflows", body(receiver, "hook"))
    assert [each.type for each in await receiver.got(2)] == TOLD
    await until(lambda: front.delivery.counters["delivery.webhooks_failed"] == 1)


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
        assert [each.type for each in await receiver.got(2)] == TOLD
        await until(lambda: delivered_everything(front))
        await again.close()
    assert receiver.types == TOLD
