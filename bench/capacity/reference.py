"""The unit of CPU: what the engine's Opus encoder takes for a frame, on the same machine at the same time."""

import time
from typing import Final

import numpy as np

from bench.capacity.tracks import speech
from bench.voices import OPUS

__all__ = ["OpusEncode"]

_FRAMES: Final = 250
_RATE_HZ: Final = 48_000


class OpusEncode:
    """Encodes recorded speech, 20 ms at a time: 48 kHz, 32 kbit/s, complexity 5."""

    def __init__(self) -> None:
        pcm = speech(_RATE_HZ, 0, _FRAMES * OPUS.frame_samples)
        self._frames = np.split(pcm, _FRAMES)
        self._encode = OPUS.encoder()
        self._spent_s = 0.0
        self._count = 0
        self.encode(_FRAMES)

    def restart(self) -> None:
        """Measure anew."""
        self._spent_s, self._count = 0.0, 0

    def encode(self, frames: int) -> None:
        """Encode some frames, and count the time of this thread."""
        begin_s = time.thread_time()
        for number in range(self._count, self._count + frames):
            self._encode(self._frames[number % _FRAMES])
        self._spent_s += time.thread_time() - begin_s
        self._count += frames

    @property
    def ms(self) -> float:
        """The mean time of a frame since ``restart``."""
        return self._spent_s / self._count * 1000
