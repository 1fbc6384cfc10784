"""Claims of a dead node's rooms: by nodes that have calls in them, and by the leader; and what else is ended of it."""

from collections.abc import AsyncIterator

import pytest

from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.conference import (
    Conference,
    Conferencecall,
    ConferencecallStatus,
    ConferenceStatus,
    RoomSettings,
)
from mixminus.model.ids import (
    NIL,
    CallId,
    ConferencecallId,
    ConferenceId,
    CustomerId,
    TranscribeId,
    new_direct_hash,
    new_id,
)
from mixminus.model.transcription import Transcribe, TranscribeStatus
from mixminus.speech.recognition.ledger import TranscribeLedger
from mixminus.store.database import Store
from tests.cluster.conftest import Nodes, Sql
from tests.support.clock import ManualClock

DEAD = "UPDATE nodes SET state = 'gone', lease_until = clock_timestamp() - interval '{} s' WHERE id = '{}'"


async def add_room(home: Store, customer_id: CustomerId) -> ConferenceId:
    """Add a room that is open at a node."""
    room = Conference(
        id=ConferenceId(new_id()),
        customer_id=customer_id,
        type="conference",
        status=ConferenceStatus.PROGRESSING,
        name="",
        detail="",
        data={},
        timeout_s=0,
        pre_actions=(),
        post_actions=(),
        pre_flow_id=NIL,
        post_flow_id=NIL,
        conferencecall_ids=(),
        recording_id=NIL,
        recording_ids=(),
        transcribe_id=NIL,
        transcribe_ids=(),
        direct_hash=new_direct_hash(),
        settings=RoomSettings(),
        tm_create=ManualClock().now(),
    )
    async with home.transaction() as tx:
        await tx.conferences.add(room)
        await tx.outbox.open(room.id, homed=True)
    return room.id


async def add_participant(node: Store, customer_id: CustomerId, room: ConferenceId) -> None:
    """Add a participant whose call is at a node."""
    now, address, call_id = ManualClock().now(), Address("sip", "someone"), CallId(new_id())
    async with node.transaction() as tx:
        await tx.calls.add(
            Call(call_id, customer_id, address, address, "incoming", CallStatus.PROGRESSING, now)
        )
        await tx.conferencecalls.add(
            Conferencecall(
                ConferencecallId(new_id()), customer_id, room, call_id, ConferencecallStatus.JOINED, now
            )
        )


async def taken(store: Store) -> set[object]:
    async with store.transaction() as tx:
        return {id_ for id_, _ in await tx.homes.take_orphans()}


async def claim(store: Store, room: ConferenceId) -> int | None:
    async with store.transaction() as tx:
        return await tx.homes.claim(room)


@pytest.fixture
async def three(nodes: Nodes) -> AsyncIterator[tuple[Store, Store, Store]]:
    yield await nodes.store(), await nodes.store(), await nodes.store()


async def test_a_room_with_calls_at_a_living_node_is_left_to_that_for_some_seconds(
    three: tuple[Store, Store, Store], sql: Sql, customer_id: CustomerId
) -> None:
    dead, survivor, leader = three
    empty, lost, kept, left = [await add_room(dead, customer_id) for _ in range(4)]
    await add_participant(dead, customer_id, lost)
    for room in (kept, left):
        await add_participant(survivor, customer_id, room)
        await add_participant(dead, customer_id, room)
    assert await taken(leader) == set()
    assert await claim(survivor, kept) is None, "its home lives"
    await sql(DEAD.format(1, dead.fence.node_id))
    assert await taken(leader) == {empty, lost}
    assert await claim(leader, empty) is not None, "it has that already"
    assert await claim(survivor, empty) is None
    epoch = await claim(survivor, kept)
    assert epoch is not None
    assert await claim(survivor, kept) == epoch, "what the database has not answered is asked again"
    assert await claim(leader, kept) is None
    with survivor.fence.claiming(kept):
        assert await taken(survivor) == set(), "that claim opens it"
    await sql(DEAD.format(11, dead.fence.node_id))
    assert await taken(leader) == {empty, lost, left}, "nobody else has claimed the last one"


async def test_transcriptions_of_a_dead_node_are_ended_in_rooms_of_any_node(
    three: tuple[Store, Store, Store], sql: Sql, customer_id: CustomerId
) -> None:
    dead, survivor, leader = three
    clock = ManualClock()
    room = await add_room(dead, customer_id)
    await add_participant(survivor, customer_id, room)
    transcribe = Transcribe(
        id=TranscribeId(new_id()),
        customer_id=customer_id,
        reference_type="confbridge",
        reference_id=room,
        status=TranscribeStatus.PROGRESSING,
        language="en",
        direction="both",
        provider="",
        on_end_flow_id=NIL,
        tm_create=clock.now(),
    )
    async with dead.transaction() as tx:
        await tx.transcribes.add(transcribe)
    await sql(DEAD.format(1, dead.fence.node_id))
    assert await claim(survivor, room) is not None

    async def ignore(_: Transcribe) -> None:
        """Begin nothing."""

    async with leader.snapshot() as tx:
        assert [each.id for each in await tx.transcribes.unfinished()] == [transcribe.id]
    done = await TranscribeLedger(leader, clock, ignore).mark_done(transcribe.id, abandoned=True)
    assert done.status is TranscribeStatus.DONE
    async with survivor.snapshot() as tx:
        assert [event.number for event in await tx.outbox.read(room)] == [1, 2]


async def test_a_node_looks_after_the_health_of_participants_in_its_own_rooms(
    three: tuple[Store, Store, Store], customer_id: CustomerId
) -> None:
    home, other, _ = three
    room = await add_room(home, customer_id)
    await add_participant(other, customer_id, room)
    counts = []
    for store in (home, other):
        async with store.snapshot() as tx:
            counts.append(len(await tx.conferencecalls.conditions(store.fence)))
    assert counts == [1, 0]
