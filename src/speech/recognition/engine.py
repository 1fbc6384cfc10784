"""Engine: the interface of speech recognition; ``whisper`` is the engine that comes with mixminus.

Batch recognises whole utterances. Streaming recognises an utterance repeatedly while it grows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mixminus.speech.recognition.messages import Pcm

__all__ = ["AUTOMATIC", "Engine", "Load", "Recognition", "VoiceDetector", "loader"]


AUTOMATIC: Final = "auto"
"""In place of a language: that of each utterance is found out."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """Text, and the mean probability of its tokens."""

    text: str
    confidence: float


class VoiceDetector(Protocol):
    """Detects voice in one stem, window by window."""

    def probability(self, window: NDArray[np.float32]) -> float:
        """Return the probability of speech in 512 samples (32 ms), full scale being 1."""
        ...


class Engine(Protocol):
    """Runs in a worker process; recognises one utterance at a time, on one core."""

    def voice_detector(self) -> VoiceDetector: ...

    def recognise(self, pcm: Pcm, language: str) -> Recognition:
        """Return the text of an utterance of at most 20 s; language is the primary subtag, or AUTOMATIC."""
        ...


Load = Callable[[str], Engine]
"""Loads an engine with the model in a folder; an empty name selects the engine's own model."""


def loader(name: str) -> Load:
    """Return the function that ``module:function`` names."""
    module, _, function = name.partition(":")
    return cast(Load, getattr(import_module(module), function))
