"""TextToSpeech: the interface of every engine; and resampling, which engines share."""

from dataclasses import dataclass
from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["Pcm", "TextToSpeech", "Utterance", "resampled"]

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text with its voice and sample rate; equal utterances give equal audio."""

    text: str
    language: str
    """A BCP 47 tag, ``en-US``."""
    voice: str = ""
    """An engine's name of a voice; an unknown one selects the language's default."""
    sample_rate_hz: int = 16_000


class TextToSpeech(Protocol):
    """A text-to-speech engine; runs outside the event loop, and starts with the first text."""

    @property
    def name(self) -> str:
        """The engine and its version: part of the cache key."""
        ...

    @property
    def losses(self) -> int:
        """Number of processes that were killed or died."""
        ...

    async def speaks(self, language: str) -> bool:
        """Return whether the engine supports the language."""
        ...

    async def speak(self, text: str, utterance: Utterance) -> Pcm:
        """Return the audio of plain text, mono, at the utterance's rate; SpeechFailed."""
        ...

    async def close(self) -> None:
        """Stop all processes; closing twice is harmless."""
        ...


def resampled(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """Resample mono audio."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = from_hz
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_hz)
    made = [out.to_ndarray()[0] for each in (frame, None) for out in resampler.resample(each)]
    return np.concatenate(made).astype(np.int16)
