"""Levelling by room and by participant, heard through the engine."""

from typing import Final

import numpy as np
import pytest

from mixminus.model.conference import Conference, ConferenceProfile, ParticipantChange, RoomSettings
from mixminus.model.ids import ConferencecallId, ConferenceId
from tests.support.backend import Backend, backend
from tests.support.loudness import talk
from tests.support.signals import rms

__all__ = ["backend"]

RATE_HZ: Final = 16_000
TICKS_PER_S: Final = 50
LEVEL_DBOV: Final = -38.0
UNLEVELLED_DB: Final = 0.5


async def _raised_db(backend: Backend, *, seconds: int = 12) -> float:
    """Let the first leg talk; return by how much it is louder at the second than it was, in the last seconds."""
    talker, listener = backend.legs[:2]
    said = talk(RATE_HZ, seconds, LEVEL_DBOV)
    listener.port.read()
    heard = []
    piece = RATE_HZ // 5
    for start in range(0, len(said), piece):
        talker.port.write(said[start : start + piece])
        backend.tick(TICKS_PER_S // 5)
        heard.append(np.asarray(listener.port.read()))
    last = 4 * RATE_HZ
    return 20 * float(np.log10(rms(np.concatenate(heard)[-last:]) / rms(said[-last:])))


async def _pair(backend: Backend, settings: RoomSettings) -> tuple[Conference, ConferencecallId]:
    room = await backend.room(settings=settings)
    talker, _ = await backend.join(room, 2)
    seat = backend.rooms.seat_of(talker.port.id)
    assert seat
    return room, seat.id


async def _choose(backend: Backend, id_: ConferencecallId, levelling: str) -> None:
    await backend.participants.change(
        backend.customer_id,
        id_,
        ParticipantChange(levelling=levelling),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("by_room", "own", "levelled"),
    [(False, "room", False), (True, "room", True), (False, "on", True), (True, "off", False)],
)
async def test_own_choice_comes_before_the_rooms(
    backend: Backend, by_room: bool, own: str, levelled: bool
) -> None:
    _, id_ = await _pair(backend, RoomSettings(levelling=by_room))
    await _choose(backend, id_, own)
    raised_db = await _raised_db(backend)
    assert raised_db > 8 if levelled else abs(raised_db) < UNLEVELLED_DB


async def test_a_room_that_changes_its_setting_changes_it_for_those_present(backend: Backend) -> None:
    room, _ = await _pair(backend, RoomSettings())
    assert abs(await _raised_db(backend, seconds=5)) < UNLEVELLED_DB
    await _set(backend, room.id, levelling=True)
    assert await _raised_db(backend) > 8
    await _set(backend, room.id, levelling=False)
    assert abs(await _raised_db(backend, seconds=5)) < UNLEVELLED_DB


async def _set(backend: Backend, room_id: ConferenceId, *, levelling: bool) -> None:
    profile = ConferenceProfile(settings=RoomSettings(levelling=levelling))
    await backend.conferences.update(backend.customer_id, room_id, profile)
