"""Conferences from creation to end."""

import asyncio
from dataclasses import replace

import pytest

from mixminus.conference.errors import ConferenceNotFound
from mixminus.errors import AlreadyExists, InvalidArgument
from mixminus.model.conference import ConferencecallStatus, ConferenceSpec, ConferenceStatus
from mixminus.model.ids import ConferenceId, CustomerId, new_id
from tests.support.backend import EVERYTHING, Backend
from tests.support.waiting import until

OTHER_CUSTOMER = CustomerId(new_id())
DAY_S = 86_400


async def test_created_conference_is_starting_then_progressing(backend: Backend) -> None:
    created = await backend.conferences.create(
        backend.customer_id, ConferenceSpec(type="conference", name="x")
    )
    assert created.status is ConferenceStatus.STARTING
    assert created.tm_update is None
    progressing = await backend.conference(created.id, ConferenceStatus.PROGRESSING)
    assert progressing == replace(
        created, status=ConferenceStatus.PROGRESSING, tm_update=progressing.tm_update
    )
    assert await backend.event_types(created.id) == ["conference_created", "conference_updated"]
    shown = [event.data["status"] for event in await backend.events(created.id)]
    assert shown == ["starting", "progressing"]


async def test_client_can_choose_an_unused_id(backend: Backend) -> None:
    chosen = ConferenceId(new_id())
    assert (await backend.room(id=chosen)).id == chosen
    with pytest.raises(AlreadyExists):
        await backend.conferences.create(backend.customer_id, ConferenceSpec(type="conference", id=chosen))


async def test_conference_of_another_customer_is_not_found(backend: Backend) -> None:
    room = await backend.room()
    for customer_id, conference_id in (
        (OTHER_CUSTOMER, room.id),
        (backend.customer_id, ConferenceId(new_id())),
    ):
        with pytest.raises(ConferenceNotFound) as refusal:
            await backend.conferences.get(customer_id, conference_id)
        assert refusal.value.reason == "CONFERENCE_NOT_FOUND"
        with pytest.raises(ConferenceNotFound):
            await backend.conferences.delete(customer_id, conference_id)
    assert await backend.conferences.list(OTHER_CUSTOMER, EVERYTHING) == []


async def test_list_is_paged_newest_first_without_deleted_conferences(backend: Backend) -> None:
    rooms = [await backend.room() for _ in range(5)]
    await backend.conferences.delete(backend.customer_id, rooms[2].id)
    expected = [rooms[at].id for at in (4, 3, 1, 0)]
    first = await backend.conferences.list(backend.customer_id, replace(EVERYTHING, size=3))
    second = await backend.conferences.list(
        backend.customer_id, replace(EVERYTHING, before=first[-1].tm_create)
    )
    assert [room.id for room in (*first, *second)] == expected


async def test_deleting_an_empty_conference_terminates_it_and_is_idempotent(backend: Backend) -> None:
    room = await backend.room()
    deleted = await backend.conferences.delete(backend.customer_id, room.id)
    assert deleted.status is ConferenceStatus.TERMINATED
    assert deleted.tm_delete is not None
    assert deleted.tm_end is not None
    assert await backend.conferences.delete(backend.customer_id, room.id) == deleted
    assert await backend.conferences.get(backend.customer_id, room.id) == deleted
    assert (await backend.event_types(room.id))[2:] == ["conference_updated", "conference_deleted"]


async def test_conference_can_be_deleted_while_starting(backend: Backend) -> None:
    created = await backend.conferences.create(backend.customer_id, ConferenceSpec(type="conference"))
    deleted = await backend.conferences.delete(backend.customer_id, created.id)
    assert deleted.status is ConferenceStatus.TERMINATED
    await until(lambda: backend.rooms.find(created.id) is None)
    assert (await backend.event_types(created.id))[-1] == "conference_deleted"


async def test_delete_removes_all_participants_before_the_end(backend: Backend) -> None:
    room = await backend.room()
    legs = await backend.join(room, 3)
    ids = await backend.joined(room)
    deleted = await backend.conferences.delete(backend.customer_id, room.id)
    assert deleted.status is ConferenceStatus.TERMINATING
    assert deleted.tm_delete is not None
    assert deleted.tm_end is None
    ended = await backend.conference(room.id, ConferenceStatus.TERMINATED)
    assert ended.tm_delete == deleted.tm_delete
    assert ended.conferencecall_ids == ()
    for id_ in ids:
        await backend.participant(id_, ConferencecallStatus.LEAVED)
    await until(lambda: all(leg.done == ["answer", "hang up normal"] for leg in legs))
    types = await backend.event_types(room.id)
    assert types.count("conferencecall_leaving") == types.count("conferencecall_leaved") == 3
    assert types.count("conference_deleted") == 1
    assert types[-1] == "conference_deleted"


async def test_fifty_simultaneous_deletes_act_once(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 2)
    await asyncio.gather(*(backend.conferences.delete(backend.customer_id, room.id) for _ in range(50)))
    await backend.conference(room.id, ConferenceStatus.TERMINATED)
    types = await backend.event_types(room.id)
    assert types.count("conferencecall_leaving") == 2
    assert types.count("conference_deleted") == 1


@pytest.mark.parametrize(("asked_s", "kept_s"), [(0, 0), (1, DAY_S), (59, DAY_S), (60, 60), (3600, 3600)])
async def test_timeout_below_a_minute_counts_as_a_day(backend: Backend, asked_s: int, kept_s: int) -> None:
    assert (await backend.room(timeout_s=asked_s)).timeout_s == kept_s


async def test_negative_timeout_is_refused(backend: Backend) -> None:
    with pytest.raises(InvalidArgument):
        await backend.conferences.create(backend.customer_id, ConferenceSpec(type="conference", timeout_s=-1))


async def test_timeout_ends_the_conference_and_not_earlier(backend: Backend) -> None:
    timed, lasting = await backend.room(timeout_s=60), await backend.room()
    (leg,) = await backend.join(timed)
    backend.clock.advance(59)
    (other,) = await backend.join(timed)
    backend.clock.advance(1)
    ended = await backend.conference(timed.id, ConferenceStatus.TERMINATED)
    assert ended.tm_delete is not None
    await until(lambda: "hang up normal" in leg.done and "hang up normal" in other.done)
    backend.clock.advance(10 * DAY_S)
    assert (await backend.conferences.get(backend.customer_id, lasting.id)).status == "progressing"


async def test_deleted_conference_does_not_time_out(backend: Backend) -> None:
    room = await backend.room(timeout_s=60)
    deleted = await backend.conferences.delete(backend.customer_id, room.id)
    backend.clock.advance(60)
    assert await backend.conferences.get(backend.customer_id, room.id) == deleted
