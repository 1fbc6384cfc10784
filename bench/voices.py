"""A voice that can be located in a recording: a chirp every half second, in the codecs of the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from tests.support import codec as native
from tests.support.phone import mulaw_decode, mulaw_encode

from mixminus.model.media import Codec, CodecFormat

__all__ = ["OPUS", "PCMU", "PERIOD_FRAMES", "Voice", "Wire", "find_chirp", "likeness"]

PERIOD_FRAMES: Final = 25
_CHIRP_MS: Final = 15
_CHIRP_HZ: Final = (400, 3200)
_CHIRP_AMPLITUDE: Final = 9000
_BREATH_AMPLITUDE: Final = 150
"""Noise between the chirps, loud enough to remain an active talker: no chirp begins with a fade."""
_ALIKE: Final = 0.4

Pcm = npt.NDArray[np.int16]
Likeness = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wire:
    """A codec; each sender and each receiver needs a coder of its own."""

    format: CodecFormat
    encoder: Callable[[], Callable[[Pcm], bytes]]
    decoder: Callable[[], Callable[[bytes], Pcm]]
    lookahead_ms: float
    """Look-ahead of the two encoders on the way, the phone's and ours."""

    @property
    def frame_samples(self) -> int:
        """20 ms, which is the timestamp's step too."""
        return self.format.sample_rate_hz // 50


_OPUS_FORMAT: Final = native.Format(
    id=native.OPUS,
    clock_rate_hz=48000,
    sample_rate_hz=48000,
    ptime_ms=20,
    bitrate_bps=32000,
    payload_type=111,
    channels=1,
    complexity=5,
)
PCMU: Final = Wire(
    CodecFormat(Codec.PCMU, payload_type=0, clock_rate_hz=8000, sample_rate_hz=8000),
    encoder=lambda: mulaw_encode,
    decoder=lambda: mulaw_decode,
    lookahead_ms=0.0,
)
OPUS: Final = Wire(
    CodecFormat(Codec.OPUS, payload_type=111, clock_rate_hz=48000, sample_rate_hz=48000, bitrate_bps=32000),
    encoder=lambda: native.Encoder(_OPUS_FORMAT, native.libraries()).encode,
    decoder=lambda: native.Decoder(_OPUS_FORMAT, native.libraries()).decode,
    lookahead_ms=2 * 6.5,
)


def _chirp(rate_hz: int) -> npt.NDArray[np.float64]:
    t = np.arange(rate_hz * _CHIRP_MS // 1000) / rate_hz
    low, high = _CHIRP_HZ
    phase = 2 * np.pi * (low * t + (high - low) / (2 * t[-1]) * t**2)
    return np.asarray(_CHIRP_AMPLITUDE * np.sin(phase) * np.hanning(len(t)))


class Voice:
    """Endless frames of 20 ms; each ``PERIOD_FRAMES``-th begins with a chirp."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._encode = wire.encoder()
        self._noise = np.random.default_rng(1)
        self._chirp = _chirp(wire.format.sample_rate_hz).astype(np.int16)

    def payload(self, number: int) -> bytes:
        """Return an encoded frame; numbers count up."""
        frame = self._noise.integers(
            -_BREATH_AMPLITUDE, _BREATH_AMPLITUDE, self._wire.frame_samples, dtype=np.int16
        )
        if number % PERIOD_FRAMES == 0:
            frame[: len(self._chirp)] += self._chirp
        return self._encode(frame)


def likeness(heard: Pcm, rate_hz: int) -> Likeness:
    """Return, for each sample, the correlation with a chirp that starts there; 1 is a whole chirp."""
    wanted = _chirp(rate_hz)
    size = len(heard) + len(wanted)
    found = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    return np.asarray(found[: len(heard)] / np.sum(wanted**2))


def find_chirp(alike: Likeness, begin: int, end: int) -> int | None:
    """Return the sample in a range at which a chirp begins; None if none does."""
    part = alike[begin:end]
    if len(part) == 0:
        return None
    at = int(np.argmax(part))
    return begin + at if part[at] > _ALIKE else None
