"""Ports that hear a room as Opus packets, on a manual engine."""

from dataclasses import replace

import av
import numpy as np
import numpy.typing as npt
import pytest

from mixminus.errors import InvalidArgument
from mixminus.mixer import Codec, CodecFormat, EncodedPort, Engine, PortClosed
from tests.support.signals import loudness_at, tone

RATE_HZ = 48_000
LOUD = 8_000.0
A_HZ, B_HZ = 400, 700
OPUS = CodecFormat(Codec.OPUS, 111, RATE_HZ, RATE_HZ, fec=True, loss_percent=5)


def decoded(packets: list[bytes]) -> npt.NDArray[np.int16]:
    decoder = av.CodecContext.create("libopus", "r")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    frames = [
        each
        for packet in packets
        for frame in decoder.decode(av.Packet(packet))
        for each in resampler.resample(frame)
    ]
    return np.concatenate([each.to_ndarray()[0] for each in frames]).astype(np.int16)


def heard(port: EncodedPort) -> set[int]:
    """Return the tones that are as loud as they were sent in the last 400 ms; the others are not there."""
    pcm = decoded(port.read())[-RATE_HZ * 2 // 5 :]
    levels = {hz: loudness_at(pcm, hz, RATE_HZ) / LOUD for hz in (A_HZ, B_HZ)}
    found = {hz for hz, level in levels.items() if level > 0.8}
    assert all(hz in found or level < 0.05 for hz, level in levels.items()), levels
    return found


def test_all_of_a_format_share_one_encode_and_what_one_alone_hears_is_encoded_for_it(engine: Engine) -> None:
    bridge = engine.open_bridge()
    talkers = [engine.open_pcm_port(RATE_HZ) for _ in range(2)]
    for talker, hz in zip(talkers, (A_HZ, B_HZ), strict=True):
        talker.write(tone(hz, RATE_HZ, RATE_HZ * 9, LOUD))
        talker.join(bridge)
    engine.tick(50)
    before = engine.counters()
    ports = [engine.open_encoded_port(OPUS) for _ in range(3)]
    for port in ports:
        port.join(bridge)
    engine.tick(50)
    counted = engine.counters()
    assert counted["frames_encoded"] - before["frames_encoded"] == 50 * (1 + len(talkers))
    assert counted["frames_shared"] - before["frames_shared"] == 50 * 2
    assert [heard(port) for port in ports] == [{A_HZ, B_HZ}] * 3
    ports[0].set_hears(talkers[1], None)
    engine.tick(50)
    assert [heard(port) for port in ports] == [{A_HZ}, {A_HZ, B_HZ}, {A_HZ, B_HZ}]


def test_silence_is_sent_too_so_that_a_stream_goes_on(engine: Engine) -> None:
    port = engine.open_encoded_port(OPUS)
    port.join(engine.open_bridge())
    engine.tick(50)
    packets = port.read()
    assert len(packets) == 50
    assert np.abs(decoded(packets)).max() <= 2


def test_unread_packets_are_dropped_and_counted(engine: Engine) -> None:
    port = engine.open_encoded_port(OPUS)
    port.join(engine.open_bridge())
    engine.tick(300)
    assert len(port.read()) == 256
    assert engine.counters()["encoded_overrun"] == 300 - 256


def test_on_no_bridge_there_is_nothing_to_read(engine: Engine) -> None:
    port = engine.open_encoded_port(OPUS)
    engine.tick(10)
    assert port.read() == []
    port.close()
    port.close()
    with pytest.raises(PortClosed):
        port.read()


def test_other_codecs_are_refused(engine: Engine) -> None:
    with pytest.raises(InvalidArgument):
        engine.open_encoded_port(replace(OPUS, codec=Codec.PCMU, clock_rate_hz=8000, sample_rate_hz=8000))
