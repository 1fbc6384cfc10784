"""Webhooks that fail: growing pauses, Retry-After, what waits and what does not, resending, and the lag."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mixminus.delivery.retries import MAX_PAUSE_S, is_retried, pause_s, retry_after_s
from mixminus.delivery.service import DeliveryConfig, DeliveryService
from mixminus.delivery.webhooks import NoWebhook
from mixminus.store.database import Store
from mixminus.store.webhook_attempts import Delivery
from tests.support.clock import ManualClock
from tests.support.outbox import Outbox
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

NOW = datetime(2030, 1, 1, tzinfo=UTC)
# Two tasks of delivery always sleep: the feed's poll and the retention.
ASLEEP = 2


@pytest.fixture
async def delivery(store: Store, clock: ManualClock, outbox: Outbox) -> AsyncIterator[DeliveryService]:
    await outbox.stream()
    opened = DeliveryService(store, clock, DeliveryConfig(retry_hours=6))
    await opened.start()
    await until(lambda: clock.sleepers == ASLEEP)
    yield opened
    await opened.close()


async def pauses(clock: ManualClock, seconds: float) -> None:
    """Wait until delivery sleeps for this long, and let the time pass."""
    await until(lambda: clock.sleepers > ASLEEP and clock.has_sleeper(seconds, within_s=0.001))
    clock.advance(seconds)


async def until_listed(delivery: DeliveryService, outbox: Outbox, count: int) -> list[Delivery]:
    """Wait until this many deliveries are listed: an attempt is written after its response."""

    async def found() -> list[Delivery]:
        listed = await delivery.deliveries(outbox.customer_id, 999, 100)
        return listed if len(listed) == count else []

    return await until(found)


def test_pauses_grow_to_a_quarter_of_an_hour() -> None:
    assert [pause_s(attempts, None) for attempts in range(1, 12)] == [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 512, MAX_PAUSE_S,
    ]  # fmt: skip
    assert pause_s(10_000, None) == MAX_PAUSE_S
    assert (pause_s(7, 30.0), pause_s(7, 0.0), pause_s(7, -5.0), pause_s(1, 1e9)) == (30, 1, 1, 3600)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("99999999999999999999", 999_999_999),
        (format_datetime(NOW.replace(minute=2), usegmt=True), 120),
        ("Tue, 01 Jan 2030 00:00:30 -0000", 30),
        ("Tuesday, 01-Jan-30 00:00:30 GMT", 30),
        ("Tue Jan  1 00:00:30 2030", 30),
        ("Tue, 01 Jan 2030 01:00:30 +0100", 30),
        ("Tue, 01 Jan 2030 00:00:00 +99999999999999", None),
        ("Tue, 01 Jan 2030 0:0:99999999999999999999 GMT", None),
        ("Tue, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("2030-01-01T00:00:30Z", None),
        ("120s", None),
        ("\u00b2", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_temporary_statuses_are_retried() -> None:
    assert [status for status in (200, 301, 400, 404, 408, 410, 422, 425, 429, 500, 503, 599) if is_retried(status)] == [
        408, 425, 429, 500, 503, 599,
    ]  # fmt: skip


@pytest.mark.parametrize("status", [500, 502, 503, 408, 429])
async def test_failed_event_is_retried_with_growing_pauses_until_it_is_accepted(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock, status: int
) -> None:
    receiver.answer(*[status] * 5)
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await outbox.add("second")
    for attempt, seconds in enumerate((1, 2, 4, 8, 16), 1):
        await receiver.got(attempt)
        await pauses(clock, seconds)
    await receiver.got(7)
    assert receiver.types == ["first"] * 6 + ["second"]
    assert len({each.headers["webhook-id"] for each in receiver.received[:6]}) == 1
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 2)
    assert (
        delivery.counters["delivery.webhooks_retried"],
        delivery.counters["delivery.webhooks_failed"],
    ) == (6, 0)
    await until(lambda: all(each["customer"] == 0 for each in delivery.gauges.values()))


async def test_retry_after_is_honoured(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    receiver.answers.append((429, {"Retry-After": "30"}))
    receiver.answers.append((503, {"Retry-After": format_datetime(NOW.replace(minute=5), usegmt=True)}))
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await receiver.got(1)
    await pauses(clock, 30)
    await receiver.got(2)
    await until(lambda: clock.sleepers > ASLEEP)
    clock.advance(265)
    assert len(receiver.received) == 2
    clock.advance(10)
    await receiver.got(3)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)


async def test_receiver_that_is_down_for_hours_loses_what_is_older_than_the_setting_and_no_more(
    delivery: DeliveryService, outbox: Outbox, clock: ManualClock, unused_tcp_port: int
) -> None:
    await outbox.webhook(f"http://127.0.0.1:{unused_tcp_port}/hook")
    await outbox.add("old")
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 1)
    for _ in range(3):
        clock.advance(3600)
        await until(lambda: clock.sleepers > ASLEEP)
    await outbox.add("young", count=3)
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 4)
    assert 3 * 3600 <= delivery.gauges["webhooks_lag_seconds"]["customer"] < 3 * 3600 + 10
    assert await delivery.undelivered(outbox.customer_id, 0, 100) == []
    async with open_receiver(unused_tcp_port) as receiver:
        receiver.answer(500)
        clock.advance(3 * 3600 + 1)
        await receiver.got(4)
        assert receiver.types == ["old", "young", "young", "young"]
    (given_up,) = await delivery.undelivered(outbox.customer_id, 0, 100)
    assert (given_up.event_id, given_up.http_status) == (1, 500)


async def test_event_that_fails_holds_back_its_conference_only(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    await outbox.webhook(receiver.uri)
    broken, sound = outbox.streams[0], await outbox.stream()
    receiver.answer(500)
    await outbox.add("broken 1")
    await receiver.got(1)
    await outbox.add("broken 2")
    outbox.streams.reverse()
    await outbox.add("sound 1")
    await outbox.add("sound 2")
    await receiver.got(3)
    assert receiver.types == ["broken 1", "sound 1", "sound 2"]
    await pauses(clock, 1)
    await receiver.got(5)
    assert receiver.types[3:] == ["broken 1", "broken 2"]
    assert (outbox.streams, len(receiver.received)) == ([sound, broken], 5)


async def test_restart_keeps_what_waits_and_its_order(
    store: Store, clock: ManualClock, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    delivery = DeliveryService(store, clock)
    await delivery.start()
    receiver.answer(500)
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await receiver.got(1)
    await outbox.add("second", count=3)
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 4)
    await delivery.close()
    clock.advance(1)
    delivery = DeliveryService(store, clock)
    await delivery.start()
    await receiver.got(5)
    await delivery.close()
    assert receiver.types == ["first", "first", "second", "second", "second"]


async def test_receiver_that_hangs_holds_no_other_customer_back(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    release = web.AppKey("release", list[int])
    hanging = 0

    async def hang(request: web.Request) -> web.Response:
        nonlocal hanging
        hanging += 1
        await request.read()
        await until(lambda: bool(request.app[release]), within_s=60)
        return web.Response()

    app = web.Application()
    app[release] = []
    app.router.add_post("/hook", hang)
    async with TestServer(app) as server:
        await outbox.webhook(str(server.make_url("/hook")))
        await outbox.add("hangs", count=150)
        await until(lambda: hanging == 1)
        other = await outbox.other()
        await other.webhook(receiver.uri)
        await other.add("passes", count=120)
        await receiver.got(120)
        assert hanging == 1
        app[release].append(1)


async def test_changed_destination_gets_what_waits(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, clock: ManualClock
) -> None:
    async with open_receiver() as old:
        old.answer(503)
        await outbox.webhook(old.uri)
        await outbox.add("first")
        await outbox.add("second")
        await old.got(1)
        await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 2)
        await outbox.webhook(receiver.uri)

        def has_both_after_more_time() -> bool:
            clock.advance(1.1)
            return len(receiver.received) == 2

        await until(has_both_after_more_time)
        assert (old.types, receiver.types) == (["first"], ["first", "second"])


async def test_removed_destination_forgets_what_waits(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    receiver.answer(500)
    await outbox.webhook(receiver.uri)
    await outbox.add("first", count=2)
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 2)
    await outbox.webhook("")
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 0)
    with pytest.raises(NoWebhook):
        await delivery.resend(outbox.customer_id, None)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 399])
async def test_redirect_that_loses_the_body_is_a_listed_failure(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, status: int
) -> None:
    receiver.redirect(status, "/elsewhere")
    await outbox.webhook(receiver.uri)
    await outbox.add("first")
    await outbox.add("second")
    await receiver.got(2)
    assert [(each.method, each.path, each.type) for each in receiver.received] == [
        ("POST", "/hook", "first"),
        ("POST", "/hook", "second"),
    ]
    (failed,) = await delivery.undelivered(outbox.customer_id, 0, 100)
    assert (failed.event_id, failed.http_status) == (1, status)
    assert delivery.counters["delivery.webhooks_failed"] == 1


@pytest.mark.parametrize("status", [307, 308])
async def test_redirect_that_keeps_the_body_is_followed_with_its_signature(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver, status: int
) -> None:
    async with open_receiver() as elsewhere:
        receiver.redirect(status, elsewhere.uri)
        await outbox.webhook(receiver.uri)
        await outbox.add("moved")
        (got,) = await elsewhere.got(1)
        (before,) = receiver.received
        assert (got.method, got.body, got.type) == ("POST", before.body, "moved")
        for header in ("X-VoIPBIN-Signature", "webhook-signature", "webhook-id", "Content-Type"):
            assert got.headers[header] == before.headers[header]
        await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)


async def test_undelivered_events_are_sent_again_on_request(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    receiver.answer(404, 200, 410, 200)
    await outbox.webhook(receiver.uri)
    await outbox.add("event", count=4)
    await receiver.got(4)
    await until(lambda: delivery.counters["delivery.webhooks_failed"] == 2)
    assert await delivery.resend(outbox.customer_id, None) == 2
    got = await receiver.got(6)
    assert [each.headers["X-MixMinus-Event-Number"] for each in got] == ["1", "2", "3", "4", "1", "3"]
    assert await delivery.undelivered(outbox.customer_id, 0, 100) == []
    assert await delivery.resend(outbox.customer_id, [2, 999]) == 1
    got = await receiver.got(7)
    assert got[6].headers["X-MixMinus-Event-Number"] == "2"
    assert delivery.counters["delivery.webhooks_resent"] == 3


async def test_waiting_events_are_attempted_at_once_on_request(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    receiver.answers.append((503, {"Retry-After": "3600"}))
    await outbox.webhook(receiver.uri)
    await outbox.add("waits")
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 1)
    assert await delivery.resend(outbox.customer_id, None) == 1
    await receiver.got(2)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)


async def test_every_attempt_is_listed_with_its_outcome(
    delivery: DeliveryService,
    outbox: Outbox,
    receiver: WebhookReceiver,
    clock: ManualClock,
    unused_tcp_port: int,
) -> None:
    await outbox.webhook(f"http://127.0.0.1:{unused_tcp_port}/hook")
    await outbox.add("first")
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 1)
    receiver.answer(500, 404)
    await outbox.webhook(receiver.uri)
    clock.advance(1.1)
    await receiver.got(1)
    await pauses(clock, 2)
    await receiver.got(2)
    await outbox.add("second")
    await receiver.got(3)
    await until(lambda: delivery.counters["delivery.webhooks_delivered"] == 1)

    second, first = await until_listed(delivery, outbox, 2)
    assert (second.type, second.state, [each.http_status for each in second.attempts]) == (
        "second", "delivered", [200],
    )  # fmt: skip
    assert (first.type, first.state, first.attempt_count, first.tm_next) == ("first", "undelivered", 3, None)
    assert [(each.http_status, each.error) for each in first.attempts] == [
        (404, ""), (500, ""), (0, "no connection"),
    ]  # fmt: skip
    assert [each.event_id for each in await delivery.deliveries(outbox.customer_id, second.event_id, 9)] == [
        1
    ]
    assert await delivery.deliveries((await outbox.other()).customer_id, 999, 9) == []

    await delivery.resend(outbox.customer_id, [first.event_id])
    await receiver.got(4)

    async def delivered() -> Delivery | None:
        (again,) = await delivery.deliveries(outbox.customer_id, second.event_id, 9)
        return again if again.state == "delivered" else None

    again = await until(delivered)
    assert (again.attempt_count, again.attempts[0].http_status) == (4, 200)


async def test_what_waits_behind_another_event_is_listed_before_its_first_attempt(
    delivery: DeliveryService, outbox: Outbox, receiver: WebhookReceiver
) -> None:
    receiver.answer(500)
    await outbox.webhook(receiver.uri)
    await outbox.add("fails")
    await outbox.add("behind")
    await until(lambda: delivery.gauges["webhooks_waiting"]["customer"] == 2)
    behind, fails = await until_listed(delivery, outbox, 2)
    assert (behind.type, behind.state, behind.attempt_count, behind.attempts) == ("behind", "waiting", 0, ())
    assert (fails.state, fails.attempt_count) == ("waiting", 1)
    assert fails.tm_next is not None and fails.tm_next > fails.attempts[0].tm
