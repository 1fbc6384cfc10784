"""Noise suppression of ports: switched between ticks, kept by a port that moves, refused without its library."""

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.errors import Unavailable
from mixminus.mixer import Engine, EngineConfig, PcmPort
from tests.support.loudness import noise
from tests.support.signals import rms

RATE_HZ = 16000
SECOND = 50
LEVEL_DBOV = -30.0


class Pair:
    """One sends noise, the other one listens."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.bridge = engine.open_bridge()
        self.sender, self.listener = (engine.open_pcm_port(RATE_HZ) for _ in range(2))
        for port in (self.sender, self.listener):
            port.join(self.bridge)

    def hear(self, seconds: int = 2) -> float:
        """Return the level of the last half second, in dB of what is sent."""
        for seed in range(seconds * 5):
            self.sender.write(noise(RATE_HZ // 5, LEVEL_DBOV, seed=seed))
            self.engine.tick(SECOND // 5)
            heard: npt.NDArray[np.int16] = self.listener.read()
        return 20 * float(np.log10(rms(heard[-RATE_HZ // 6 :]) / (32768 * 10 ** (LEVEL_DBOV / 20)) + 1e-6))


def test_it_is_switched_on_and_off(engine: Engine) -> None:
    pair = Pair(engine)
    assert engine.suppresses_noise
    assert abs(pair.hear()) < 1
    pair.sender.set_suppressed(True)
    assert -16 < pair.hear() < -13
    pair.sender.set_suppressed(True)
    assert -16 < pair.hear() < -13
    pair.sender.set_suppressed(False)
    assert abs(pair.hear()) < 1


def test_a_port_keeps_it_in_another_room(engine: Engine) -> None:
    pair = Pair(engine)
    pair.sender.set_suppressed(True)
    assert -16 < pair.hear() < -13
    other = engine.open_bridge()
    pair.sender.join(other)
    pair.listener.join(other)
    assert -16 < pair.hear() < -13


def test_ports_may_be_closed_while_it_is_on(engine: Engine) -> None:
    for _ in range(3):
        pair = Pair(engine)
        pair.sender.set_suppressed(True)
        pair.hear(1)
        pair.sender.close()
        pair.listener.close()
        engine.tick(2)


def test_it_is_refused_without_the_library() -> None:
    with Engine(EngineConfig(manual=True, rnnoise_path="")) as engine:
        port: PcmPort = engine.open_pcm_port(RATE_HZ)
        assert not engine.suppresses_noise
        with pytest.raises(Unavailable, match="mixminus\\[noise\\]"):
            port.set_suppressed(True)
        port.set_suppressed(False)


def test_a_library_that_is_none_is_refused() -> None:
    with pytest.raises(Unavailable, match="librnnoise"):
        Engine(EngineConfig(manual=True, rnnoise_path="libm.so.6"))
