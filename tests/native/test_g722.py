"""g722.c against PyAV's codec, bit by bit."""

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests.support.codec import G722, Decoder, Encoder, Format, libraries
from tests.support.signals import speech_like, tone

RATE_HZ = 16000
FORMAT = Format(G722, 8000, RATE_HZ, 20, channels=1)

Pcm = npt.NDArray[np.int16]

SIGNALS = {
    "speech": speech_like(RATE_HZ, 3 * RATE_HZ),
    "full-scale tone": tone(3000, RATE_HZ, RATE_HZ, 32767),
    "upper band": tone(6500, RATE_HZ, RATE_HZ),
    "square wave": np.where(tone(440, RATE_HZ, RATE_HZ) > 0, 32767, -32768).astype(np.int16),
    "noise": np.random.default_rng(3).integers(-32768, 32768, RATE_HZ).astype(np.int16),
    "silence": np.zeros(RATE_HZ, np.int16),
}
each_signal = pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS.keys())


def _encode(pcm: Pcm) -> bytes:
    encoder = Encoder(FORMAT, libraries())
    return b"".join(encoder.encode(frame) for frame in pcm.reshape(-1, 320))


def _decode(payload: bytes) -> Pcm:
    decoder = Decoder(FORMAT, libraries())
    return np.concatenate([decoder.decode(payload[at : at + 160]) for at in range(0, len(payload), 160)])


def _ffmpeg_encode(pcm: Pcm) -> bytes:
    encoder = av.CodecContext.create("g722", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.open()
    payloads = []
    for piece in pcm.reshape(-1, 320):
        frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        payloads += [bytes(packet) for packet in encoder.encode(frame)]
    return b"".join([*payloads, *(bytes(packet) for packet in encoder.encode(None))])


def _ffmpeg_decode(payload: bytes) -> Pcm:
    decoder = av.CodecContext.create("g722", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    return np.concatenate([frame.to_ndarray().ravel() for frame in decoder.decode(av.Packet(payload))])


@each_signal
def test_encoded_as_by_ffmpeg_bit_by_bit(signal: Pcm) -> None:
    assert _encode(signal) == _ffmpeg_encode(signal)


@each_signal
def test_decoded_as_by_ffmpeg_bit_by_bit(signal: Pcm) -> None:
    payload = _encode(signal)
    assert np.array_equal(_decode(payload), _ffmpeg_decode(payload))


def test_any_bytes_are_decoded_as_by_ffmpeg() -> None:
    payload = np.random.default_rng(4).integers(0, 256, 8000).astype(np.uint8).tobytes()
    assert np.array_equal(_decode(payload), _ffmpeg_decode(payload))


def test_the_length_of_frames_makes_no_difference() -> None:
    signal = SIGNALS["speech"][:3200]
    encoder = Encoder(FORMAT, libraries())
    assert encoder.encode(signal, 1600) == _encode(signal)


def test_speech_survives() -> None:
    signal = SIGNALS["speech"]
    heard = _decode(_encode(signal)).astype(np.float64)
    delay = int(np.argmax([np.dot(heard[lag:16000], signal[: 16000 - lag]) for lag in range(60)]))
    noise = heard[delay:] - signal[: len(signal) - delay]
    assert 10 * np.log10(np.mean(signal.astype(float) ** 2) / np.mean(noise**2)) > 20
