"""Room settings: limits, moderators, tones, music, recording on start."""

import numpy as np
import pytest

from mixminus.model.conference import (
    Conference,
    ConferencecallStatus,
    ConferenceProfile,
    ConferenceStatus,
    ParticipantChange,
    Role,
    RoomSettings,
)
from mixminus.model.ids import NIL, ConferencecallId
from mixminus.model.recording import RecordingStatus
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import PcmLeg
from tests.support.signals import rms, tone
from tests.support.waiting import until

JOINING, JOINED, LEAVED = (
    ConferencecallStatus.JOINING,
    ConferencecallStatus.JOINED,
    ConferencecallStatus.LEAVED,
)
MODERATOR = ParticipantChange(role=Role.MODERATOR)
RATE_HZ = 16_000


async def with_status(
    backend: Backend, room: Conference, status: ConferencecallStatus, count: int
) -> list[ConferencecallId]:
    """Wait until ``count`` participants have this status, and return them, oldest first."""

    async def look() -> list[ConferencecallId] | None:
        listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)
        found = [each.id for each in listed[::-1] if each.status is status]
        return found if len(found) == count else None

    return await until(look)


async def moderator(backend: Backend, room: Conference) -> PcmLeg:
    """Let a phone join, as a moderator, also a room that waits for one."""
    before = {
        each.id for each in await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)
    }
    leg = await backend.dial(room.id)

    async def new() -> ConferencecallId | None:
        listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)
        return next((each.id for each in listed if each.id not in before), None)

    id_ = await until(new)
    await backend.participants.change(backend.customer_id, id_, MODERATOR)
    await backend.participant(id_, JOINED)
    return leg


def loud(leg: PcmLeg) -> float:
    """Return the level of the last 200 ms that a participant heard."""
    return rms(np.asarray(leg.port.read()[-RATE_HZ // 5 :]))


class TestPlaces:
    """max_participants and locked."""

    async def test_full_room_is_busy_until_a_participant_leaves(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(max_participants=2))
        first, _ = await backend.join(room, 2)
        late = await backend.dial(room.id)
        await until(lambda: late.done == ["reject 486"])
        first.bye()
        await with_status(backend, room, LEAVED, 1)
        await backend.join(room)

    async def test_limit_holds_when_many_call_at_once(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(max_participants=3))
        legs = [await backend.dial(room.id) for _ in range(12)]
        await with_status(backend, room, JOINED, 3)
        await until(lambda: sum(leg.port.closed for leg in legs) == 9)
        assert len(await backend.joined(room)) == 3

    async def test_locked_room_rejects_with_403(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(locked=True))
        leg = await backend.dial(room.id)
        await until(lambda: leg.done == ["reject 403"])
        await backend.conferences.update(backend.customer_id, room.id, ConferenceProfile())
        await backend.join(room)


class TestModerators:
    """wait_for_moderator and end_when_moderator_leaves."""

    async def test_participants_are_not_mixed_before_a_moderator_joins(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(wait_for_moderator=True))
        legs = [await backend.dial(room.id) for _ in range(2)]
        await with_status(backend, room, JOINING, 2)
        await until(lambda: all(leg.done == ["answer"] for leg in legs))
        for leg in legs:
            leg.port.write(tone(440, RATE_HZ, RATE_HZ))
        backend.tick(25)
        assert [loud(leg) for leg in legs] == [0, 0]
        await moderator(backend, room)
        await with_status(backend, room, JOINED, 3)

    async def test_clearing_wait_for_moderator_admits_those_waiting(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(wait_for_moderator=True))
        await backend.dial(room.id)
        await with_status(backend, room, JOINING, 1)
        await backend.conferences.update(backend.customer_id, room.id, ConferenceProfile())
        await with_status(backend, room, JOINED, 1)

    async def test_waiting_participant_can_be_kicked(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(wait_for_moderator=True))
        leg = await backend.dial(room.id)
        (id_,) = await with_status(backend, room, JOINING, 1)
        await until(lambda: leg.done == ["answer"])
        await backend.participants.kick(backend.customer_id, id_)
        await until(lambda: leg.done == ["answer", "hang up normal"])

    async def test_room_ends_with_its_last_moderator(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(end_when_moderator_leaves=True))
        (guest,) = await backend.join(room)
        one, other = [await moderator(backend, room) for _ in range(2)]
        one.bye()
        await with_status(backend, room, LEAVED, 1)
        assert len(await backend.joined(room)) == 2
        other.bye()
        await backend.conference(room.id, ConferenceStatus.TERMINATED)
        await until(lambda: guest.done[-1] == "hang up normal")

    async def test_room_stays_when_another_participant_leaves(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(end_when_moderator_leaves=True))
        (guest,) = await backend.join(room)
        guest.bye()
        await with_status(backend, room, LEAVED, 1)
        found = await backend.conferences.get(backend.customer_id, room.id)
        assert found.status is ConferenceStatus.PROGRESSING


class TestSounds:
    """Entry and exit tones, music when alone."""

    async def test_entry_and_exit_tones_are_heard(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(entry_tone=True, exit_tone=True))
        (first,) = await backend.join(room)
        backend.tick(50)
        first.port.read()
        (second,) = await backend.join(room)
        backend.tick(10)
        assert loud(first) > 500
        backend.tick(50)
        assert loud(first) == 0
        second.bye()
        await with_status(backend, room, LEAVED, 1)
        backend.tick(10)
        assert loud(first) > 500

    async def test_entry_tones_beyond_the_limit_are_dropped(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(entry_tone=True))
        await backend.join(room, 6)
        assert backend.rooms.sounds.counters["ambience.chimes_dropped"] == 2

    async def test_music_plays_to_a_participant_that_is_alone(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(music_when_alone=True))
        (first,) = await backend.join(room)
        backend.tick(50)
        assert loud(first) > 100
        (second,) = await backend.join(room)
        backend.tick(50)
        assert [loud(leg) for leg in (first, second)] == [0, 0]
        first.bye()
        await with_status(backend, room, LEAVED, 1)
        backend.tick(50)
        assert loud(second) > 100

    async def test_music_plays_as_long_as_the_participant_is_alone(self, backend: Backend) -> None:
        room = await backend.room(settings=RoomSettings(music_when_alone=True))
        (leg,) = await backend.join(room)
        for _ in range(10):
            backend.tick(50)
            assert loud(leg) > 100
            await backend.clock.run_cycle(1.0)
        leg.bye()
        await with_status(backend, room, LEAVED, 1)


async def test_record_on_start_records_while_participants_are_present(backend: Backend) -> None:
    room = await backend.room(settings=RoomSettings(record_on_start=True))
    assert (await backend.conferences.get(backend.customer_id, room.id)).recording_id == NIL
    (leg,) = await backend.join(room)

    async def recording() -> Conference | None:
        found = await backend.conferences.get(backend.customer_id, room.id)
        return found if found.recording_id != NIL else None

    first = (await until(recording)).recording_id
    leg.bye()
    await backend.recording(first, RecordingStatus.ENDED)
    await backend.join(room)
    assert (await until(recording)).recording_ids[0] == first


@pytest.mark.parametrize("pin", ["", "1234"])
async def test_events_do_not_contain_pins(backend: Backend, pin: str) -> None:
    room = await backend.room(settings=RoomSettings(pin=pin))
    assert room.settings.pin == pin
    events = await backend.events(room.id)
    assert {event.data["pin"] for event in events} == {None if pin else ""}
    assert "1234" not in str(events)
