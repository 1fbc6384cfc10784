"""Old recordings: each node deletes its own; of a shared storage the leader those that no living node has."""

from dataclasses import replace
from datetime import timedelta

from mixminus.model.ids import CustomerId, RecordingId, new_id
from mixminus.model.recording import RecordingOptions, RecordingStatus
from mixminus.recording.ledger import RecordingLedger
from mixminus.store.fence import LEADER
from tests.cluster.conftest import Nodes, Sql
from tests.cluster.test_fence import GONE, claim
from tests.support.clock import ManualClock


async def test_the_leader_has_what_dead_nodes_left_in_a_shared_storage(
    nodes: Nodes, sql: Sql, customer_id: CustomerId
) -> None:
    clock = ManualClock()
    stores = [await nodes.store() for _ in range(3)]
    dead, leader, other = ledgers = [RecordingLedger(store, clock) for store in stores]
    made: list[RecordingId] = []
    for store, ledger in zip(stores, ledgers, strict=True):
        new = ledger.new("confbridge", customer_id, new_id(), RecordingOptions())
        async with store.transaction() as tx:
            await tx.recordings.add(replace(new, status=RecordingStatus.ENDED, tm_end=clock.now()))
        made.append(new.id)
    await claim(stores[1])
    assert stores[1].fence.holds(LEADER)
    await sql(GONE.format(stores[0].fence.node_id))
    later = clock.now() + timedelta(days=1)

    async def found(ledger: RecordingLedger, *, is_shared: bool) -> list[RecordingId]:
        return [each.id for each in await ledger.ended_before(later, 100, is_shared=is_shared)]

    assert await found(leader, is_shared=True) == made[:2]
    assert await found(leader, is_shared=False) == made[1:2], "its files are on another disk"
    assert await found(other, is_shared=True) == made[2:]
    assert await found(dead, is_shared=False) == made[:1]
