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
    """A text, how it is said, and the rate its audio is wanted at; equal ones sound equal."""

    text: str
    language: str
    """A BCP 47 tag, ``en-US``."""
    voice: str = ""
    """An engine's own name of a voice; one that it does not have is the language's usual one."""
    sample_rate_hz: int = 16_000


class TextToSpeech(Protocol):
    """An engine; it works outside the event loop, and starts with its first text."""

    @property
    def name(self) -> str:
        """Names the engine and its version: what another one has said is not taken for its own."""
        ...

    @property
    def losses(self) -> int:
        """Processes that were killed or died."""
        ...

    async def speaks(self, language: str) -> bool:
        """Return whether it knows the language."""
        ...

    async def speak(self, text: str, utterance: Utterance) -> Pcm:
        """Return the audio of plain text, mono, as the utterance wants it; SpeechFailed if there is none."""
        ...

    async def close(self) -> None:
        """End what it has started; closing twice is harmless."""
        ...


def resampled(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """Return mono audio at another rate."""
    if from_hz == to_hz or not len(pcm):
        return pcm
    frame = av.AudioFrame.from_ndarray(pcm[np.newaxis], format="s16", layout="mono")
    frame.sample_rate = from_hz
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to_hz)
    made = [out.to_ndarray()[0] for each in (frame, None) for out in resampler.resample(each)]
    return np.concatenate(made).astype(np.int16)
