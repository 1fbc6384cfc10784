"""Tones and their measurement: each participant sends its own tone, and an FFT shows who hears whom."""

import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pcm = npt.NDArray[np.int16]

TONES_HZ = (440.0, 620.0, 860.0, 1130.0, 1490.0, 1950.0, 2470.0, 3050.0)
"""No tone is near a harmonic, a sum or a difference of two others; all fit an 8 kHz line."""


def tone(
    frequency_hz: float, seconds: float, *, sample_rate_hz: int = 48000, amplitude: float = 6000.0
) -> Pcm:
    """Return a sine, int16 mono."""
    t = np.arange(int(seconds * sample_rate_hz)) / sample_rate_hz
    return np.rint(amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.int16)


def write_wav(path: Path, pcm: Pcm, sample_rate_hz: int = 48000) -> Path:
    """Write 16-bit mono PCM."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sample_rate_hz)
        out.writeframes(pcm.tobytes())
    return path


def read_wav(path: Path) -> tuple[Pcm, int]:
    """Read 16-bit PCM, first channel; the sizes in the header are ignored, as a file may still be growing."""
    raw = path.read_bytes()
    channels, sample_rate_hz = struct.unpack_from("<HI", raw, raw.index(b"fmt ") + 10)
    start = raw.index(b"data") + 8
    usable = (len(raw) - start) // (2 * channels) * 2 * channels
    return np.frombuffer(raw[start : start + usable], np.int16)[::channels], sample_rate_hz


def level_db(pcm: Pcm, frequency_hz: float, *, sample_rate_hz: int = 48000) -> float:
    """Return the power at one frequency, dB relative to a full-scale sine."""
    window = np.blackman(len(pcm))
    spectrum = np.abs(np.fft.rfft(pcm * window)) / (window.sum() / 2) / 32768.0
    bin_hz = sample_rate_hz / len(pcm)
    centre = frequency_hz / bin_hz
    near = spectrum[max(0, int(centre) - 3) : int(centre) + 5]
    return float(20 * np.log10(near.max() + 1e-9))


def heard(pcm: Pcm, sample_rate_hz: int, frequencies_hz: tuple[float, ...]) -> dict[float, float]:
    """Return the level of every frequency, dB."""
    return {
        frequency: level_db(pcm, frequency, sample_rate_hz=sample_rate_hz) for frequency in frequencies_hz
    }


def loudest_stretch(pcm: Pcm, sample_rate_hz: int, seconds: float) -> Pcm:
    """Return the part with the most energy, to leave out joins and leaves."""
    size = min(len(pcm), int(seconds * sample_rate_hz))
    energy = np.cumsum(np.concatenate([[0.0], pcm.astype(np.float64) ** 2]))
    start = int(np.argmax(energy[size:] - energy[:-size])) if len(pcm) > size else 0
    return pcm[start : start + size]
