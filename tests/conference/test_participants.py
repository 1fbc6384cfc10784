"""Participants join, leave and are kicked, with their events in order."""

import asyncio
from dataclasses import replace

import pytest

from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, ConferenceNotFound
from mixminus.conference.participants import Entry
from mixminus.errors import Conflict
from mixminus.mixer import PortClosed
from mixminus.model.call import CallStatus, HangupBy, HangupReason
from mixminus.model.conference import Conferencecall, ConferencecallStatus, ConferenceStatus
from mixminus.model.health import INTERVAL_S
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId, CustomerId, new_id
from tests.support.backend import EVERYTHING, Backend
from tests.support.waiting import until

OTHER_CUSTOMER = CustomerId(new_id())


def an_id(text: object) -> ConferencecallId:
    return ConferencecallId(text)  # type: ignore[arg-type]


async def test_participant_joins_and_hangs_up(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    joined = await backend.participant(id_, ConferencecallStatus.JOINED)
    call = await backend.call_of(id_)
    assert (joined.conference_id, joined.customer_id) == (room.id, room.customer_id)
    assert joined.reference_id == call.id
    assert call.status is CallStatus.PROGRESSING
    assert call.action["type"] == "conference_join"
    leg.bye()
    left = await backend.participant(id_, ConferencecallStatus.LEAVED)
    assert left.tm_delete is None
    assert await backend.joined(room) == ()
    assert (await backend.event_types(room.id))[2:] == [
        "conferencecall_joining",
        "conferencecall_joined",
        "conference_updated",
        "conferencecall_leaving",
        "conferencecall_leaved",
        "conference_updated",
    ]
    assert (await backend.participants.list_calls(backend.customer_id, EVERYTHING))[0].id == id_


async def test_event_carries_the_resource_at_the_time_of_the_event(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    leg.bye()
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    events = await backend.events(room.id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    present = [event.data["conferencecall_ids"] for event in events if event.type == "conference_updated"]
    assert present == [[], [str(id_)], []]
    updates = [event.data["tm_update"] for event in events if event.type == "conference_updated"]
    assert updates == sorted(set(updates))


async def test_a_hundred_participants_join_at_once(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 100)
    listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)
    assert {each.id for each in listed} == set(await backend.joined(room))
    # The conference lists its participants in the order of joining.
    joins = [
        event.data["id"] for event in await backend.events(room.id) if event.type == "conferencecall_joined"
    ]
    assert [str(id_) for id_ in await backend.joined(room)] == joins


async def test_only_one_of_fifty_simultaneous_kicks_succeeds(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    outcomes = await asyncio.gather(
        *(backend.participants.kick(backend.customer_id, an_id(id_)) for _ in range(50)),
        return_exceptions=True,
    )
    (kicked,) = [outcome for outcome in outcomes if isinstance(outcome, Conferencecall)]
    assert kicked.status is ConferencecallStatus.LEAVING
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(refusals) == 49
    assert {refusal.reason for refusal in refusals} == {"STATE_INVALID"}
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    await until(lambda: leg.done == ["answer", "hang up normal"])


async def test_kicked_participant_leaves_and_its_flow_ends_the_call(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 2)
    id_, other = await backend.joined(room)
    await backend.participants.kick(backend.customer_id, an_id(id_))
    await backend.participant(id_, ConferencecallStatus.LEAVED)

    async def hung_up() -> bool:
        return (await backend.call_of(id_)).status is CallStatus.HANGUP

    await until(hung_up)
    call = await backend.call_of(id_)
    assert (call.hangup_by, call.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert await backend.joined(room) == (other,)
    with pytest.raises(ConferencecallGone, match="the participant has already left"):
        await backend.participants.kick(backend.customer_id, an_id(id_))


async def test_kicking_an_unknown_participant_is_not_found(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    (id_,) = await backend.joined(room)
    for customer_id, unknown in ((OTHER_CUSTOMER, id_), (backend.customer_id, new_id())):
        with pytest.raises(ConferencecallNotFound) as refusal:
            await backend.participants.kick(customer_id, an_id(unknown))
        assert refusal.value.reason == "CONFERENCECALL_NOT_FOUND"
    assert (await backend.participant(id_, ConferencecallStatus.JOINED)).id == id_


async def test_ended_conference_admits_no_participant(backend: Backend) -> None:
    room = await backend.room()
    await backend.conferences.delete(backend.customer_id, room.id)
    port = backend.engine.open_pcm_port(16000)
    assert await backend.participants.admit(room.id, CallId(new_id()), port) is None
    with pytest.raises(ConferenceNotFound):
        await backend.participants.admit(ConferenceId(new_id()), CallId(new_id()), port)
    assert await backend.participants.list_calls(backend.customer_id, EVERYTHING) == []


async def test_a_participant_whose_audio_cannot_be_connected_leaves_no_trace(backend: Backend) -> None:
    room = await backend.room()
    before = await backend.events(room.id)
    port = backend.engine.open_pcm_port(16000)
    port.close()
    with pytest.raises(PortClosed):
        await backend.participants.admit(room.id, CallId(new_id()), port, entry=Entry(answered=True))
    assert await backend.participants.list_calls(backend.customer_id, EVERYTHING) == []
    assert await backend.events(room.id) == before
    live = backend.rooms.find(room.id)
    assert live
    assert not live.seats


async def test_health_check_removes_a_participant_whose_call_has_ended(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 2)
    lost, well = await backend.joined(room)
    call = await backend.call_of(lost)
    async with backend.store.transaction() as tx:
        found = await tx.calls.find(call.id)
        assert found is not None
        # The call's row says that it has ended, and its participant has not left.
        await tx.calls.save(replace(found, status=CallStatus.HANGUP))
    for _ in range(3):
        await checked(backend)
        assert len(await backend.joined(room)) == 2
    await checked(backend)
    await backend.participant(lost, ConferencecallStatus.LEAVED)
    assert await backend.joined(room) == (well,)


async def checked(backend: Backend) -> None:
    """Let one health check run."""
    await backend.clock.run_cycle(INTERVAL_S)


class TestConnect:
    """A room for two ends with either of them."""

    async def test_first_caller_waits_and_both_leave_together(self, backend: Backend) -> None:
        room = await backend.room("connect")
        first, second = await backend.join(room, 2)
        first.bye()
        ended = await backend.conference(room.id, ConferenceStatus.TERMINATED)
        assert ended.tm_end is not None
        await until(lambda: second.done == ["ring", "answer", "hang up normal"])

    async def test_room_that_never_had_two_ends_with_its_only_participant(self, backend: Backend) -> None:
        room = await backend.room("connect")
        (only,) = await backend.join(room)
        only.bye()
        await backend.conference(room.id, ConferenceStatus.TERMINATED)

    async def test_room_with_three_stays_when_one_leaves(self, backend: Backend) -> None:
        room = await backend.room("connect")
        first, _, _ = await backend.join(room, 3)
        first.bye()

        async def two_are_left() -> bool:
            return len(await backend.joined(room)) == 2

        await until(two_are_left)
        found = await backend.conferences.get(backend.customer_id, room.id)
        assert found.status is ConferenceStatus.PROGRESSING
