"""Engine: what turns speech into text; ``whisper`` is the one that comes with mixminus.

Batch is one utterance at a time. Streaming is the same, again and again, while the utterance grows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mixminus.speech.recognition.messages import Pcm

__all__ = ["Engine", "Load", "Recognition", "VoiceDetector", "loader"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """Text, and the mean probability of its tokens."""

    text: str
    confidence: float


class VoiceDetector(Protocol):
    """Listens to one stem, window after window."""

    def probability(self, window: NDArray[np.float32]) -> float:
        """Return how likely it is that somebody speaks in 512 samples (32 ms), full scale being 1."""
        ...


class Engine(Protocol):
    """Lives in a worker process; recognises one utterance at a time, on one core."""

    def voice_detector(self) -> VoiceDetector: ...

    def recognise(self, pcm: Pcm, language: str) -> Recognition:
        """Return what is said in an utterance of at most 20 s; language is the primary subtag."""
        ...


Load = Callable[[str], Engine]
"""Loads an engine with the model of a folder; the empty name is its own model."""


def loader(name: str) -> Load:
    """Return the function that ``module:function`` names."""
    module, _, function = name.partition(":")
    return cast(Load, getattr(import_module(module), function))
