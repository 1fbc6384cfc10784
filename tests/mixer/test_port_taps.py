"""A tap of one port: what it says and what it hears, in the lobby and in rooms, on one clock."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from mixminus.errors import Exhausted
from mixminus.mixer import HEARD, MIX, Engine, EngineConfig, PcmPort, Port, Tap
from tests.support.phone import RtpPhone
from tests.support.signals import rms, tone

RATE = 16000
FRAME = 320
Pcm = NDArray[np.int64]


class Listening:
    """Lines that a tap's records make up."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.tracks: dict[int, list[tuple[int, NDArray[np.int16]]]] = defaultdict(list)

    def read(self) -> None:
        for record in self.tap.read():
            self.tracks[record.port_id].append((record.first_sample, record.pcm))

    def line(self, port_id: int) -> Pcm:
        line = np.zeros(self.tap.position, np.int64)
        for first, pcm in self.tracks[port_id]:
            line[first : first + pcm.size] += pcm
        return line


def say(engine: Engine, voices: dict[PcmPort, int], ticks: int) -> None:
    for port, hz in voices.items():
        size = port.sample_rate_hz // 50 * ticks
        port.write(tone(hz, port.sample_rate_hz, size, amplitude=6000))
    engine.tick(ticks)


def amplitude(line: Pcm, hz: int) -> float:
    wave = np.exp(-2j * np.pi * hz * np.arange(line.size) / RATE)
    return float(2 * abs(np.dot(line, wave)) / line.size)


def talk(engine: Engine, phone: RtpPhone, port: Port, ticks: int) -> None:
    """Let a phone say 400 Hz, a packet a tick."""
    for frame in tone(400, 8000, ticks * 160, amplitude=6000).reshape(ticks, 160):
        phone.send(port.local_port, frame)
        engine.tick()


@pytest.fixture
def phone(engine: Engine) -> Iterator[RtpPhone]:
    opened = RtpPhone()
    yield opened
    opened.close()


def test_in_the_lobby_a_port_is_heard_only_by_its_tap(engine: Engine, phone: RtpPhone) -> None:
    port = engine.open_rtp_port()
    port.configure(phone.media())
    engine.tick(5)
    listening = Listening(port.open_tap(RATE))
    talk(engine, phone, port, 60)
    listening.read()
    assert listening.tap.position == 60 * FRAME
    said = listening.line(port.id)
    assert amplitude(said[20 * FRAME :], 400) == pytest.approx(6000, rel=0.03)
    assert not listening.line(HEARD).any()
    assert rms(phone.heard()) < 10
    listening.tap.close()


def test_both_sides_add_up_to_the_mix_in_lobby_and_room(engine: Engine, phone: RtpPhone) -> None:
    bridge = engine.open_bridge()
    port, other = engine.open_rtp_port(), engine.open_pcm_port(48000)
    port.configure(phone.media())
    other.join(bridge)
    listening = Listening(port.open_tap(RATE))
    talk(engine, phone, port, 50)
    port.join(bridge)
    other.write(tone(1000, 48000, 150 * 960, amplitude=6000))
    talk(engine, phone, port, 100)
    listening.read()
    port.leave()
    talk(engine, phone, port, 50)
    listening.read()
    assert listening.tap.position == 200 * FRAME
    said, heard = listening.line(port.id), listening.line(HEARD)
    assert np.array_equal(said + heard, listening.line(MIX))
    for at in (20, 80, 120, 170):
        assert amplitude(said[at * FRAME : (at + 20) * FRAME], 400) > 5000
        assert amplitude(said[at * FRAME : (at + 20) * FRAME], 1000) < 30
    assert amplitude(heard[80 * FRAME : 140 * FRAME], 1000) > 5000
    assert amplitude(heard[80 * FRAME : 140 * FRAME], 400) < 30
    assert not heard[: 49 * FRAME].any()
    assert not heard[153 * FRAME :].any()
    listening.tap.close()


def test_a_tap_contains_private_playouts_and_hears_rules(engine: Engine) -> None:
    with engine.open_bridge() as bridge:
        port, first, second = (engine.open_pcm_port(RATE) for _ in range(3))
        for each in (port, first, second):
            each.join(bridge)
        port.set_hears(first, None)
        listening = Listening(port.open_tap(RATE))
        playout = engine.open_playout(RATE)
        port.play(playout)
        playout.write(tone(700, RATE, 50 * FRAME, amplitude=6000))
        say(engine, {first: 400, second: 1000}, 50)
        listening.read()
        heard = listening.line(HEARD)[20 * FRAME : 45 * FRAME]
        assert amplitude(heard, 700) > 5500
        assert amplitude(heard, 1000) > 5500
        assert amplitude(heard, 400) < 20
        listening.tap.close()


def test_a_tap_is_silent_when_muted_but_not_when_below_the_gate(engine: Engine) -> None:
    with engine.open_bridge() as bridge:
        port = engine.open_pcm_port(RATE)
        port.join(bridge)
        listening = Listening(port.open_tap(RATE))
        port.write(tone(400, RATE, 50 * FRAME, amplitude=15))
        engine.tick(50)
        port.set_muted(True)
        say(engine, {port: 400}, 50)
        listening.read()
        said = listening.line(port.id)
        assert rms(said[10 * FRAME : 50 * FRAME]) == pytest.approx(15 / np.sqrt(2), rel=0.1)
        assert not said[51 * FRAME :].any()
        listening.tap.close()


def test_a_tap_can_be_read_after_its_port_is_closed(engine: Engine) -> None:
    port = engine.open_pcm_port(RATE)
    tap = port.open_tap(RATE)
    say(engine, {port: 400}, 10)
    port.close()
    engine.tick(5)
    assert sum(record.port_id == MIX for record in tap.read()) == 10
    assert tap.position == 10 * FRAME
    tap.close()
    engine.tick(2)


def test_the_number_of_taps_of_a_port_is_limited(engine: Engine) -> None:
    port = engine.open_pcm_port(RATE)
    taps = [port.open_tap(RATE) for _ in range(12)]
    with pytest.raises(Exhausted):
        port.open_tap(RATE)
    taps.pop().close()
    engine.tick(1)
    taps.append(port.open_tap(RATE))
    say(engine, {port: 400}, 10)
    assert [tap.position for tap in taps] == [11 * FRAME] * 11 + [10 * FRAME]
    assert all(len(tap.read()) >= 10 for tap in taps)


def test_a_tap_follows_its_port_to_another_shard() -> None:
    with Engine(EngineConfig(manual=True, shards=2)) as engine:
        port = engine.open_pcm_port(RATE)
        listening = Listening(port.open_tap(RATE))
        for _ in range(6):
            with engine.open_bridge() as bridge:
                port.join(bridge)
                say(engine, {port: 400}, 20)
                listening.read()
                port.leave()
        said = listening.line(port.id)
        assert amplitude(said, 400) > 5000
        assert 120 * FRAME - said.size <= 12 * FRAME
        listening.tap.close()
        engine.tick(2)
