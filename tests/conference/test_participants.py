"""Participants join, leave and are kicked, with their events in order."""

import asyncio
from dataclasses import replace

import pytest

from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, ConferenceNotFound
from mixminus.errors import Conflict
from mixminus.model.call import CallStatus, HangupBy, HangupReason
from mixminus.model.conference import Conferencecall, ConferencecallStatus, ConferenceStatus
from mixminus.model.health import INTERVAL_S
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId, CustomerId, new_id
from tests.support.house import EVERYTHING, House
from tests.support.waiting import until

OTHER_CUSTOMER = CustomerId(new_id())


def an_id(text: object) -> ConferencecallId:
    return ConferencecallId(text)  # type: ignore[arg-type]


async def test_participant_joins_and_hangs_up(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    (id_,) = await house.joined(room)
    joined = await house.participant(id_, ConferencecallStatus.JOINED)
    call = await house.call_of(id_)
    assert (joined.conference_id, joined.customer_id) == (room.id, room.customer_id)
    assert joined.reference_id == call.id
    assert call.status is CallStatus.PROGRESSING
    assert call.action["type"] == "conference_join"
    leg.bye()
    left = await house.participant(id_, ConferencecallStatus.LEAVED)
    assert left.tm_delete is None
    assert await house.joined(room) == ()
    assert (await house.event_types(room.id))[2:] == [
        "conferencecall_joining",
        "conferencecall_joined",
        "conference_updated",
        "conferencecall_leaved",
        "conference_updated",
    ]
    assert (await house.participants.list_calls(house.customer_id, EVERYTHING))[0].id == id_


async def test_event_carries_the_resource_at_the_time_of_the_event(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    (id_,) = await house.joined(room)
    leg.bye()
    await house.participant(id_, ConferencecallStatus.LEAVED)
    events = await house.events(room.id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    present = [event.data["conferencecall_ids"] for event in events if event.type == "conference_updated"]
    assert present == [[], [str(id_)], []]
    updates = [event.data["tm_update"] for event in events if event.type == "conference_updated"]
    assert updates == sorted(set(updates))


async def test_a_hundred_participants_join_at_once(house: House) -> None:
    room = await house.room()
    await house.join(room, 100)
    listed = await house.participants.list_calls(house.customer_id, EVERYTHING, room.id)
    assert {each.id for each in listed} == set(await house.joined(room))
    # The conference lists its participants in the order of joining.
    joins = [
        event.data["id"] for event in await house.events(room.id) if event.type == "conferencecall_joined"
    ]
    assert [str(id_) for id_ in await house.joined(room)] == joins


async def test_only_one_of_fifty_simultaneous_kicks_succeeds(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    (id_,) = await house.joined(room)
    outcomes = await asyncio.gather(
        *(house.participants.kick(house.customer_id, an_id(id_)) for _ in range(50)),
        return_exceptions=True,
    )
    (kicked,) = [outcome for outcome in outcomes if isinstance(outcome, Conferencecall)]
    assert kicked.status is ConferencecallStatus.LEAVING
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(refusals) == 49
    assert {refusal.reason for refusal in refusals} == {"STATE_INVALID"}
    await house.participant(id_, ConferencecallStatus.LEAVED)
    await until(lambda: leg.done == ["answer", "hang up normal"])


async def test_kicked_participant_leaves_and_its_flow_ends_the_call(house: House) -> None:
    room = await house.room()
    await house.join(room, 2)
    id_, other = await house.joined(room)
    await house.participants.kick(house.customer_id, an_id(id_))
    await house.participant(id_, ConferencecallStatus.LEAVED)

    async def hung_up() -> bool:
        return (await house.call_of(id_)).status is CallStatus.HANGUP

    await until(hung_up)
    call = await house.call_of(id_)
    assert (call.hangup_by, call.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert await house.joined(room) == (other,)
    with pytest.raises(ConferencecallGone, match="the participant has already left"):
        await house.participants.kick(house.customer_id, an_id(id_))


async def test_kicking_an_unknown_participant_is_not_found(house: House) -> None:
    room = await house.room()
    await house.join(room)
    (id_,) = await house.joined(room)
    for customer_id, unknown in ((OTHER_CUSTOMER, id_), (house.customer_id, new_id())):
        with pytest.raises(ConferencecallNotFound) as refusal:
            await house.participants.kick(customer_id, an_id(unknown))
        assert refusal.value.reason == "CONFERENCECALL_NOT_FOUND"
    assert (await house.participant(id_, ConferencecallStatus.JOINED)).id == id_


async def test_ended_conference_admits_no_participant(house: House) -> None:
    room = await house.room()
    await house.conferences.delete(house.customer_id, room.id)
    port = house.engine.open_pcm_port(16000)
    assert await house.participants.admit(room.id, CallId(new_id()), port) is None
    with pytest.raises(ConferenceNotFound):
        await house.participants.admit(ConferenceId(new_id()), CallId(new_id()), port)
    assert await house.participants.list_calls(house.customer_id, EVERYTHING) == []


async def test_health_check_removes_a_participant_whose_call_has_ended(house: House) -> None:
    room = await house.room()
    await house.join(room, 2)
    lost, well = await house.joined(room)
    call = await house.call_of(lost)
    async with house.store.transaction() as tx:
        found = await tx.calls.find(call.id)
        assert found is not None
        # The call's row says that it has ended, and its participant has not left.
        await tx.calls.save(replace(found, status=CallStatus.HANGUP))
    for _ in range(3):
        await checked(house)
        assert len(await house.joined(room)) == 2
    await checked(house)
    await house.participant(lost, ConferencecallStatus.LEAVED)
    assert await house.joined(room) == (well,)


async def checked(house: House) -> None:
    """Let one health check run."""
    await house.clock.run_cycle(INTERVAL_S)


class TestConnect:
    """A room for two ends with either of them."""

    async def test_first_caller_waits_and_both_leave_together(self, house: House) -> None:
        room = await house.room("connect")
        first, second = await house.join(room, 2)
        first.bye()
        ended = await house.conference(room.id, ConferenceStatus.TERMINATED)
        assert ended.tm_end is not None
        await until(lambda: second.done == ["ring", "answer", "hang up normal"])

    async def test_room_that_never_had_two_ends_with_its_only_participant(self, house: House) -> None:
        room = await house.room("connect")
        (only,) = await house.join(room)
        only.bye()
        await house.conference(room.id, ConferenceStatus.TERMINATED)

    async def test_room_with_three_stays_when_one_leaves(self, house: House) -> None:
        room = await house.room("connect")
        first, _, _ = await house.join(room, 3)
        first.bye()

        async def two_are_left() -> bool:
            return len(await house.joined(room)) == 2

        await until(two_are_left)
        found = await house.conferences.get(house.customer_id, room.id)
        assert found.status is ConferenceStatus.PROGRESSING
