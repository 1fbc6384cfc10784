"""Who completes a recording: the node that has it while that lives, then the one whose claim came first, and only that."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.ids import NIL, CallId, CustomerId, RecordingId, new_id
from mixminus.model.recording import Recording, RecordingOptions, RecordingStatus
from mixminus.recording.completion import Completed
from mixminus.recording.errors import RecordingAlreadyActive
from mixminus.recording.ledger import RecordingLedger
from mixminus.store.database import Store
from tests.cluster.conftest import Nodes, Sql
from tests.support.clock import ManualClock

GONE = "UPDATE nodes SET state = 'gone', lease_until = clock_timestamp() - interval '{} s' WHERE id = '{}'"
RESTART = timedelta(seconds=30)
COMPLETED = Completed(32_000, 16_000, "repaired", (), "seal")


async def stopped(store: Store, customer_id: CustomerId) -> RecordingId:
    """Write a call's recording of a node that was stopped."""
    recording = Recording(
        id=RecordingId(new_id()),
        customer_id=customer_id,
        reference_type="call",
        reference_id=new_id(),
        status=RecordingStatus.STOPPING,
        format="wav",
        on_end_flow_id=NIL,
        tm_create=ManualClock().now(),
    )
    async with store.transaction() as tx:
        await tx.recordings.add(recording)
    return recording.id


def ledger(store: Store) -> RecordingLedger:
    return RecordingLedger(store, ManualClock())


async def found(store: Store, lapsed: timedelta = RESTART) -> list[UUID]:
    return [each.id for each in await ledger(store).left_behind(lapsed)]


async def adopted(store: Store, recording_id: RecordingId) -> bool:
    """Take a recording as a node does that starts with its folder; return whether it has it then."""
    async with store.transaction() as tx:
        await tx.homes.adopt_recordings([recording_id])
    return await ledger(store).has(recording_id)


async def test_of_recordings_of_one_call_that_start_at_once_one_is_made(
    nodes: Nodes, customer_id: CustomerId
) -> None:
    node, now = await nodes.store(), ManualClock().now()
    call_id, address = CallId(new_id()), Address("sip", "someone")
    async with node.transaction() as tx:
        await tx.calls.add(
            Call(call_id, customer_id, address, address, "incoming", CallStatus.PROGRESSING, now)
        )
    recordings = ledger(node)
    started = [recordings.new("call", customer_id, call_id, RecordingOptions()) for _ in range(3)]
    results = await asyncio.gather(
        *(recordings.create(each, now) for each in started), return_exceptions=True
    )
    assert [isinstance(each, RecordingAlreadyActive) for each in results].count(True) == 2
    async with node.snapshot() as tx:
        call = await tx.calls.find(call_id)
        (active,) = await tx.recordings.active(call_id)
    assert call is not None
    assert (call.recording_id, call.recording_ids) == (active.id, (active.id,))


async def test_a_node_that_lives_is_not_robbed_however_old_its_lease(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    slow, other = await nodes.store(), await nodes.store()
    recording_id = await stopped(slow, customer_id)
    await sql(
        "UPDATE nodes SET lease_until = clock_timestamp() - interval '1 hour' "
        f"WHERE id = '{slow.fence.node_id}'"
    )
    assert await found(other) == []
    assert not await ledger(other).claim(recording_id)
    assert not await adopted(other, recording_id)
    assert await ledger(slow).has(recording_id)


async def test_the_disk_of_a_dead_node_has_time_to_come_back(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    dead, other, restarted = [await nodes.store() for _ in range(3)]
    recording_id = await stopped(dead, customer_id)
    await sql(GONE.format(5, dead.fence.node_id))
    assert await found(other) == []
    assert await adopted(restarted, recording_id)
    await sql(GONE.format(31, dead.fence.node_id))
    assert await found(other) == []
    assert not await ledger(other).claim(recording_id)


async def test_one_of_many_completes_a_recording_that_no_node_came_back_for(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    dead, *others = [await nodes.store() for _ in range(6)]
    recording_id = await stopped(dead, customer_id)
    await sql(GONE.format(31, dead.fence.node_id))
    assert await found(others[0]) == [recording_id]
    assert await found(others[0], timedelta(days=1)) == []
    claims = [ledger(each).claim(recording_id) for each in others[1:]]
    taken = await asyncio.gather(*claims, adopted(others[0], recording_id))
    assert sum(taken) == 1
    assert [await ledger(each).has(recording_id) for each in others].count(True) == 1
    assert await found(others[0]) == []


async def test_the_end_is_written_once_and_by_the_node_that_has_it(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    frozen, other = await nodes.store(), await nodes.store()
    recording_id = await stopped(frozen, customer_id)
    tm_end = ManualClock().now()
    await sql(GONE.format(31, frozen.fence.node_id))
    assert not await ledger(frozen).has(recording_id), "a node that is gone writes nothing more"
    assert await ledger(frozen).mark_ended(recording_id, tm_end, COMPLETED) is None
    assert await ledger(other).claim(recording_id)
    longer = replace(COMPLETED, samples=48_000, seal="another")
    assert await ledger(frozen).mark_ended(recording_id, tm_end, longer) is None
    await ledger(frozen).mark_captured(recording_id, tm_end, "disk_full")
    ended = await ledger(other).mark_ended(recording_id, tm_end, COMPLETED)
    assert ended is not None
    assert (ended.seal, ended.error) == ("seal", "repaired")
    assert await ledger(other).mark_ended(recording_id, tm_end, longer) is None
    assert not await ledger(other).claim(recording_id), "it has ended"
    async with other.snapshot() as tx:
        events = [each.type for each in await tx.outbox.read(customer_id) if "recording" in each.type]
    assert events == ["recording_finished"]


async def test_a_claim_that_waits_for_another_sees_it(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    dead, first, second = [await nodes.store() for _ in range(3)]
    recording_id = await stopped(dead, customer_id)
    await sql(GONE.format(31, dead.fence.node_id))
    async with first.transaction() as tx:
        assert await tx.recordings.claim(recording_id)
        waiting = asyncio.create_task(ledger(second).claim(recording_id))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done, "it waits for the row"
    assert not await waiting


async def test_a_node_that_is_gone_claims_nothing(nodes: Nodes, sql: Sql, customer_id: CustomerId) -> None:
    dead, frozen = await nodes.store(), await nodes.store()
    recording_id = await stopped(dead, customer_id)
    for each in (dead, frozen):
        await sql(GONE.format(31, each.fence.node_id))
    assert not await ledger(frozen).claim(recording_id)


async def test_what_no_node_came_back_for_in_a_day_is_lost(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    dead, forgotten, other = [await nodes.store() for _ in range(3)]
    recording_ids = [await stopped(each, customer_id) for each in (dead, forgotten)]
    await sql(GONE.format(86_401, dead.fence.node_id))
    await sql(f"DELETE FROM nodes WHERE id = '{forgotten.fence.node_id}'")
    assert set(await found(other, timedelta(days=1))) == set(recording_ids)
