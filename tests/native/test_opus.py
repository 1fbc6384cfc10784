"""opus.c: encoder settings on the wire, FEC, stereo, and the properties of packets."""

import ctypes
import errno
from collections.abc import Callable

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.mixer.libraries import find_libraries
from tests.support.codec import OPUS, Decoder, Encoder, Format, NativeLibraries, libraries, payload_samples
from tests.support.native import library
from tests.support.signals import rms, speech_like, tone

RATE_HZ = 48000
FRAME = 960
STEREO_BIT = 0x04

Pcm = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


def _format(**settings: int) -> Format:
    return Format(OPUS, RATE_HZ, RATE_HZ, 20, **({"channels": 1, "complexity": 5} | settings))


def _payloads(codec_format: Format, opened: NativeLibraries, pcm: Pcm) -> list[bytes]:
    encoder = Encoder(codec_format, opened)
    return [encoder.encode(frame) for frame in pcm.reshape(-1, FRAME)]


def _carries_fec(opened: NativeLibraries, payload: bytes) -> bool:
    try:
        Decoder(_format(), opened).recover(payload, FRAME)
    except OSError as refusal:
        assert refusal.errno == errno.ENOENT
        return False
    return True


def test_ffmpeg_understands_our_packets(opened: NativeLibraries) -> None:
    pcm = speech_like(RATE_HZ, 50 * FRAME)
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    frames = [
        frame.to_ndarray().ravel()
        for payload in _payloads(_format(), opened, pcm)
        for frame in decoder.decode(av.Packet(payload))
    ]
    ours = Decoder(_format(), opened)
    heard = np.concatenate([ours.decode(payload) for payload in _payloads(_format(), opened, pcm)])
    assert np.array_equal(np.concatenate(frames)[: len(heard)], heard)


@pytest.mark.parametrize("bitrate_bps", [12_000, 24_000, 40_000])
def test_the_bit_rate_is_kept(opened: NativeLibraries, bitrate_bps: int) -> None:
    payloads = _payloads(_format(bitrate_bps=bitrate_bps), opened, speech_like(RATE_HZ, 150 * FRAME))
    assert 0.65 * bitrate_bps < sum(map(len, payloads)) * 8 / 3 < 1.1 * bitrate_bps


def test_silence_goes_on_in_packets(opened: NativeLibraries) -> None:
    payloads = _payloads(_format(), opened, np.zeros(100 * FRAME, np.int16))
    assert min(map(len, payloads)) > 2


@pytest.mark.parametrize("channels", [1, 2])
def test_a_decoder_takes_both_mono_and_stereo(opened: NativeLibraries, channels: int) -> None:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.bit_rate = RATE_HZ, "s16", 64_000 * channels
    encoder.layout = "stereo" if channels == 2 else "mono"
    left, right = tone(440, RATE_HZ, 50 * FRAME), tone(1000, RATE_HZ, 50 * FRAME)
    wave = np.stack([left, right][:channels], axis=1).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(wave, format="s16", layout=encoder.layout.name)
    frame.sample_rate = RATE_HZ
    payloads = [bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]]
    assert bool(payloads[10][0] & STEREO_BIT) == (channels == 2)
    decoder = Decoder(_format(channels=channels), opened)
    heard = np.concatenate([decoder.decode(payload) for payload in payloads])[RATE_HZ // 2 :]
    spectrum = np.abs(np.fft.rfft(heard[: RATE_HZ // 4] * np.hanning(RATE_HZ // 4)))
    peaks = [spectrum[round(frequency / 4)] > 100 * np.median(spectrum) for frequency in (440, 1000)]
    assert peaks == [True, channels == 2]


def test_mono_sound_makes_stereo_payloads_of_the_same_sound(opened: NativeLibraries) -> None:
    pcm = speech_like(RATE_HZ, 50 * FRAME)
    stereo = _format(channels=2, bitrate_bps=96_000)
    decoder = Decoder(stereo, opened)
    heard = np.concatenate([decoder.decode(payload) for payload in _payloads(stereo, opened, pcm)])
    assert rms(heard) == pytest.approx(rms(pcm), rel=0.05)


def test_a_lost_packet_comes_back_from_its_successor(opened: NativeLibraries) -> None:
    codec_format = _format(fec=1, loss_percent=20, bitrate_bps=32_000)
    pcm = speech_like(RATE_HZ, 100 * FRAME)
    payloads = _payloads(codec_format, opened, pcm)
    carriers = {number for number, payload in enumerate(payloads) if _carries_fec(opened, payload)}
    lost = {number - 1 for number in sorted(carriers)[5::5]}
    assert len(lost) > 5
    recovering, concealing, whole = (Decoder(codec_format, opened) for _ in range(3))
    recovered, concealed, clean = [], [], []
    for number, payload in enumerate(payloads):
        clean.append(whole.decode(payload))
        if number in lost:
            recovered.append(recovering.recover(payloads[number + 1], FRAME))
            concealed.append(concealing.conceal(FRAME))
        else:
            recovered.append(recovering.decode(payload))
            concealed.append(concealing.decode(payload))
    errors = [
        rms(np.concatenate(heard).astype(int) - np.concatenate(clean)) for heard in (recovered, concealed)
    ]
    assert errors[0] < 0.75 * errors[1]


def test_what_was_sent_without_fec_recovers_nothing(opened: NativeLibraries) -> None:
    payloads = _payloads(_format(), opened, speech_like(RATE_HZ, 20 * FRAME))
    assert not any(_carries_fec(opened, payload) for payload in payloads)


def test_celt_carries_no_fec(opened: NativeLibraries) -> None:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.options = {"application": "lowdelay", "fec": "1"}
    encoder.sample_rate, encoder.format, encoder.layout = RATE_HZ, "s16", "mono"
    frame = av.AudioFrame.from_ndarray(
        speech_like(RATE_HZ, 20 * FRAME).reshape(1, -1), format="s16", layout="mono"
    )
    frame.sample_rate = RATE_HZ
    payloads = [bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]]
    assert not any(_carries_fec(opened, payload) for payload in payloads)


def test_an_odd_frame_length_is_refused(opened: NativeLibraries) -> None:
    with pytest.raises(OSError) as refusal:
        Encoder(_format(), opened).encode(np.zeros(961, np.int16))
    assert refusal.value.errno == errno.EINVAL
    with pytest.raises(OSError) as refusal:
        Decoder(_format(), opened).conceal(100)
    assert refusal.value.errno == errno.EINVAL


@given(st.binary(max_size=80))
def test_any_bytes_are_decoded_to_what_they_say_or_refused(payload: bytes) -> None:
    opened = libraries()
    said = payload_samples(_format(), payload)
    assert said == -errno.EBADMSG or 120 <= said <= 5760
    try:
        decoded = len(Decoder(_format(), opened).decode(payload))
    except OSError as refusal:
        assert refusal.errno == errno.EBADMSG
    else:
        assert decoded == said


@pytest.fixture(scope="module")
def lbrr() -> Callable[[bytes], int]:
    """Return the result of libopus: 1, 0, or negative of a bad packet (opus_packet_has_lbrr, since 1.5)."""
    function = ctypes.CDLL(find_libraries().opus_path).opus_packet_has_lbrr
    return lambda payload: int(function(payload, len(payload)))


@pytest.mark.parametrize("frame_ms", [10, 20, 40, 60])
@pytest.mark.parametrize("channels", [1, 2])
def test_fec_is_seen_where_libopus_sees_it(
    opened: NativeLibraries, lbrr: Callable[[bytes], int], frame_ms: int, channels: int
) -> None:
    codec_format = _format(channels=channels, fec=1, loss_percent=20, bitrate_bps=32_000 * channels)
    encoder = Encoder(codec_format, opened)
    frames = speech_like(RATE_HZ, 3 * RATE_HZ).reshape(-1, RATE_HZ // 1000 * frame_ms)
    seen = []
    for frame in frames:
        payload = encoder.encode(frame)
        seen.append(_carries_fec(opened, payload))
        assert seen[-1] == lbrr(payload)
    assert any(seen)


@settings(max_examples=500)
@given(payload=st.binary(min_size=1, max_size=40))
def test_fec_is_seen_in_any_bytes_where_libopus_sees_it(lbrr: Callable[[bytes], int], payload: bytes) -> None:
    function = library().mm_opus_packet_has_fec
    function.restype = ctypes.c_bool
    exact = (ctypes.c_uint8 * len(payload)).from_buffer_copy(payload)
    seen = function(exact, ctypes.c_size_t(len(payload)))
    assert lbrr(payload) in (seen, *range(-7, 0))
