"""Events are numbered within their stream, without gaps, and only if their transaction is committed."""

import asyncio
from uuid import UUID

import pytest

from mixminus.access.service import AccessService
from mixminus.model.ids import CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from tests.support.clock import ManualClock


@pytest.fixture
async def customer_id(store: Store) -> CustomerId:
    identity, _ = await AccessService(store, ManualClock()).ensure_default("key")
    return identity.customer_id


class Changed(Exception):
    pass


async def publish(store: Store, stream_id: UUID, customer_id: CustomerId, type_: str = "happened") -> int:
    async with store.transaction() as tx:
        tx.outbox.add(Draft(stream_id, type_, customer_id, {"a": [1]}, ManualClock().now()))
    return tx.outbox.written[-1].number


async def opened(store: Store) -> UUID:
    stream = new_id()
    async with store.transaction() as tx:
        await tx.outbox.open(stream)
    return stream


async def numbers(store: Store, stream_id: UUID, after: int = 0) -> list[int]:
    async with store.snapshot() as tx:
        return [event.number for event in await tx.outbox.read(stream_id, after)]


async def test_each_stream_counts_for_itself(store: Store, customer_id: CustomerId) -> None:
    here, there = await opened(store), await opened(store)
    assert [await publish(store, stream, customer_id) for stream in (here, there, here)] == [1, 1, 2]
    assert await numbers(store, here) == [1, 2]
    assert await numbers(store, here, after=1) == [2]
    assert await numbers(store, new_id()) == []


async def test_parallel_events_leave_no_gap(store: Store, customer_id: CustomerId) -> None:
    stream = await opened(store)
    await asyncio.gather(*(publish(store, stream, customer_id) for _ in range(50)))
    assert await numbers(store, stream) == list(range(1, 51))


async def test_events_of_a_rolled_back_transaction_are_not_stored(
    store: Store, customer_id: CustomerId
) -> None:
    stream = await opened(store)
    await publish(store, stream, customer_id)
    with pytest.raises(Changed):
        async with store.transaction() as tx:
            tx.outbox.add(Draft(stream, "not so", customer_id, {}, ManualClock().now()))
            await tx.outbox.write()
            raise Changed
    assert await publish(store, stream, customer_id) == 2
    assert await numbers(store, stream) == [1, 2]


async def test_an_event_comes_back_as_it_was(store: Store, customer_id: CustomerId) -> None:
    stream, clock = await opened(store), ManualClock()
    tm = clock.now()
    async with store.transaction() as tx:
        tx.outbox.add(Draft(stream, "x", customer_id, {"ü": None}, tm))
    async with store.snapshot() as tx:
        (event,) = await tx.outbox.read(stream)
    assert (event.type, event.data, event.tm, event.customer_id) == ("x", {"ü": None}, tm, customer_id)
