"""A marker in the audio: a short rising tone whose begin is found to the sample, also in a mix with speech."""

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["MARKER_MS", "Pcm", "find_marker", "likeness", "put_marker"]

Pcm = npt.NDArray[np.int16]
Likeness = npt.NDArray[np.float64]

MARKER_MS: Final = 30
# Inside the band of a telephone; the swing over 2.8 kHz in 30 ms compresses to a peak under a millisecond wide.
_SWEEP_HZ: Final = (400, 3200)
_AMPLITUDE: Final = 9000
_ALIKE: Final = 0.4
"""Recorded speech of three talkers reaches 0.04, a marker in their mix after Opus at least 0.6."""


def _marker(rate_hz: int) -> npt.NDArray[np.float64]:
    t = np.arange(rate_hz * MARKER_MS // 1000) / rate_hz
    low, high = _SWEEP_HZ
    phase = 2 * np.pi * (low * t + (high - low) / (2 * t[-1]) * t**2)
    return np.asarray(_AMPLITUDE * np.sin(phase) * np.hanning(len(t)))


def put_marker(pcm: Pcm, at: int, rate_hz: int) -> None:
    """Replace what is at a sample by a marker, in place."""
    marker = _marker(rate_hz)
    pcm[at : at + len(marker)] = marker


def likeness(heard: Pcm, rate_hz: int) -> Likeness:
    """Return, for each sample, the correlation with a marker that begins there; 1 is a whole marker."""
    wanted = _marker(rate_hz)
    size = 1 << (len(heard) + len(wanted)).bit_length()
    found = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    return np.asarray(found[: len(heard)] / np.sum(wanted**2))


def find_marker(alike: Likeness, begin: int, end: int) -> int | None:
    """Return the sample in a range at which a marker begins; None if none does."""
    part = alike[max(begin, 0) : end]
    if len(part) == 0:
        return None
    at = int(np.argmax(part))
    return max(begin, 0) + at if part[at] > _ALIKE else None
