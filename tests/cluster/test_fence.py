"""The fence: one owner an epoch, no gap in the numbers, and nothing written by a node that was declared gone."""

import asyncio
import random
from itertools import groupby

import pytest

from mixminus.errors import Unavailable
from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.ids import CallId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.fence import LEADER, Elsewhere, Fence, Fenced
from mixminus.store.outbox import Draft
from tests.cluster.conftest import Nodes, Sql
from tests.support.clock import ManualClock

GONE = "UPDATE nodes SET state = 'gone' WHERE id = '{}'"


async def claim(store: Store) -> bool:
    async with store.transaction() as tx:
        epoch = await tx.homes.claim_leadership()
    if epoch is not None:
        store.fence.hold(LEADER, epoch)
    return epoch is not None


async def write(store: Store, customer_id: CustomerId, paused: asyncio.Event | None = None) -> None:
    """Write an event that names its node and its epoch; ``paused``: the node is frozen in its transaction."""
    data = {"node": str(store.fence.node_id), "epoch": store.fence.epoch_of(LEADER)}
    async with store.transaction() as tx:
        tx.outbox.add(Draft(LEADER, "happened", customer_id, data, ManualClock().now()))
        if paused is not None:
            await paused.wait()


async def test_a_stream_has_one_home_and_the_next_claim_gets_a_higher_epoch(nodes: Nodes, sql: Sql) -> None:
    one, two = await nodes.store(), await nodes.store()
    assert [await claim(one), await claim(two)] == [True, False]
    await sql(GONE.format(one.fence.node_id))
    assert not await claim(one), "it is gone itself"
    assert await claim(two)
    assert two.fence.epoch_of(LEADER) > one.fence.epoch_of(LEADER)


async def test_what_a_frozen_node_was_about_to_write_is_refused(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    frozen, other = await nodes.store(), await nodes.store()
    looked: list[bool] = []
    frozen.fence.watch(lambda: looked.append(True))
    await claim(frozen)
    thawed = asyncio.Event()
    writing = asyncio.create_task(write(frozen, customer_id, thawed))
    await sql(GONE.format(frozen.fence.node_id))
    assert await claim(other)
    await write(other, customer_id)
    thawed.set()
    with pytest.raises(Fenced):
        await writing
    assert looked == [True]
    assert not frozen.fence.holds(LEADER)
    assert frozen.fence.counters["cluster.writes_fenced"] == 1
    async with other.snapshot() as tx:
        assert [event.number for event in await tx.outbox.read(LEADER)] == [1]


async def test_the_locks_of_a_frozen_node_do_not_hold_up_the_next_home(nodes: Nodes, sql: Sql) -> None:
    frozen, other = await nodes.store(), await nodes.store()
    await claim(frozen)
    locked, thawed = asyncio.Event(), asyncio.Event()

    async def freeze() -> None:
        async with frozen.transaction() as tx:
            assert await tx.homes.give(LEADER, other.fence.node_id)
            locked.set()
            await thawed.wait()

    freezing = asyncio.create_task(freeze())
    await locked.wait()
    await sql(GONE.format(frozen.fence.node_id))
    assert await claim(other), "PostgreSQL ends the transaction before the statement is given up"
    thawed.set()
    with pytest.raises(Unavailable):
        await freezing


async def test_a_guarded_transaction_is_refused_without_an_event(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    store = await nodes.store()
    await claim(store)
    async with store.transaction(LEADER):
        pass
    await sql(GONE.format(store.fence.node_id))
    assert await claim(await nodes.store())
    with pytest.raises(Fenced):
        async with store.transaction(LEADER):
            pass


async def test_a_new_room_is_at_home_where_it_was_made(nodes: Nodes, customer_id: CustomerId) -> None:
    home, other = await nodes.store(), await nodes.store()
    room = new_id()
    async with home.transaction() as tx:
        await tx.outbox.open(room, homed=True)
    draft = Draft(room, "happened", customer_id, {}, ManualClock().now())
    async with home.transaction() as tx:
        tx.outbox.add(draft)
    with pytest.raises(Fenced):
        async with other.transaction() as tx:
            tx.outbox.add(draft)
    with pytest.raises(Elsewhere):
        other.fence.require(room)
    async with home.transaction() as tx:
        tx.outbox.add(draft)
        tx.outbox.leave(room)
    async with other.transaction() as tx:  # it has ended, and has no home
        tx.outbox.add(draft)
    async with other.snapshot() as tx:
        assert [event.number for event in await tx.outbox.read(room)] == [1, 2, 3]


async def test_a_server_that_has_the_database_for_itself_frees_every_home(
    nodes: Nodes, url: str, customer_id: CustomerId
) -> None:
    frozen = await nodes.store()
    await claim(frozen)
    alone = Store(url)
    async with alone.transaction() as tx:
        await tx.homes.free_all()
    with pytest.raises(Fenced):
        await write(frozen, customer_id)
    await write(alone, customer_id)
    await alone.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_however_nodes_freeze_and_die_an_epoch_has_one_owner_and_numbers_have_no_gap(
    nodes: Nodes, sql: Sql, customer_id: CustomerId, seed: int
) -> None:
    chance = random.Random(seed)
    living = [await nodes.store() for _ in range(4)]
    every = list(living)
    refused = 0

    async def work(store: Store, rounds: int) -> None:
        nonlocal refused
        for _ in range(rounds):
            try:
                if not store.fence.holds(LEADER):
                    await claim(store)
                if store.fence.holds(LEADER):
                    await write(store, customer_id)
            except Fenced:
                refused += 1

    for number in range(8):
        working = [asyncio.create_task(work(store, 6)) for store in every[-6:]]
        # Like a node that was frozen: it is declared gone, and goes on with what it holds; each second time the owner.
        owners = [store for store in living if store.fence.holds(LEADER)] if number % 2 else []
        victim = chance.choice(owners or living)
        living.remove(victim)
        await sql(GONE.format(victim.fence.node_id))
        living.append(await nodes.store())
        every.append(living[-1])
        await asyncio.gather(*working)
    async with every[-1].snapshot() as tx:
        events = await tx.outbox.read(LEADER)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    epochs = [(event.data["epoch"], event.data["node"]) for event in events]
    runs = [owner for owner, _ in groupby(epochs)]
    assert [epoch for epoch, _ in runs] == sorted({epoch for epoch, _ in epochs}), "an epoch came back"
    assert len(runs) == len({epoch for epoch, _ in runs}), "an epoch had two owners"
    assert len(runs) > 1


async def test_only_what_no_living_node_has_is_ended(nodes: Nodes, sql: Sql, customer_id: CustomerId) -> None:
    dead, leader, other = [await nodes.store() for _ in range(3)]
    calls: dict[str, CallId] = {}
    for name, store in {"dead": dead, "leader": leader, "other": other}.items():
        calls[name] = CallId(new_id())
        address = Address("sip", name)
        async with store.transaction() as tx:
            await tx.calls.add(
                Call(
                    calls[name],
                    customer_id,
                    address,
                    address,
                    "incoming",
                    CallStatus.PROGRESSING,
                    ManualClock().now(),
                )
            )
    async with leader.snapshot() as tx:
        assert await tx.calls.unfinished() == []
        assert await tx.homes.of_resource("calls", calls["other"]) == other.fence.node_id
    await sql(GONE.format(dead.fence.node_id))
    async with leader.snapshot() as tx:
        assert [call.id for call in await tx.calls.unfinished()] == [calls["dead"]]
        assert await tx.homes.of_resource("calls", calls["dead"]) is None


def test_the_refusal_of_a_write_that_began_before_a_claim_does_not_undo_the_claim() -> None:
    fence = Fence(new_id())
    before = fence.epoch_of(LEADER)
    fence.hold(LEADER, 2)
    assert isinstance(fence.refused(LEADER, before), Fenced)
    assert fence.epoch_of(LEADER) == 2
    fence.refused(LEADER, 2)
    assert not fence.holds(LEADER)
