"""The engine with threads, real time and sockets."""

import gc
import os
import resource
import select
import time
from pathlib import Path

import numpy as np
import pytest

from mixminus.errors import InvalidArgument, Unavailable
from mixminus.mixer import Bridge, Engine, EngineConfig, EngineEvent, FirstPacket, Port, PortClosed
from tests.support.phone import RtpPhone
from tests.support.signals import loudness_at, rms, tone
from tests.support.waiting import eventually

LOUD = 8000.0
VOICES_HZ = (400, 700)


def _join(engine: Engine, bridge: Bridge, phone: RtpPhone) -> Port:
    port = engine.open_rtp_port()
    port.configure(phone.media())
    port.join(bridge)
    return port


@pytest.mark.parametrize("shards", [1, 2])
def test_phones_hear_each_other_in_real_time(shards: int) -> None:
    """One packet is answered by one packet, so that the test keeps the engine's own time."""
    with (
        Engine(EngineConfig(shards=shards)) as engine,
        RtpPhone(ssrc=1) as one,
        RtpPhone(ssrc=2) as two,
    ):
        engine.start()
        bridge = engine.open_bridge()
        phones = (one, two)
        ports = [_join(engine, bridge, phone) for phone in phones]
        voices = [tone(hz, 8000, 80 * 160, LOUD).reshape(80, 160) for hz in VOICES_HZ]
        heard: list[list[np.ndarray]] = [[], []]
        received: list[EngineEvent] = []
        for i in range(80):
            for phone, port, voice in zip(phones, ports, voices, strict=True):
                phone.send(port.local_port, voice[i])
            for phone, pcm in zip(phones, heard, strict=True):
                select.select([phone.socket], [], [], 1)
                pcm.append(phone.heard())
            received += engine.events()
        for me, pcm in enumerate(heard):
            last = np.concatenate(pcm)[-1600:]
            own, other = VOICES_HZ[me], VOICES_HZ[1 - me]
            assert loudness_at(last, own, 8000) < loudness_at(last, other, 8000) / 20
            assert rms(last) > LOUD / 4
        assert {event.port_id for event in received if isinstance(event, FirstPacket)} == {
            port.id for port in ports
        }
        assert engine.tick_lateness_us()["ticks"] > 0


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 3, 2), (0, 0, 1, 1)])
def test_packets_that_come_at_once_are_all_received(order: tuple[int, ...]) -> None:
    """From a phone that has sent one packet a tick before, and sends nothing after."""
    with Engine() as engine, RtpPhone() as phone:
        engine.start()
        port = _join(engine, engine.open_bridge(), phone)
        for _ in range(20):
            phone.send(port.local_port)
            select.select([phone.socket], [], [], 1)
            phone.heard()
        first, begin = phone.sequence_number, phone.timestamp
        for each in order:
            phone.sequence_number, phone.timestamp = first + each, begin + 160 * each
            phone.send(port.local_port)
        eventually(lambda: port.statistics().counters["rtp_received"] == 20 + len(order))
        assert port.statistics().counters["jbuf_duplicate"] == len(order) - len(set(order))


def test_the_eventfd_is_readable_when_events_are_queued() -> None:
    with Engine() as engine, RtpPhone() as phone:
        engine.start()
        port = engine.open_rtp_port()
        port.configure(phone.media())
        engine.events()
        phone.send(port.local_port)
        received: list[EngineEvent] = []
        while not received:
            assert select.select([engine.fileno()], [], [], 5)[0]
            received = engine.events()
        assert [event.port_id for event in received] == [port.id]
    assert engine.fileno() == -1


def test_ports_keep_their_settings_when_they_move_between_shards() -> None:
    """Settings made on the way reach the port where it arrives."""
    with Engine(EngineConfig(shards=2)) as engine, RtpPhone() as phone:
        engine.start()
        bridges = [engine.open_bridge() for _ in range(2)]
        listeners = [engine.open_pcm_port(8000) for _ in bridges]
        for listener, bridge in zip(listeners, bridges, strict=True):
            listener.join(bridge)
        port = _join(engine, bridges[0], phone)
        for turn in range(20):
            port.join(bridges[turn % 2])
            port.set_muted(turn != 19)
            port.set_gain_db(0)
        playout = engine.open_playout(8000)
        port.play(playout)
        playout.write(tone(400, 8000, 40_000, LOUD))

        def speak_and_hear() -> bool:
            engine.events()
            phone.send(port.local_port, tone(400, 8000, 160, LOUD))
            return rms(listeners[1].read()) > LOUD / 10

        eventually(speak_and_hear, what="the port speaks on the last bridge")
        eventually(lambda: rms(phone.heard()) > LOUD / 10, what="the playout came along")
        assert rms(listeners[0].read()) < 10


def test_closing_an_engine_under_load_is_clean() -> None:
    with RtpPhone() as phone:
        engine = Engine(EngineConfig(shards=2))
        engine.start()
        mux = engine.open_mux("127.0.0.1", 0)
        bridges = [engine.open_bridge() for _ in range(4)]
        ports = [_join(engine, bridges[i % 4], phone) for i in range(20)]
        muxed = [mux.open_port() for _ in range(5)]
        taps = [bridge.open_tap(stems=True) for bridge in bridges]
        playouts = [bridge.open_playout(16_000) for bridge in bridges]
        private = engine.open_playout(8000)
        muxed[0].play(private)
        for port in ports:
            phone.send(port.local_port)
        eventually(lambda: engine.counters()["rtp_sent"] > 0, what="ports send")
        engine.close()
        engine.close()
        assert all(port.closed for port in (*ports, *muxed))
        assert [tap.read() for tap in taps] == [[]] * 4
        assert all(playout.done for playout in playouts)
        with pytest.raises(PortClosed):
            ports[0].statistics()


def test_an_engine_without_references_is_closed() -> None:
    engine = Engine()
    engine.start()
    engine.open_rtp_port().join(engine.open_bridge())
    del engine
    gc.collect()


def test_an_engine_that_never_started_can_be_closed() -> None:
    with Engine() as engine, RtpPhone() as phone:
        _join(engine, engine.open_bridge(), phone)


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


def test_opening_and_closing_a_thousand_ports_leaks_nothing() -> None:
    with Engine() as engine, RtpPhone() as phone:
        engine.start()
        bridge = engine.open_bridge()
        files = len(os.listdir("/proc/self/fd"))

        def hundred() -> None:
            opened = [_join(engine, bridge, phone) for _ in range(100)]
            engine.events()
            for port in opened:
                port.close()
            eventually(
                lambda: not engine.events() and len(os.listdir("/proc/self/fd")) == files,
                what="all sockets are closed",
            )

        hundred()
        resident = _resident_kib()
        for _ in range(9):
            hundred()
        assert bridge.ports == ()
        # a port is 100 KiB and more: a leak of one in ten would show
        assert _resident_kib() - resident < 9_000


def test_commands_beyond_the_ring_are_queued() -> None:
    """Nothing drains before the start; a bounded queue holds what the ring cannot."""
    with Engine() as engine:
        bridge = engine.open_bridge()
        port, listener = engine.open_pcm_port(8000), engine.open_pcm_port(8000)
        listener.join(bridge)
        port.join(bridge)
        for i in range(6001):
            port.set_muted(i % 2 == 1)
        engine.start()
        port.write(tone(400, 8000, 80_000, LOUD))

        def heard() -> bool:
            engine.events()
            return rms(listener.read()) > LOUD / 2

        eventually(heard, what="the last command is applied")


def test_a_full_command_queue_refuses_commands() -> None:
    with Engine() as engine:
        port = engine.open_pcm_port(8000)
        with pytest.raises(Unavailable):
            for _ in range(100_000):
                port.set_muted(True)
        assert engine.counters()["commands_refused"] == 1


@pytest.mark.parametrize(
    "config",
    [
        EngineConfig(shards=0),
        EngineConfig(shards=65),
        EngineConfig(ptime_ms=30),
        EngineConfig(rtp_host="x" * 60),
    ],
)
def test_an_invalid_config_is_refused(config: EngineConfig) -> None:
    with pytest.raises(InvalidArgument):
        Engine(config)


def test_a_library_that_cannot_be_loaded_fails_at_opening() -> None:
    with pytest.raises(Unavailable):
        Engine(EngineConfig(opus_path="/nonexistent/libopus.so"))


def test_ticks_follow_the_clock() -> None:
    """Absolute deadlines: whatever each tick's lateness, their number follows the clock."""
    with Engine() as engine:
        engine.start()
        eventually(lambda: engine.counters()["ticks"] > 0, what="it ticks")
        started, before = time.monotonic(), engine.counters()["ticks"]
        eventually(lambda: engine.counters()["ticks"] >= before + 50, what="fifty ticks")
        assert time.monotonic() - started >= 49 * 0.020 - 0.020
