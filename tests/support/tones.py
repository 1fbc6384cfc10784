"""Tones, and who can hear them: sines to speak with, an FFT to listen with."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["level_db", "sine", "write_wav"]


def sine(hz: float, seconds: float, *, sample_rate_hz: int = 48_000, peak: float = 0.3) -> NDArray[np.int16]:
    """Return a tone as 16-bit PCM."""
    times = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    return np.asarray(np.sin(2 * np.pi * hz * times) * peak * np.iinfo(np.int16).max, np.int16)


def write_wav(path: Path, pcm: NDArray[np.int16], *, sample_rate_hz: int = 48_000) -> Path:
    """Write mono PCM as a wav file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(pcm.tobytes())
    return path


def level_db(pcm: NDArray[np.int16], hz: float, *, sample_rate_hz: int = 48_000) -> float:
    """Return the level of a tone in ``pcm``, in dB of full scale (a full-scale sine is 0 dB)."""
    window = np.hanning(len(pcm))
    spectrum = np.abs(np.fft.rfft(pcm / np.iinfo(np.int16).max * window)) / (window.sum() / 2)
    bin_hz = sample_rate_hz / len(pcm)
    near = slice(max(0, round(hz / bin_hz) - 3), round(hz / bin_hz) + 4)
    return float(20 * np.log10(max(float(np.max(spectrum[near])), 1e-9)))
