"""Changing participants: muted, deaf, gain, role and label."""

import numpy as np
import pytest

from mixminus.conference.errors import ConferencecallGone
from mixminus.errors import InvalidArgument
from mixminus.model.call import MuteDirection
from mixminus.model.conference import Conference, ConferencecallStatus, ParticipantChange, Role
from mixminus.model.ids import ConferencecallId
from tests.support.backend import Backend
from tests.support.signals import rms, tone

RATE_HZ = 16_000


class Pair:
    """Two participants that send a tone all the time, and what each of them hears."""

    def __init__(self, backend: Backend, room: Conference, ids: list[ConferencecallId]) -> None:
        self.backend, self.room, self.ids = backend, room, ids

    @classmethod
    async def talking(cls, backend: Backend) -> "Pair":
        room = await backend.room()
        for leg in await backend.join(room, 2):
            leg.port.write(tone(500, RATE_HZ, RATE_HZ * 9, 4000))
        by_port = {leg.port.id: leg for leg in backend.legs}
        seats = [backend.rooms.seat_of(port_id) for port_id in by_port]
        return cls(backend, room, [seat.id for seat in seats if seat])

    def hear(self) -> list[int]:
        """Run, and return the level of the last 200 ms at each, in half amplitudes of the other's tone."""
        self.backend.tick(40)
        levels = [rms(np.asarray(leg.port.read()[-RATE_HZ // 5 :])) for leg in self.backend.legs]
        return [round(level / 2828 * 2) for level in levels]

    async def change(self, place: int, **values: object) -> None:
        change = ParticipantChange(**values)  # type: ignore[arg-type]
        await self.backend.participants.change(self.backend.customer_id, self.ids[place], change)


async def test_changes_are_audible(backend: Backend) -> None:
    pair = await Pair.talking(backend)
    assert pair.hear() == [2, 2]
    await pair.change(0, muted=True)
    assert pair.hear() == [2, 0]
    await pair.change(0, muted=False, deaf=True)
    assert pair.hear() == [0, 2]
    await pair.change(0, deaf=False, gain_db=-6.0)
    assert pair.hear() == [2, 1]
    await pair.change(0, gain_db=0.0)
    assert pair.hear() == [2, 2]


async def test_unmuting_the_participant_leaves_the_mute_of_its_call(backend: Backend) -> None:
    pair = await Pair.talking(backend)
    participant = await backend.participants.get_call(backend.customer_id, pair.ids[0])
    await backend.calls.set_mute(backend.customer_id, participant.reference_id, MuteDirection.IN, on=True)
    await pair.change(0, muted=True)
    await pair.change(0, muted=False)
    assert pair.hear() == [2, 0]
    await backend.calls.set_mute(backend.customer_id, participant.reference_id, MuteDirection.IN, on=False)
    assert pair.hear() == [2, 2]


async def test_change_sets_only_the_given_fields_and_is_published_once(backend: Backend) -> None:
    pair = await Pair.talking(backend)
    for _ in range(2):
        await pair.change(0, label="Ann", role=Role.MODERATOR)
    shown = await backend.participants.get_call(backend.customer_id, pair.ids[0])
    assert (shown.label, shown.role, shown.muted, shown.gain_db) == ("Ann", Role.MODERATOR, False, 0.0)
    updated = [
        event.data for event in await backend.events(pair.room.id) if event.type == "conferencecall_updated"
    ]
    assert [(data["id"], data["label"], data["role"]) for data in updated] == [
        (str(pair.ids[0]), "Ann", "moderator")
    ]


async def test_participant_that_is_leaving_cannot_be_changed(backend: Backend) -> None:
    pair = await Pair.talking(backend)
    await backend.participants.kick(backend.customer_id, pair.ids[0])
    with pytest.raises(ConferencecallGone) as refusal:
        await pair.change(0, muted=True)
    assert refusal.value.reason == "STATE_INVALID"
    await backend.participant(pair.ids[0], ConferencecallStatus.LEAVED)


async def test_gain_out_of_range_is_refused(backend: Backend) -> None:
    pair = await Pair.talking(backend)
    with pytest.raises(InvalidArgument):
        await pair.change(0, gain_db=60.0)
    assert (await backend.participants.get_call(backend.customer_id, pair.ids[0])).gain_db == 0.0
