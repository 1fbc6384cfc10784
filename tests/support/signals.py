"""Signals with known properties, for tests of signal processing."""

import numpy as np
import numpy.typing as npt

__all__ = ["loudness_at", "rms", "speech_like", "tone"]

Pcm = npt.NDArray[np.int16]


def tone(frequency_hz: float, sample_rate_hz: int, nsamples: int, amplitude: float = 10_000.0) -> Pcm:
    """Return a sine that starts at phase 0."""
    phase = 2 * np.pi * frequency_hz / sample_rate_hz * np.arange(nsamples)
    wave: Pcm = np.round(amplitude * np.sin(phase)).astype(np.int16)
    return wave


def speech_like(sample_rate_hz: int, nsamples: int, *, seed: int = 1, amplitude: float = 8_000.0) -> Pcm:
    """Return a signal like speech: gliding pitch, falling harmonics, four syllables per second, some noise."""
    t = np.arange(nsamples) / sample_rate_hz
    pitch_hz = 120 + 15 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / sample_rate_hz
    voice = sum(np.sin(k * phase) / k for k in range(1, 16))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t)
    noise = np.random.default_rng(seed).normal(0, 0.01, nsamples)
    return np.round(amplitude / 2 * (voice * syllables + noise)).astype(np.int16)


def rms(pcm: npt.NDArray[np.generic]) -> float:
    """Return the root mean square; 0 for an empty signal."""
    return float(np.sqrt(np.mean(np.square(pcm.astype(np.float64))))) if len(pcm) else 0.0


def loudness_at(pcm: Pcm, frequency_hz: float, sample_rate_hz: int) -> float:
    """Return the amplitude at one frequency; exact if the signal has a whole number of its periods."""
    phase = -2j * np.pi * frequency_hz / sample_rate_hz * np.arange(len(pcm))
    return float(2 * np.abs(np.mean(pcm * np.exp(phase)))) if len(pcm) else 0.0
