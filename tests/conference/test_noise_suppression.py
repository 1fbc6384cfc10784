"""Noise suppression by room and by participant, heard through the engine."""

from pathlib import Path
from typing import Final

import numpy as np
import pytest

from mixminus.model.conference import ParticipantChange, RoomSettings
from tests.support.backend import Backend, backend, open_backend
from tests.support.clock import ManualClock
from tests.support.loudness import noise
from tests.support.signals import rms

__all__ = ["backend"]

RATE_HZ: Final = 16_000
LEVEL_DBOV: Final = -30.0


def _heard_db(backend: Backend) -> float:
    """Let the first leg send noise for two seconds; return how much of it the second one hears in the end."""
    sender, listener = backend.legs[:2]
    listener.port.read()
    for seed in range(10):
        sender.port.write(noise(RATE_HZ // 5, LEVEL_DBOV, seed=seed))
        backend.tick(10)
        heard = np.asarray(listener.port.read())
    return 20 * float(np.log10(rms(heard[-RATE_HZ // 6 :]) / (32768 * 10 ** (LEVEL_DBOV / 20)) + 1e-6))


@pytest.mark.parametrize(
    ("by_room", "own", "suppressed"),
    [(False, "room", False), (True, "room", True), (False, "on", True), (True, "off", False)],
)
async def test_own_choice_comes_before_the_rooms(
    backend: Backend, by_room: bool, own: str, suppressed: bool
) -> None:
    room = await backend.room(settings=RoomSettings(noise_suppression=by_room))
    sender, _ = await backend.join(room, 2)
    seat = backend.rooms.seat_of(sender.port.id)
    assert seat
    change = ParticipantChange(noise_suppression=own)  # type: ignore[arg-type]
    await backend.participants.change(backend.customer_id, seat.id, change)
    level_db = _heard_db(backend)
    assert -16 < level_db < -13 if suppressed else abs(level_db) < 1


async def test_a_room_goes_on_when_the_library_is_gone(tmp_path: Path) -> None:
    """The server starts again without it: who joins is heard as it is."""
    async with open_backend(tmp_path, ManualClock()) as before:
        room = await before.room(settings=RoomSettings(noise_suppression=True))
    async with open_backend(tmp_path, ManualClock(), rnnoise_path="") as backend:
        await backend.join(room, 2)
        assert abs(_heard_db(backend)) < 1
