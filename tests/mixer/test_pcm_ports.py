"""What each participant hears, tick by tick, on a manual engine."""

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.errors import Conflict, InvalidArgument
from mixminus.mixer import (
    Bridge,
    Engine,
    EngineConfig,
    PcmPort,
    PortClosed,
    TalkSpurtEnded,
    TalkSpurtStarted,
)
from tests.support.signals import loudness_at, rms, tone

RATE_HZ = 16_000
FRAME = RATE_HZ // 50
LOUD = 8_000.0
# each participant's own tone: whole periods in 100 ms
VOICES_HZ = (400, 700, 1100)


class Room:
    """Three participants that send a tone all the time, each of another pitch."""

    def __init__(self, engine: Engine, bridge: Bridge) -> None:
        self.engine = engine
        self.ports = [engine.open_pcm_port(RATE_HZ) for _ in VOICES_HZ]
        self._voices = [tone(hz, RATE_HZ, RATE_HZ * 9, LOUD) for hz in VOICES_HZ]
        for port, voice in zip(self.ports, self._voices, strict=True):
            port.write(voice)
            port.join(bridge)

    def hear(self, ticks: int = 50) -> list[dict[int, float]]:
        """Run, and return the level of every pitch at each participant in the last 400 ms."""
        self.engine.tick(ticks)
        return [spectrum(port) for port in self.ports]


def spectrum(port: PcmPort) -> dict[int, float]:
    pcm: npt.NDArray[np.int16] = port.read()[-20 * FRAME :]
    return {hz: round(loudness_at(pcm, hz, RATE_HZ) / LOUD, 2) for hz in VOICES_HZ}


@pytest.fixture
def room(engine: Engine) -> Room:
    return Room(engine, engine.open_bridge())


def test_each_participant_hears_all_others_and_not_itself(room: Room) -> None:
    assert room.hear() == [
        {400: 0, 700: 1, 1100: 1},
        {400: 1, 700: 0, 1100: 1},
        {400: 1, 700: 1, 1100: 0},
    ]


def test_a_participant_that_left_is_not_heard_and_hears_nothing(room: Room) -> None:
    room.hear()
    room.ports[1].leave()
    heard = room.hear()
    assert heard[0] == {400: 0, 700: 0, 1100: 1}
    assert heard[1] == {400: 0, 700: 0, 1100: 0}
    assert room.ports[1].bridge is None


def test_a_port_can_rejoin(room: Room) -> None:
    bridge = room.ports[0].bridge
    assert bridge is not None
    room.ports[1].leave()
    room.hear()
    room.ports[1].join(bridge)
    assert room.hear()[0] == {400: 0, 700: 1, 1100: 1}


def test_a_muted_participant_is_not_heard_but_hears(room: Room) -> None:
    room.ports[0].set_muted(True)
    assert room.hear() == [
        {400: 0, 700: 1, 1100: 1},
        {400: 0, 700: 0, 1100: 1},
        {400: 0, 700: 1, 1100: 0},
    ]
    room.ports[0].set_muted(False)
    assert room.hear()[1][400] == 1


def test_a_deafened_participant_hears_nothing_but_is_heard(room: Room) -> None:
    room.ports[0].set_deafened(True)
    heard = room.hear()
    assert heard[0] == {400: 0, 700: 0, 1100: 0}
    assert heard[1] == {400: 1, 700: 0, 1100: 1}


def test_gain_is_in_decibels(room: Room) -> None:
    room.ports[0].set_gain_db(-6.0206)
    assert room.hear()[1][400] == pytest.approx(0.5, abs=0.01)


def test_gain_and_mute_survive_leaving(room: Room) -> None:
    bridge = room.ports[0].bridge
    assert bridge is not None
    room.ports[0].set_gain_db(-6.0206)
    room.ports[1].set_muted(True)
    for port in room.ports[:2]:
        port.leave()
    room.hear()
    for port in room.ports[:2]:
        port.join(bridge)
    assert room.hear()[2] == {400: 0.5, 700: 0, 1100: 0}


def test_an_exception_holds_for_one_pair_only_and_survives_leaving(room: Room) -> None:
    bridge = room.ports[0].bridge
    assert bridge is not None
    room.ports[0].set_hears(room.ports[1], None)
    room.ports[0].set_hears(room.ports[2], -6.0206)
    assert room.hear() == [
        {400: 0, 700: 0, 1100: 0.5},
        {400: 1, 700: 0, 1100: 1},
        {400: 1, 700: 1, 1100: 0},
    ]
    room.ports[0].leave()
    room.ports[0].join(bridge)
    assert room.hear()[0] == {400: 0, 700: 0, 1100: 0.5}
    room.ports[0].set_hears(room.ports[1], 0.0)
    assert room.hear()[0] == {400: 0, 700: 1, 1100: 0.5}


def test_rooms_do_not_hear_each_other(engine: Engine, room: Room) -> None:
    other = Room(engine, engine.open_bridge())
    room.ports[0].close()
    for port in other.ports[1:]:
        port.close()
    room.engine.tick(50)
    assert spectrum(other.ports[0]) == {400: 0, 700: 0, 1100: 0}
    assert spectrum(room.ports[1]) == {400: 0, 700: 0, 1100: 1}


def test_a_private_playout_is_heard_by_one_participant(engine: Engine, room: Room) -> None:
    for port in room.ports:
        port.set_muted(True)
    playout = engine.open_playout(RATE_HZ)
    room.ports[2].play(playout)
    assert playout.write(tone(700, RATE_HZ, RATE_HZ * 2, LOUD)) == RATE_HZ * 2
    playout.finish()
    heard = room.hear()
    assert [spectrum_of[700] for spectrum_of in heard] == [0, 0, 1]
    assert not playout.done
    engine.tick(60)
    assert playout.done
    with pytest.raises(Conflict):
        room.ports[1].play(playout)


def test_a_room_playout_is_heard_by_all(engine: Engine, room: Room) -> None:
    bridge = room.ports[0].bridge
    assert bridge is not None
    for port in room.ports:
        port.set_muted(True)
    playout = bridge.open_playout(8000)
    playout.write(tone(700, 8000, 8000 * 4, LOUD))
    assert [spectrum_of[700] for spectrum_of in room.hear()] == [1, 1, 1]
    playout.close()
    assert [spectrum_of[700] for spectrum_of in room.hear()] == [0, 0, 0]


def test_a_tap_hears_the_mix_and_each_stem(engine: Engine, room: Room) -> None:
    bridge = room.ports[0].bridge
    assert bridge is not None
    with bridge.open_tap(RATE_HZ, stems=True) as tap:
        engine.tick(50)
        records = tap.read()
        assert tap.overruns == 0
        assert tap.position == 50 * FRAME
    mix = np.concatenate([record.pcm for record in records if record.port_id == 0])
    assert len(mix) == 50 * FRAME
    for port, hz in zip(room.ports, VOICES_HZ, strict=True):
        stem = np.concatenate([record.pcm for record in records if record.port_id == port.id])
        assert loudness_at(stem[-20 * FRAME :], hz, RATE_HZ) == pytest.approx(LOUD, rel=0.01)
        assert loudness_at(mix[-20 * FRAME :], hz, RATE_HZ) == pytest.approx(LOUD, rel=0.01)
    assert tap.read() == []


def test_music_on_hold_is_in_no_stem_and_the_others_go_on(engine: Engine, room: Room) -> None:
    """Recordings and transcripts of a room are made from its tap."""
    held, other = room.ports[0], room.ports[1]
    bridge = held.bridge
    assert bridge is not None

    def levels() -> list[int]:
        room.hear()
        with bridge.open_tap(RATE_HZ, stems=True) as tap:
            engine.tick(20)
            records = tap.read()
        found = []
        for id_, hz in ((held.id, 0), (other.id, 1), (0, 0), (0, 1)):
            stem = [record.pcm for record in records if record.port_id == id_]
            loud = loudness_at(np.concatenate(stem), VOICES_HZ[hz], RATE_HZ) if stem else 0
            found.append(round(loud / LOUD))
        return found

    assert levels() == [1, 1, 1, 1]
    held.set_on_hold(True)
    assert levels() == [0, 1, 0, 1]
    held.set_on_hold(True, heard=True)
    assert levels() == [1, 1, 1, 1]
    held.set_on_hold(True)
    held.set_on_hold(False)
    assert levels() == [1, 1, 1, 1]


def test_talk_spurts_emit_events(engine: Engine) -> None:
    bridge = engine.open_bridge()
    talker, listener = engine.open_pcm_port(RATE_HZ), engine.open_pcm_port(RATE_HZ)
    talker.join(bridge)
    listener.join(bridge)
    talker.write(tone(400, RATE_HZ, RATE_HZ, LOUD))
    engine.tick(100)
    assert [(type(event), event.port_id) for event in engine.events()] == [
        (TalkSpurtStarted, talker.id),
        (TalkSpurtEnded, talker.id),
    ]


def test_leaving_while_talking_ends_the_talk_spurt(engine: Engine, room: Room) -> None:
    room.hear()
    engine.events()
    room.ports[0].close()
    engine.tick()
    assert [(type(event), event.port_id) for event in engine.events()] == [(TalkSpurtEnded, room.ports[0].id)]


def test_ports_of_different_rates_hear_each_other(engine: Engine) -> None:
    bridge = engine.open_bridge()
    ports = [engine.open_pcm_port(rate_hz) for rate_hz in (8000, 16_000, 32_000, 48_000)]
    for port in ports:
        port.join(bridge)
    ports[0].write(tone(1000, 8000, 8000 * 2, LOUD))
    engine.tick(60)
    assert bridge.sample_rate_hz == 48_000
    for port in ports[1:]:
        pcm = port.read()[-port.sample_rate_hz // 5 :]
        assert loudness_at(pcm, 1000, port.sample_rate_hz) == pytest.approx(LOUD, rel=0.02)


def test_ticks_of_ten_milliseconds_carry_audio() -> None:
    with Engine(EngineConfig(manual=True, ptime_ms=10)) as engine, engine.open_bridge() as bridge:
        speaker, listener = engine.open_pcm_port(RATE_HZ), engine.open_pcm_port(RATE_HZ)
        speaker.join(bridge)
        listener.join(bridge)
        speaker.write(tone(400, RATE_HZ, RATE_HZ, LOUD))
        engine.tick(100)
        heard = listener.read()
        assert len(heard) == RATE_HZ
        assert rms(heard[RATE_HZ // 2 :]) == pytest.approx(LOUD / np.sqrt(2), rel=0.01)


def test_unread_audio_is_dropped_and_counted(engine: Engine) -> None:
    port = engine.open_pcm_port(8000)
    port.join(engine.open_bridge())
    engine.tick(1100)
    assert len(port.read()) == 1024 * 160
    assert port.statistics().counters["pcm_overrun"] == 76
    assert engine.counters()["pcm_overrun"] == 76


def test_calls_on_closed_objects_raise(engine: Engine) -> None:
    bridge = engine.open_bridge()
    port = engine.open_pcm_port(8000)
    port.join(bridge)
    bridge.close()
    bridge.close()
    assert port.bridge is None
    with pytest.raises(Conflict):
        port.join(bridge)
    port.close()
    port.close()
    with pytest.raises(PortClosed):
        port.read()
    with pytest.raises(PortClosed):
        port.set_muted(True)
    port.leave()
    engine.close()
    with pytest.raises(PortClosed):
        engine.open_bridge()
    assert engine.events() == []


@pytest.mark.parametrize("rate_hz", [0, 11_025, 96_000])
def test_an_odd_rate_is_refused(engine: Engine, rate_hz: int) -> None:
    with pytest.raises(InvalidArgument):
        engine.open_pcm_port(rate_hz)


def test_a_gain_above_the_limit_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidArgument):
        engine.open_pcm_port(8000).set_gain_db(60)


def test_tick_requires_a_manual_engine() -> None:
    with Engine() as engine, pytest.raises(Conflict):
        engine.tick()


def test_a_private_playout_waits_for_a_free_slot(engine: Engine) -> None:
    """A bridge has room for 64 playouts; the next is heard, whole, when another has gone."""
    bridge = engine.open_bridge()
    port = engine.open_pcm_port(8000)
    port.join(bridge)
    playouts = [engine.open_playout(8000) for _ in range(65)]
    for playout in playouts:
        port.play(playout)
    playouts[-1].write(tone(400, 8000, 1600, LOUD))
    engine.tick(5)
    assert playouts[-1].pending == 1600
    assert port.statistics().counters["playout_delayed"] == 6
    playouts[0].close()
    engine.tick(5)
    assert playouts[-1].pending == 800


def test_a_deafened_participant_hears_its_private_playouts(room: Room) -> None:
    room.ports[0].set_deafened(True)
    with room.engine.open_playout(RATE_HZ) as playout:
        playout.write(tone(1500, RATE_HZ, RATE_HZ * 2, LOUD))
        room.ports[0].play(playout)
        room.engine.tick(50)
        pcm = [port.read()[-20 * FRAME :] for port in room.ports]
    assert [round(loudness_at(each, 1500, RATE_HZ) / LOUD, 2) for each in pcm] == [1, 0, 0]
    assert [round(loudness_at(pcm[0], hz, RATE_HZ) / LOUD, 2) for hz in VOICES_HZ] == [0, 0, 0]


def test_hears_itself_adds_only_the_own_voice(room: Room) -> None:
    room.ports[0].set_hears_itself(True)
    assert room.hear()[0] == {400: 1, 700: 1, 1100: 1}
    assert room.hear()[1] == {400: 1, 700: 0, 1100: 1}
    room.ports[0].set_hears_itself(False)
    assert room.hear()[0] == {400: 0, 700: 1, 1100: 1}
