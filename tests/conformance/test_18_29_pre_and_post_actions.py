"""29: only the call itself hears pre_actions and post_actions; post_actions do not run after a hang-up."""

from collections.abc import AsyncIterator

import pytest

from mixminus.model.conference import Conference
from mixminus.model.ids import ConferencecallId
from tests.support.backend import Backend
from tests.support.caller import RATE_HZ, Caller, actions, run, run_until
from tests.support.tones import Pcm, heard, tone, write_wav

WELCOME_HZ, GOODBYE_HZ, FIRST_HZ, SECOND_HZ = 440.0, 1130.0, 620.0, 1950.0
LOUD_DB, QUIET_DB = -30.0, -60.0


class Scene:
    """A room with tones as pre_actions and post_actions, and two callers that send tones of their own."""

    def __init__(self, backend: Backend, room: Conference) -> None:
        self.backend = backend
        self.room = room
        self.callers: list[Caller] = []

    async def dial(self, pitch_hz: float) -> Caller:
        caller = await Caller.dial(self.backend, self.room.id)
        caller.speaks = tone(pitch_hz, 1.0, sample_rate_hz=RATE_HZ)
        self.callers.append(caller)
        return caller

    async def join(self, pitch_hz: float) -> Caller:
        caller = await self.dial(pitch_hz)
        await run_until(
            self.backend, self.callers, lambda: self.backend.rooms.seat_of(caller.port.id) is not None
        )
        return caller

    async def hear(self, seconds: float = 1.0) -> None:
        for caller in self.callers:
            caller.forget()
        await run(self.backend, self.callers, seconds)


@pytest.fixture
async def scene(backend: Backend) -> AsyncIterator[Scene]:
    backend.sounds_directory.mkdir()
    write_wav(backend.sounds_directory / "welcome.wav", tone(WELCOME_HZ, 2.0))
    write_wav(backend.sounds_directory / "goodbye.wav", tone(GOODBYE_HZ, 2.0))
    room = await backend.room(
        pre_actions=actions(("play", {"stream_urls": ["welcome.wav"]})),
        post_actions=actions(("play", {"stream_urls": ["goodbye.wav"]})),
    )
    scene = Scene(backend, room)
    yield scene
    for caller in scene.callers:
        caller.leg.bye()
        caller.close()


def loudest(pcm: Pcm, pitch_hz: float) -> float:
    """Return the level of a tone in its loudest half second, dB."""
    size = RATE_HZ // 2
    starts = range(0, max(1, len(pcm) - size), size // 4)
    return max(heard(pcm[start : start + size], RATE_HZ, (pitch_hz,))[pitch_hz] for start in starts)


async def test_18_29_pre_actions_are_heard_by_their_call_alone(scene: Scene) -> None:
    first = await scene.join(FIRST_HZ)
    await scene.hear()
    second = await scene.dial(SECOND_HZ)
    await run_until(
        scene.backend, scene.callers, lambda: loudest(second.heard[-RATE_HZ:], WELCOME_HZ) > LOUD_DB
    )
    # The onset of a tone in a short piece of audio looks like other tones.
    await run(scene.backend, scene.callers, 0.5)
    assert loudest(second.heard, FIRST_HZ) < QUIET_DB, "a call that has not joined does not hear the room"
    assert max(loudest(first.heard, each) for each in (WELCOME_HZ, SECOND_HZ)) < QUIET_DB
    await run_until(scene.backend, scene.callers, lambda: scene.backend.rooms.seat_of(second.port.id))
    assert loudest(first.heard, WELCOME_HZ) < QUIET_DB
    await run(scene.backend, scene.callers, 0.2)
    await scene.hear()
    assert loudest(first.heard, SECOND_HZ) > LOUD_DB < loudest(second.heard, FIRST_HZ)


async def test_18_29_post_actions_run_after_a_kick(scene: Scene) -> None:
    first, second = await scene.join(FIRST_HZ), await scene.join(SECOND_HZ)
    seat = scene.backend.rooms.seat_of(second.port.id)
    assert seat
    await scene.hear()
    await scene.backend.participants.kick(scene.backend.customer_id, ConferencecallId(seat.id))
    await run(scene.backend, scene.callers, 0.2)
    for caller in scene.callers:
        caller.forget()
    await run_until(scene.backend, scene.callers, lambda: second.leg.done[-1] == "hang up normal")
    assert loudest(second.heard, GOODBYE_HZ) > LOUD_DB
    assert max(loudest(first.heard, each) for each in (GOODBYE_HZ, SECOND_HZ)) < QUIET_DB
    assert loudest(second.heard, FIRST_HZ) < QUIET_DB


async def test_18_29_post_actions_run_after_the_room_terminates(scene: Scene) -> None:
    callers = [await scene.join(FIRST_HZ), await scene.join(SECOND_HZ)]
    await scene.backend.conferences.delete(scene.backend.customer_id, scene.room.id)
    await run_until(
        scene.backend, callers, lambda: all(each.leg.done[-1] == "hang up normal" for each in callers)
    )
    assert all(loudest(each.heard, GOODBYE_HZ) > LOUD_DB for each in callers)


async def test_18_29_post_actions_do_not_run_after_a_hang_up(scene: Scene) -> None:
    first, second = await scene.join(FIRST_HZ), await scene.join(SECOND_HZ)
    played = scene.backend.services.counters()["sound.played"]
    second.leg.bye()
    await run_until(scene.backend, scene.callers, lambda: len(scene.backend.services.live_calls) == 1)
    await scene.hear(3.0)
    assert loudest(first.heard, GOODBYE_HZ) < QUIET_DB
    assert scene.backend.services.counters()["sound.played"] == played
