"""The receiver: packets of real codecs in, frames out, over networks that are not kind."""

import errno

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.codec import G722, OPUS, PCMA, PCMU, Encoder, Format, NativeLibraries, libraries
from tests.support.packets import event, rough_network, rtp
from tests.support.receiver import SILENCE_DBOV, Heard, Receiver, listen
from tests.support.signals import rms, speech_like, tone

TONE_HZ = 400
AMPLITUDE = 10_000

FORMATS = {
    "PCMU": Format(PCMU, 8000, 8000, 20, payload_type=0, channels=1),
    "PCMA": Format(PCMA, 8000, 8000, 20, payload_type=8, channels=1),
    "G722": Format(G722, 8000, 16000, 20, payload_type=9, channels=1),
    "opus": Format(
        OPUS,
        48000,
        48000,
        20,
        payload_type=111,
        channels=1,
        complexity=5,
        bitrate_bps=32000,
        fec=True,
        loss_percent=10,
    ),
}
EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS)

Pcm = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


def stream(  # noqa: PLR0913 - a sender has many ways
    codec_format: Format,
    opened: NativeLibraries,
    *,
    seconds: float = 2.0,
    ptime_ms: float = 20,
    first: int = 100,
    start_ms: float = 0.0,
    pcm: Pcm | None = None,
    level: tuple[int, int] | None = None,
    ssrc: int = 0x1234,
) -> list[tuple[float, bytes]]:
    """A tone (or `pcm`) as (sending time in ms, packet) pairs."""
    encoder = Encoder(codec_format, opened)
    nsamples = round(codec_format.sample_rate_hz * ptime_ms / 1000)
    ticks = round(codec_format.clock_rate_hz * ptime_ms / 1000)
    count = round(seconds * 1000 / ptime_ms)
    if pcm is None:
        pcm = tone(TONE_HZ, codec_format.sample_rate_hz, count * nsamples, AMPLITUDE)
    origin = round(start_ms * codec_format.clock_rate_hz / 1000)
    return [
        (
            start_ms + n * ptime_ms,
            rtp(
                first + n,
                origin + n * ticks,
                encoder.encode(pcm[n * nsamples : (n + 1) * nsamples]),
                payload_type=codec_format.payload_type,
                level=level,
                ssrc=ssrc,
            ),
        )
        for n in range(count)
    ]


def worst_step(pcm: Pcm) -> int:
    """The largest difference of neighbours: a click shows here."""
    return int(np.max(np.abs(np.diff(pcm.astype(np.int32)))))


def tone_step(sample_rate_hz: int) -> float:
    return AMPLITUDE * 2 * np.pi * TONE_HZ / sample_rate_hz


def share_of_tone(pcm: Pcm, sample_rate_hz: int) -> float:
    """Part of the power that lies within 20 Hz of the tone."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm)))) ** 2
    frequencies = np.fft.rfftfreq(len(pcm), 1 / sample_rate_hz)
    return float(spectrum[np.abs(frequencies - TONE_HZ) < 20].sum() / spectrum.sum())


def steady(heard: Heard, ticks: int) -> Pcm:
    """The frames from 100 ms after the first sound on."""
    return np.concatenate(heard.frames[heard.first + 5 : heard.first + ticks])


@EVERY_FORMAT
def test_a_clean_stream_comes_through_whole(name: str, opened: NativeLibraries) -> None:
    codec_format = FORMATS[name]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, stream(codec_format, opened), until_ms=2000)
        assert receiver.sample_rate_hz == codec_format.sample_rate_hz
        assert set(receiver.counters) == {"rtp_received", "rtp_received_bytes", "frames_decoded"}
    assert heard.first * 20 <= 40
    assert share_of_tone(steady(heard, 95), codec_format.sample_rate_hz) > 0.99
    assert max(heard.delays_ms) < 40
    assert set(heard.levels[: heard.first]) == {SILENCE_DBOV}


@EVERY_FORMAT
@pytest.mark.parametrize("seed", [1, 2])
def test_loss_jitter_reordering_and_copies_make_no_click_and_no_gap(
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


def test_a_codec_of_another_clock_starts_a_new_timeline(opened: NativeLibraries) -> None:
    narrow, opus = FORMATS["PCMU"], FORMATS["opus"]
    arrivals = stream(narrow, opened, seconds=1) + stream(opus, opened, seconds=1, first=150, start_ms=1000)
    with Receiver([narrow, opus], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=2000)
        assert receiver.sample_rate_hz == 48000
    assert share_of_tone(np.concatenate(heard.frames[60:]), 48000) > 0.98


def test_a_new_ssrc_is_followed_and_a_stray_packet_is_not(opened: NativeLibraries) -> None:
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


def test_digits_come_once_and_are_not_lost_audio(opened: NativeLibraries) -> None:
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


def test_in_band_tones_beside_the_events_are_hushed(opened: NativeLibraries) -> None:
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


def test_a_level_told_by_the_client_saves_the_decoding(opened: NativeLibraries) -> None:
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


def test_an_opus_voice_that_was_skipped_starts_clean(opened: NativeLibraries) -> None:
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


def test_skipping_and_pulling_count_the_same(opened: NativeLibraries) -> None:
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
def test_the_end_of_a_stream_fades_and_its_return_does_not_click(name: str, opened: NativeLibraries) -> None:
    codec_format = FORMATS[name]
    talk = stream(codec_format, opened, seconds=1.5)
    arrivals = talk[:25] + talk[50:]
    with Receiver([codec_format], opened) as receiver:
        heard = listen(receiver, arrivals, until_ms=1480)
        assert receiver.counters["jbuf_underrun"] <= 5
    assert all(heard.silent[36:50])
    # The first frame is G.722's: its predictor meets a tone out of nothing.
    assert worst_step(np.concatenate(heard.frames[2:])) < 2 * tone_step(codec_format.sample_rate_hz)
    assert rms(np.concatenate(heard.frames[55:])) > AMPLITUDE / 2


@pytest.mark.parametrize("drift_ppm", [-200, 200])
def test_a_drifting_sender_is_followed_without_a_click(drift_ppm: int, opened: NativeLibraries) -> None:
    """Ten times as fast as quartz drifts, to be seen in 20 s."""
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


def test_a_burst_after_a_stall_is_shortened_back(opened: NativeLibraries) -> None:
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


@pytest.mark.parametrize(
    ("packet", "counter", "error"),
    [
        pytest.param(b"", "rtp_malformed", errno.EBADMSG, id="nothing"),
        pytest.param(bytes(12), "rtp_malformed", errno.EBADMSG, id="version 0"),
        pytest.param(
            rtp(1, 1, b"x", payload_type=77), "rtp_unknown_payload_type", errno.ENOENT, id="unknown"
        ),
        pytest.param(rtp(1, 1, b"x", payload_type=101), "rtp_malformed", errno.EBADMSG, id="short event"),
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
def test_what_cannot_be_used_is_counted_by_name(
    packet: bytes, counter: str, error: int, opened: NativeLibraries
) -> None:
    with Receiver([FORMATS["PCMU"], FORMATS["opus"]], opened, dtmf_payload_type=101) as receiver:
        assert receiver.packet(packet, at_ms=0) == -error
        assert receiver.counters[counter] == 1


def test_an_empty_packet_keeps_the_stream_alive(opened: NativeLibraries) -> None:
    with Receiver([FORMATS["PCMU"]], opened) as receiver:
        assert receiver.packet(rtp(1, 1, b""), at_ms=40) == 0
        assert receiver.last_packet_ms == 40


@pytest.mark.parametrize(
    ("formats", "settings"),
    [
        pytest.param([], {}, id="no format"),
        pytest.param([FORMATS["PCMU"]], {"ptime_ms": 40}, id="a tick too long"),
        pytest.param([FORMATS["PCMU"]], {"max_delay_ms": 20}, id="a cap below the least delay"),
    ],
)
def test_nonsense_is_refused_at_opening(
    formats: list[Format], settings: dict[str, int], opened: NativeLibraries
) -> None:
    assert Receiver(formats, opened, **settings).error == -errno.EINVAL


def test_opus_without_its_library_is_refused_at_opening() -> None:
    assert Receiver([FORMATS["opus"]], NativeLibraries()).error == -errno.ENOSYS
