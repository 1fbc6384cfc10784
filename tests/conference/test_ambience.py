"""What one participant hears by itself, also before it has joined a room."""

from collections.abc import AsyncIterator

import pytest

from mixminus.conference.ambience import Ambience
from mixminus.mixer import Engine, EngineConfig, Port
from mixminus.mixer.sounds import beep
from tests.support.clock import ManualClock
from tests.support.phone import RtpPhone
from tests.support.signals import rms
from tests.support.waiting import until


class Waiting:
    """A phone that has been answered and sits in no room."""

    def __init__(self, engine: Engine, phone: RtpPhone) -> None:
        self.engine, self.phone = engine, phone
        self.port: Port = engine.open_rtp_port()
        self.port.configure(phone.media())

    def hear(self, ticks: int) -> float:
        self.engine.tick(ticks)
        return rms(self.phone.heard())


@pytest.fixture
async def waiting() -> AsyncIterator[Waiting]:
    with Engine(EngineConfig(manual=True)) as engine, RtpPhone() as phone:
        yield Waiting(engine, phone)


async def test_a_beep_reaches_who_waits_at_the_door(waiting: Waiting) -> None:
    ambience = Ambience(waiting.engine, ManualClock())
    assert waiting.hear(5) == 0
    with ambience.tell(waiting.port, beep()) as playout:
        assert waiting.hear(10) > 500
        waiting.hear(20)
        assert playout.done
        assert waiting.hear(10) == 0


async def test_music_reaches_who_waits_until_it_is_closed(waiting: Waiting) -> None:
    clock = ManualClock()
    ambience = Ambience(waiting.engine, clock)
    music = ambience.play_music(waiting.port)
    for _ in range(8):
        assert waiting.hear(50) > 100
        await second(clock)
    music.close()
    waiting.hear(2)
    assert waiting.hear(20) == 0
    await ambience.close()


async def second(clock: ManualClock) -> None:
    """Let a second pass, and whoever slept through it do its work."""
    clock.advance(1)
    await until(lambda: clock.sleepers > 0)


async def test_a_port_that_closes_meanwhile_is_nobodys_trouble(waiting: Waiting) -> None:
    ambience = Ambience(waiting.engine, ManualClock())
    waiting.port.close()
    ambience.tell(waiting.port, beep()).close()
    ambience.play_music(waiting.port).close()
    assert ambience.counters["ambience.refused"] == 2
    await ambience.close()
