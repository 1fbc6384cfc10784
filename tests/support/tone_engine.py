"""A speech recognition engine that recognises tones instead of words: certain, and without cost."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixminus.speech.recognition.engine import Recognition
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm
from tests.support.waiting import eventually

__all__ = ["DEADLY_HZ", "load", "word"]

LOUD: Final = 0.01
DEADLY_HZ: Final = 3000
"""A tone that ends the process that recognises it."""
PATIENCE_S: Final = 120.0


def word(frequency_hz: float) -> str:
    """Return the text that the engine recognises in a tone."""
    return f"tone {round(frequency_hz / 10) * 10}"


def load(folder: str) -> "ToneEngine":
    """Load the engine as soon as ``folder`` exists."""
    eventually(Path(folder).exists, timeout_s=PATIENCE_S, what=folder)
    return ToneEngine()


class ToneEngine:
    """Implements ``speech.recognition.engine.Engine``."""

    def voice_detector(self) -> "Loudness":
        return Loudness()

    def recognise(self, pcm: Pcm, language: str) -> Recognition:
        spectrum = np.abs(np.fft.rfft(pcm * np.hanning(pcm.size)))
        frequency_hz = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / pcm.size
        if word(frequency_hz) == word(DEADLY_HZ):
            raise SystemExit(1)
        return Recognition(word(frequency_hz), 0.9)


class Loudness:
    """Implements ``VoiceDetector``: loud audio is speech."""

    def probability(self, window: NDArray[np.float32]) -> float:
        return float(np.sqrt(np.mean(window**2)) > LOUD)
