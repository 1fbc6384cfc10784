"""A model that ends before the speech does: what it told is too little, so it is asked again, half by half.

Whisper's small models now and then take the end of a sentence for the end of everything, and leave out
the rest of a long utterance without a word.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from mixminus.speech.recognition.engine import Recognition
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ, Pcm

__all__ = ["recognise_whole"]

SHORTEST_S: Final = 6.0
"""Of less than this no rest gets lost: it is one sentence."""
FEWEST_WORDS_PER_S: Final = 1.0
"""Who reads slowly says two."""
_WINDOW_SAMPLES: Final = SAMPLE_RATE_HZ // 5


def recognise_whole(recognise: Callable[[Pcm], Recognition], pcm: Pcm) -> Recognition:
    """Return what was said; what is too short for its length is heard again in halves, and the longer text holds."""
    found = recognise(pcm)
    seconds = pcm.size / SAMPLE_RATE_HZ
    words = len(found.text.split())
    if seconds < SHORTEST_S or not words or words >= FEWEST_WORDS_PER_S * seconds:
        return found
    place = _quietest(pcm)
    halves = [recognise_whole(recognise, half) for half in (pcm[:place], pcm[place:])]
    text = " ".join(half.text for half in halves if half.text)
    if len(text.split()) <= words:
        return found
    return Recognition(text, min(half.confidence for half in halves if half.text))


def _quietest(pcm: Pcm) -> int:
    """Return the sample in the middle of the quietest fifth of a second of the middle half."""
    begin = pcm.size // 4
    count = pcm.size // 2 // _WINDOW_SAMPLES
    middle = pcm[begin : begin + count * _WINDOW_SAMPLES].astype(np.float64).reshape(count, _WINDOW_SAMPLES)
    window = int(np.argmin((middle**2).sum(axis=1)))
    return begin + window * _WINDOW_SAMPLES + _WINDOW_SAMPLES // 2
