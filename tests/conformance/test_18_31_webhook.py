"""31: the body of a webhook, its two signatures, and its retries."""

import hashlib
import hmac
import time
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.support.front import KEY, Front
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver, open_receiver


async def test_body_is_type_and_data_as_in_rest(front: Front, receiver: WebhookReceiver) -> None:
    await front.webhook(receiver.uri)
    room = await front.send("POST", "/v1.0/conferences", {"type": "conference", "name": "standup"})
    created, updated = (await receiver.got(2))[:2]
    assert list(created.json) == ["type", "data"]
    assert created.json == {"type": "conference_created", "data": room}
    assert created.headers["Content-Type"] == "application/json"
    now = await front.send("GET", f"/v1.0/conferences/{room['id']}")
    assert updated.json == {"type": "conference_updated", "data": now}


async def test_both_signatures_verify(front: Front, receiver: WebhookReceiver) -> None:
    secret = await front.webhook(receiver.uri)
    await front.backend.room()
    got = (await receiver.got(2))[0]
    digest = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-VoIPBIN-Signature"] == f"sha256={digest}"
    assert Webhook(secret.encode()).verify(got.body, dict(got.headers)) == got.json


async def test_server_error_is_tried_again_with_growing_pauses(
    front: Front, receiver: WebhookReceiver
) -> None:
    receiver.answer(500, 500)
    await front.webhook(receiver.uri)
    await front.send("POST", "/v1.0/conferences", {"type": "conference"})
    started = time.monotonic()
    await receiver.got(4)
    assert time.monotonic() - started >= 2.9
    assert receiver.types == ["conference_created"] * 3 + ["conference_updated"]


async def test_refused_connection_is_tried_until_the_receiver_is_there(
    front: Front, unused_tcp_port: int
) -> None:
    await front.webhook(f"http://127.0.0.1:{unused_tcp_port}/")
    await front.send("POST", "/v1.0/conferences", {"type": "conference"})
    await until(lambda: front.delivery.counters["delivery.webhooks_retried"] >= 1)
    async with open_receiver(unused_tcp_port) as receiver:
        await receiver.got(2)
        assert receiver.types == ["conference_created", "conference_updated"]
        await until(lambda: front.delivery.gauges["webhooks_waiting"]["customer"] == 0)
    assert (await front.send("GET", "/v1.0/events/undelivered"))["result"] == []


async def test_undelivered_event_is_listed_and_sent_again(front: Front, receiver: WebhookReceiver) -> None:
    receiver.answer(404)
    await front.webhook(receiver.uri)
    await front.send("POST", "/v1.0/conferences", {"type": "conference"})

    async def undelivered() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await front.send("GET", "/v1.0/events/undelivered"))["result"]
        return found

    assert [(row["id"], row["http_status"]) for row in await until(undelivered)] == [(1, 404)]
    await receiver.got(2)
    for body, count in ((None, 1), ({}, 0), ({"event_ids": [2]}, 1)):
        assert await front.send("POST", "/v1.0/events/resend", body) == {"count": count}
    await receiver.got(4)
    assert receiver.types == ["conference_created", "conference_updated"] * 2
    assert await undelivered() == []
    listed = (await front.send("GET", "/v1.0/events/deliveries?page_size=1"))["result"]
    assert [each["id"] for each in listed] == [2], "the newest first"
    listed = (await front.send("GET", "/v1.0/events/deliveries?before=2"))["result"]
    assert [each["http_status"] for each in listed[0]["attempts"]] == [200, 404]

    async def all_accepted() -> bool:
        async with front.client.get(f"/metrics?token={KEY}") as response:
            return 'mixminus_webhooks_lag_seconds{webhook_type="customer"} 0\n' in await response.text()

    await until(all_accepted)  # it is written a moment after the receiver has answered


@pytest.mark.parametrize("status", [404])
async def test_client_error_is_not_retried(front: Front, receiver: WebhookReceiver, status: int) -> None:
    receiver.answer(status)
    await front.webhook(receiver.uri)
    await front.send("POST", "/v1.0/conferences", {"type": "conference"})
    await receiver.got(2)
    assert receiver.types == ["conference_created", "conference_updated"]
    assert front.delivery.counters["delivery.webhooks_retried"] == 0
