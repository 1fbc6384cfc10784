"""The receiver: the sources that it accepts, the handling of each kind of packet, and what it rejects."""

import errno

import numpy as np
import pytest

from tests.support.codec import Format, NativeLibraries, libraries
from tests.support.packets import event, rtp
from tests.support.receiver import Receiver, listen
from tests.support.signals import rms
from tests.support.streams import AMPLITUDE, FORMATS, share_of_tone, stream, tone_step, worst_step


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


def test_a_change_of_codec_changes_the_sample_rate(opened: NativeLibraries) -> None:
    narrow, wide = FORMATS["PCMU"], FORMATS["G722"]
    arrivals = stream(narrow, opened, seconds=1) + stream(wide, opened, seconds=1, first=150, start_ms=1000)
    with Receiver([narrow, wide], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=2000)
        assert receiver.sample_rate_hz == 16000
        assert "jbuf_overrun" not in receiver.counters
    lengths = [len(frame) for frame in heard.frames]
    assert lengths == sorted(lengths)
    assert lengths.count(160) in (51, 52)
    assert worst_step(heard.pcm) < 1.5 * tone_step(8000)


def test_a_codec_with_another_clock_starts_a_new_timeline(opened: NativeLibraries) -> None:
    narrow, opus = FORMATS["PCMU"], FORMATS["opus"]
    arrivals = stream(narrow, opened, seconds=1) + stream(opus, opened, seconds=1, first=150, start_ms=1000)
    with Receiver([narrow, opus], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=2000)
        assert receiver.sample_rate_hz == 48000
    assert share_of_tone(np.concatenate(heard.frames[60:]), 48000) > 0.98


def test_a_new_ssrc_is_followed_and_a_single_stray_packet_is_not(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    arrivals = stream(codec_format, opened, seconds=1) + stream(
        codec_format, opened, seconds=1, first=40_000, start_ms=1000, ssrc=0x9999
    )
    stray = [(500.0, rtp(7, 7, bytes(160), ssrc=0x5555))]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals + stray, until_ms=2000)
        assert receiver.counters["rtp_ssrc_changed"] == 1
        assert receiver.counters["rtp_probation"] == 2
    assert share_of_tone(np.concatenate(heard.frames[60:]), 8000) > 0.98
    assert worst_step(heard.pcm) < 1.5 * tone_step(8000)


def test_a_new_ssrc_after_a_pause_loses_nothing(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    arrivals = stream(codec_format, opened, seconds=0.5) + stream(
        codec_format, opened, seconds=0.5, first=9, start_ms=800, ssrc=0x9999
    )
    with Receiver([codec_format], opened) as receiver:
        listen(receiver, arrivals, until_ms=1400)
        assert "rtp_probation" not in receiver.counters
        assert receiver.counters["frames_decoded"] == 50


@pytest.mark.parametrize("name", ["G722", "opus"])
def test_digits_with_a_clock_of_their_own_are_received_beside_any_codec(
    name: str, opened: NativeLibraries
) -> None:
    """Firefox sends Opus, whose clock is 48 kHz, and events of 8 kHz: with timestamps of either clock."""
    codec_format = FORMATS[name]
    talk = stream(codec_format, opened, seconds=1.5)
    ticks = codec_format.clock_rate_hz // 50
    for timestamp in (25 * ticks, 25 * 160):
        arrivals = talk[:25] + talk[38:]
        for n in range(25, 38):
            payload = event(5, min((n - 24) * 160, 1600), end=n >= 35)
            arrivals.append((n * 20.0, rtp(100 + n, timestamp, payload, payload_type=101, marker=n == 25)))
        with Receiver([codec_format], opened, dtmf_payload_type=101) as receiver:
            heard = listen(receiver, arrivals, until_ms=1480)
            assert "jbuf_lost" not in receiver.counters
        assert heard.digits == [("5", 200)]
        assert rms(np.concatenate(heard.frames[50:])) > AMPLITUDE / 2


def test_digits_are_received_once_and_not_counted_as_lost_audio(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    talk = stream(codec_format, opened, seconds=1.5)
    arrivals = talk[:25] + talk[38:]
    for n in range(25, 38):
        end = n >= 35
        duration = min((n - 24) * 160, 1600)
        arrivals.append(
            (n * 20.0, rtp(100 + n, 25 * 160, event(5, duration, end=end), payload_type=101, marker=n == 25))
        )
    with Receiver([codec_format], opened, dtmf_payload_type=101) as receiver:
        heard = listen(receiver, arrivals, until_ms=1480)
        counters = receiver.counters
    assert heard.digits == [("5", 200)]
    assert counters["digits_received"] == 1
    assert not {"jbuf_lost", "jbuf_underrun", "frames_concealed"} & counters.keys()
    assert sum(heard.silent[28:38]) >= 8
    assert worst_step(heard.pcm) < 1.5 * tone_step(8000)
    assert rms(np.concatenate(heard.frames[45:])) > AMPLITUDE / 2


def test_in_band_tones_beside_events_are_silenced(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    arrivals, sequence = [], 0
    for n, (sent, packet) in enumerate(stream(codec_format, opened, seconds=1.5)):
        arrivals.append((sent, packet[:2] + sequence.to_bytes(2, "big") + packet[4:]))
        sequence += 1
        if 25 <= n < 35:
            payload = event(1, (n - 24) * 160, end=n == 34)
            arrivals.append((sent + 1, rtp(sequence, 25 * 160, payload, payload_type=101, marker=n == 25)))
            sequence += 1
    with Receiver([codec_format], opened, dtmf_payload_type=101) as receiver:
        heard = listen(receiver, arrivals, until_ms=1480)
        assert "jbuf_lost" not in receiver.counters
    assert heard.digits == [("1", 200)]
    assert max(rms(frame) for frame in heard.frames[28:36]) == 0
    assert worst_step(heard.pcm) < 1.5 * tone_step(8000)
    assert rms(np.concatenate(heard.frames[45:])) > AMPLITUDE / 2


@pytest.mark.parametrize(
    ("packet", "counter", "error"),
    [
        pytest.param(
            rtp(1, 1, b"x", payload_type=77), "rtp_unknown_payload_type", errno.ENOENT, id="unknown"
        ),
        pytest.param(rtp(1, 1, b"x", payload_type=101), "rtp_malformed", errno.EBADMSG, id="short event"),
        pytest.param(
            rtp(1, 1, b"crumb", payload_type=0), "frames_undecodable", errno.EBADMSG, id="under 2.5 ms"
        ),
        pytest.param(
            rtp(1, 1, bytes(1400), payload_type=0),
            "frames_undecodable",
            errno.EBADMSG,
            id="too long to be kept",
        ),
        pytest.param(
            rtp(1, 1, b"\xff\xff\xff", payload_type=111), "frames_undecodable", errno.EBADMSG, id="no Opus"
        ),
    ],
)
def test_unusable_packets_are_counted_by_cause(
    packet: bytes, counter: str, error: int, opened: NativeLibraries
) -> None:
    with Receiver([FORMATS["PCMU"], FORMATS["opus"]], opened, dtmf_payload_type=101) as receiver:
        assert receiver.packet(packet, at_ms=0) == -error
        assert receiver.counters[counter] == 1


@pytest.mark.parametrize(
    ("empty_packet_ms", "result"),
    [pytest.param(800, -errno.EAGAIN, id="recent"), pytest.param(40, 0, id="old")],
)
def test_an_empty_packet_keeps_the_stream_alive(
    empty_packet_ms: float, result: int, opened: NativeLibraries
) -> None:
    """While a stream is alive, another SSRC is on probation; after its end, it is accepted immediately."""
    with Receiver([FORMATS["PCMU"]], opened) as receiver:
        assert receiver.packet(rtp(1, 1, bytes(160)), at_ms=0) == 0
        assert receiver.packet(rtp(2, 161, b""), at_ms=empty_packet_ms) == 0
        assert receiver.packet(rtp(7, 7, bytes(160), ssrc=0x5555), at_ms=900) == result


@pytest.mark.parametrize(
    ("formats", "settings"),
    [
        pytest.param([], {}, id="no format"),
        pytest.param([FORMATS["PCMU"]], {"ptime_ms": 40}, id="a tick too long"),
        pytest.param([FORMATS["PCMU"]], {"max_delay_ms": 20}, id="a cap below the least delay"),
    ],
)
def test_an_invalid_config_is_refused_at_opening(
    formats: list[Format], settings: dict[str, int], opened: NativeLibraries
) -> None:
    assert Receiver(formats, opened, **settings).error == -errno.EINVAL


def test_opus_without_its_library_is_refused_at_opening() -> None:
    assert Receiver([FORMATS["opus"]], NativeLibraries()).error == -errno.ENOSYS
