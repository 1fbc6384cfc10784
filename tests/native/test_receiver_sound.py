"""The audio of a receiver: with any packet length, network and drift, heard or skipped."""

import numpy as np
import pytest

from tests.support.codec import NativeLibraries, libraries
from tests.support.packets import rough_network, rtp
from tests.support.receiver import SILENCE_DBOV, Receiver, listen
from tests.support.signals import rms, speech_like
from tests.support.streams import AMPLITUDE, FORMATS, share_of_tone, stream, tone_step, worst_step

EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS)


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


@EVERY_FORMAT
def test_a_clean_stream_is_reproduced(name: str, opened: NativeLibraries) -> None:
    codec_format = FORMATS[name]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, stream(codec_format, opened), until_ms=2000)
        assert receiver.sample_rate_hz == codec_format.sample_rate_hz
        assert set(receiver.counters) == {"rtp_received", "rtp_received_bytes", "frames_decoded"}
    assert heard.first * 20 <= 40
    assert (
        share_of_tone(
            np.concatenate(heard.frames[heard.first + 5 : heard.first + 95]), codec_format.sample_rate_hz
        )
        > 0.99
    )
    assert max(heard.delays_ms) < 40
    assert set(heard.levels[: heard.first]) == {SILENCE_DBOV}


@EVERY_FORMAT
@pytest.mark.parametrize("seed", [1, 2])
def test_loss_jitter_reordering_and_duplicates_cause_no_click_or_gap(
    name: str, seed: int, opened: NativeLibraries
) -> None:
    codec_format = FORMATS[name]
    arrivals = rough_network(
        stream(codec_format, opened, seconds=6), seed=seed, loss=0.1, jitter_ms=50, copies=0.1
    )
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=6000)
        counters = receiver.counters
    assert {"jbuf_lost", "jbuf_reordered", "jbuf_duplicate", "frames_concealed"} <= counters.keys()
    assert max(heard.delays_ms) < 200
    frames = heard.frames[heard.first + 2 :]
    assert worst_step(np.concatenate(frames)) < 2.5 * tone_step(codec_format.sample_rate_hz)
    loud = [rms(frame) > AMPLITUDE / 20 for frame in frames]
    assert loud.count(False) <= 2
    assert np.median([rms(frame) for frame in frames]) > AMPLITUDE / 2


@pytest.mark.parametrize(
    ("name", "ptime_ms"),
    [("PCMU", 10), ("PCMU", 30), ("PCMU", 60), ("G722", 40)]
    + [("opus", ptime) for ptime in (2.5, 5, 10, 40, 60, 120)],
)
@pytest.mark.parametrize("tick_ms", [10, 20])
def test_packets_of_any_length_become_frames(
    name: str, ptime_ms: float, tick_ms: int, opened: NativeLibraries
) -> None:
    codec_format = FORMATS[name]
    arrivals = [
        (sent + ptime_ms, packet)
        for sent, packet in stream(codec_format, opened, seconds=1.8, ptime_ms=ptime_ms)
    ]
    with Receiver([codec_format], opened, ptime_ms=tick_ms) as receiver:
        heard = listen(receiver, arrivals, until_ms=1700)
        assert (
            not {"frames_concealed", "jbuf_lost", "jbuf_underrun", "jbuf_overrun"} & receiver.counters.keys()
        )
    pcm = np.concatenate(heard.frames[heard.first + 5 :])
    assert worst_step(pcm) < 1.5 * tone_step(codec_format.sample_rate_hz)
    assert share_of_tone(pcm, codec_format.sample_rate_hz) > 0.98


def test_opus_recovers_a_lost_packet_from_the_next(opened: NativeLibraries) -> None:
    codec_format = FORMATS["opus"]
    pcm = speech_like(48000, 48000 * 3)
    arrivals = [
        pair
        for n, pair in enumerate(stream(codec_format, opened, seconds=3, pcm=pcm))
        if n < 25 or n % 10 != 0
    ]
    with Receiver([codec_format], opened) as receiver:
        listen(receiver, arrivals, until_ms=2900)
        assert receiver.counters["frames_recovered"] >= 8


def test_a_signalled_level_avoids_decoding(opened: NativeLibraries) -> None:
    codec_format = FORMATS["opus"]
    arrivals = stream(codec_format, opened, seconds=1, level=(1, 0x80 | 33))
    with Receiver([codec_format], opened, level_extension_id=1) as receiver:
        levels = []
        for tick in range(50):
            receiver.packet(arrivals[tick][1], at_ms=arrivals[tick][0])
            levels.append(receiver.peek(at_ms=tick * 20 + 7))
            receiver.skip()
        assert set(levels[3:]) == {33}
        assert set(levels[:1]) == {SILENCE_DBOV}
        assert "frames_decoded" not in receiver.counters
        assert receiver.counters["frames_skipped"] >= 48


def test_a_skipped_opus_stream_resumes_without_artefacts(opened: NativeLibraries) -> None:
    codec_format = FORMATS["opus"]
    arrivals = stream(codec_format, opened, seconds=1.5, level=(1, 20))
    heard = []
    with (
        Receiver([codec_format], opened, level_extension_id=1) as always,
        Receiver([codec_format], opened, level_extension_id=1) as late,
    ):
        for tick in range(70):
            for receiver in (always, late):
                receiver.packet(arrivals[tick][1], at_ms=arrivals[tick][0])
                receiver.peek(at_ms=tick * 20 + 7)
            reference = always.pull()
            if tick < 40:
                late.skip()
            else:
                heard.append((reference, late.pull()))
        assert late.counters["frames_decoded"] == 30
    for reference, frame in heard[1:]:
        assert reference is not None
        assert frame is not None
        assert rms(frame.astype(np.int32) - reference) < 0.05 * rms(reference)
    first = heard[0][1]
    assert first is not None
    assert worst_step(np.concatenate([np.zeros(1, np.int16), first])) < 2 * tone_step(48000)


def test_skipping_and_pulling_consume_the_same_audio(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    arrivals = rough_network(
        stream(codec_format, opened, seconds=4, level=(1, 20)), seed=5, loss=0.1, jitter_ms=12, copies=0.1
    )
    counted = []
    for pulls in (True, False):
        with Receiver([codec_format], opened, level_extension_id=1) as receiver:
            waiting = list(arrivals)
            for tick in range(195):
                at = tick * 20 + 7.0
                while waiting and waiting[0][0] <= at:
                    when, packet = waiting.pop(0)
                    receiver.packet(packet, at_ms=when)
                receiver.peek(at_ms=at)
                if pulls:
                    receiver.pull()
                else:
                    receiver.skip()
            counted.append(
                {name: count for name, count in receiver.counters.items() if name.startswith("jbuf")}
            )
    assert counted[0] == counted[1]


@EVERY_FORMAT
def test_a_stream_fades_out_at_its_end_and_resumes_without_a_click(
    name: str, opened: NativeLibraries
) -> None:
    codec_format = FORMATS[name]
    talk = stream(codec_format, opened, seconds=1.5)
    arrivals = talk[:25] + talk[50:]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=1480)
        assert receiver.counters["jbuf_underrun"] <= 5
    assert all(heard.silent[36:50])
    # The first frame is G.722's: its predictor starts without history.
    assert worst_step(np.concatenate(heard.frames[2:])) < 2 * tone_step(codec_format.sample_rate_hz)
    assert rms(np.concatenate(heard.frames[55:])) > AMPLITUDE / 2


@pytest.mark.parametrize("drift_ppm", [-200, 200])
def test_sender_drift_is_followed_without_a_click(drift_ppm: int, opened: NativeLibraries) -> None:
    """Ten times the drift of a quartz, so that 20 s suffice."""
    codec_format = FORMATS["PCMU"]
    arrivals = [
        (sent * (1 - drift_ppm * 10 / 1e6), packet)
        for sent, packet in stream(codec_format, opened, seconds=20)
    ]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=arrivals[-1][0])
        counters = receiver.counters
    assert counters["time_shortened" if drift_ppm > 0 else "time_lengthened"] >= 2
    assert counters.get("jbuf_underrun", 0) + counters.get("jbuf_overrun", 0) == 0
    assert max(heard.delays_ms) < 70
    assert worst_step(np.concatenate(heard.frames[heard.first + 1 :])) < 1.5 * tone_step(8000)


def test_the_delay_after_a_burst_is_reduced_again(opened: NativeLibraries) -> None:
    codec_format = FORMATS["PCMU"]
    arrivals = [
        (max(sent, 1150.0) if 1000 <= sent < 1150 else sent, packet)
        for sent, packet in stream(codec_format, opened, seconds=12)
    ]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=11_900)
        counters = receiver.counters
    assert counters["time_shortened"] >= 5
    assert max(heard.delays_ms) < 200
    assert heard.delays_ms[-1] < 70
    assert worst_step(np.concatenate(heard.frames[heard.first + 1 :])) < 2 * tone_step(8000)


def test_opus_dtx_is_silence_not_an_underrun(opened: NativeLibraries) -> None:
    """A packet that is only a TOC octet begins DTX; the next comes 400 ms later."""
    codec_format = FORMATS["opus"]
    talk = stream(codec_format, opened, seconds=0.5, first=100)
    pause = (500.0, rtp(125, 25 * 960, b"\x48", payload_type=111))
    again = stream(codec_format, opened, seconds=0.5, first=126, start_ms=920)
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, [*talk, pause, *again], until_ms=1440)
        assert not {"jbuf_underrun", "jbuf_lost", "frames_concealed"} & receiver.counters.keys()
        assert receiver.counters["frames_decoded"] == 51
    assert all(heard.silent[30:46])
    assert worst_step(heard.pcm) < 1.5 * tone_step(48000)
