"""Credits are added once, deducted minute by minute, and refuse what is new when they are used up."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from mixminus.call.outbound import Order
from mixminus.call.routing import Program
from mixminus.conference.service import ConferenceService
from mixminus.model.call import Address, CallStatus
from mixminus.model.conference import ConferenceSpec
from mixminus.model.usage import UsageSpan
from mixminus.usage.balance import BalanceService
from mixminus.usage.errors import CreditReused, InsufficientBalance
from mixminus.usage.service import UsageConfig
from mixminus.usage.watch import PERIOD_S
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until

_ALL = UsageSpan()


@pytest.fixture
async def ending(tmp_path: Path) -> AsyncIterator[Backend]:
    """A server that ends the calls of customers 30 s after their credits are used up; a minute costs 5 credits."""
    usage = UsageConfig(credits_per_minute=5, end_after_s=30)
    async with open_backend(tmp_path, ManualClock(), usage=usage) as opened:
        yield opened


def balances(backend: Backend) -> BalanceService:
    return backend.services.usage.balances


async def give(backend: Backend, credits: int) -> None:
    await balances(backend).add(backend.customer_id, uuid4(), credits, "")


async def available(backend: Backend) -> int:
    balance, running = await balances(backend).get(backend.customer_id)
    assert balance is not None
    return balance.credits - running.credits


async def test_a_customer_without_a_balance_is_not_limited(backend: Backend) -> None:
    assert (await balances(backend).get(backend.customer_id))[0] is None
    room = await backend.room()
    await backend.join(room, 2)
    assert await balances(backend).allows(backend.customer_id)


async def test_a_credit_with_the_same_id_is_added_once(backend: Backend) -> None:
    id_ = uuid4()
    first = await balances(backend).add(backend.customer_id, id_, 10, "invoice 7")
    assert await balances(backend).add(backend.customer_id, id_, 10, "invoice 7") == first
    with pytest.raises(CreditReused):
        await balances(backend).add(backend.customer_id, id_, 11, "invoice 7")
    await give(backend, -3)
    assert await available(backend) == 7
    assert [each.credits for each in await balances(backend).list(backend.customer_id, EVERYTHING)] == [
        -3,
        10,
    ]
    assert (await backend.event_types(backend.customer_id)).count("balance_updated") == 2


async def test_every_minute_of_every_participant_costs_what_is_set(ending: Backend) -> None:
    await give(ending, 100)
    room = await ending.room()
    await ending.join(room, 2)
    assert await available(ending) == 90
    ending.clock.advance(61)
    assert await available(ending) == 80
    ending.legs[0].bye()
    await until(lambda: len(ending.services.live_calls) == 1)
    assert await available(ending) == 80
    (row,) = (await ending.services.usage.reports.page(ending.customer_id, _ALL, "day_room", "", 10)).rows
    assert (row.minutes, row.credits) == (2, 10)


async def test_minutes_before_the_first_credits_are_free(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    backend.clock.advance(150)
    await give(backend, 10)
    backend.clock.advance(60)
    assert await available(backend) == 9
    backend.legs[0].bye()
    await until(lambda: not backend.services.live_calls)
    assert await available(backend) == 9


async def test_without_credits_nothing_new_begins_and_what_runs_goes_on(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 2)
    await give(backend, 2)
    backend.clock.advance(60)
    await backend.clock.run_cycle(PERIOD_S)
    assert await available(backend) <= 0
    await refuses_what_is_new(backend, backend.conferences, room.id)
    await until(lambda: _published(backend, "balance_exhausted"))
    backend.clock.advance(3600)
    await backend.clock.run_cycle(PERIOD_S)
    assert len(await backend.joined(room)) == 2
    assert (await backend.event_types(backend.customer_id)).count("balance_exhausted") == 1
    await give(backend, 1000)
    await backend.room()
    await backend.join(room)


async def refuses_what_is_new(backend: Backend, conferences: ConferenceService, room_id: object) -> None:
    with pytest.raises(InsufficientBalance):
        await conferences.create(backend.customer_id, ConferenceSpec(type="conference"))
    order = Order([Address("sip", "b@192.0.2.1")], Program(()), Address("sip", "a"))
    dialout = backend.services.dialout
    for dial in (dialout.place, dialout.ring_together, dialout.ring_linear):
        with pytest.raises(InsufficientBalance):
            await dial(backend.customer_id, order)
    leg = await backend.dial(room_id)
    await until(lambda: leg.done == ["reject 402"])
    assert backend.services.counters()["usage.refused"] >= 5


async def test_calls_end_some_time_after_if_that_is_set(ending: Backend) -> None:
    room = await ending.room()
    await ending.join(room)
    (id_,) = await ending.joined(room)
    await give(ending, 5)
    ending.clock.advance(60)
    await ending.clock.run_cycle(PERIOD_S)
    await until(lambda: _published(ending, "balance_exhausted"))
    await ending.clock.run_cycle(PERIOD_S)
    assert len(await ending.joined(room)) == 1
    for _ in range(3):
        await ending.clock.run_cycle(PERIOD_S)
    await until(lambda: not ending.services.live_calls)
    assert (await ending.call_of(id_)).status is CallStatus.HANGUP
    assert ending.services.counters()["usage.ended_without_credits"] >= 1


async def _published(backend: Backend, event_type: str) -> bool:
    return event_type in await backend.event_types(backend.customer_id)
