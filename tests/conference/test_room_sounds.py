"""Sounds for one participant, also before it has joined a room."""

from collections.abc import AsyncIterator

import pytest

from mixminus.conference.room_sounds import RoomSounds
from mixminus.mixer import Engine, EngineConfig, Port
from tests.support.clock import ManualClock
from tests.support.phone import RtpPhone
from tests.support.signals import rms
from tests.support.waiting import until


class Answered:
    """A phone that has been answered and is in no room."""

    def __init__(self, engine: Engine, phone: RtpPhone) -> None:
        self.engine, self.phone = engine, phone
        self.port: Port = engine.open_rtp_port()
        self.port.configure(phone.media())

    def hear(self, ticks: int) -> float:
        self.engine.tick(ticks)
        return rms(self.phone.heard())


@pytest.fixture
async def answered() -> AsyncIterator[Answered]:
    with Engine(EngineConfig(manual=True)) as engine, RtpPhone() as phone:
        yield Answered(engine, phone)


async def test_music_repeats_until_it_is_closed(answered: Answered) -> None:
    clock = ManualClock()
    sounds = RoomSounds(answered.engine, clock)
    music = sounds.play_music(answered.port)
    for _ in range(8):
        assert answered.hear(50) > 100
        await second(clock)
    music.close()
    answered.hear(2)
    assert answered.hear(20) == 0
    await sounds.close()


async def second(clock: ManualClock) -> None:
    """Advance the clock by a second, and wait until the refill task sleeps again."""
    clock.advance(1)
    await until(lambda: clock.sleepers > 0)


async def test_sounds_for_a_closed_port_are_counted_and_skipped(answered: Answered) -> None:
    sounds = RoomSounds(answered.engine, ManualClock())
    answered.port.close()
    sounds.play_music(answered.port).close()
    sounds.play_ringback(answered.port).close()
    assert sounds.counters["ambience.refused"] == 2
    await sounds.close()
