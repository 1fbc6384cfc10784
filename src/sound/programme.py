"""Programme: several sounds as one, one after the other, repeated, at another level."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import numpy as np

from mixminus.mixer.sounds import Pcm
from mixminus.sound.errors import SoundUnreadable
from mixminus.sound.source import Source

__all__ = ["MAX_BOOST_DB", "Opener", "Programme"]

MAX_BOOST_DB: Final = 12.0
_PEAK: Final = 32767

Opener = Callable[[], Awaitable[Source]]
"""Opens a sound at its beginning; called again for each repetition."""


class Programme:
    """Implements ``Source``. Only the sound that is played is open.

    ``loop`` is how many times all sounds are played; 0 is without end. ``gain_db`` saturates at full scale.
    """

    def __init__(
        self, openers: Sequence[Opener], sample_rate_hz: int, *, loop: int = 1, gain_db: float = 0.0
    ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._openers = tuple(openers)
        self._rounds_left = loop or None
        self._factor = 10 ** (gain_db / 20)
        self._next = 0
        self._source: Source | None = None
        self._heard = False

    async def open(self) -> None:
        """Open the first sound, so that one which cannot be played is known before anything is heard.

        ``close`` is due whether or not this succeeds.
        """
        self._source = await self._openers[0]()
        self._next = 1

    async def read(self) -> Pcm | None:
        """Return the next piece; None at the end. Raises what opening raises, and SoundUnreadable if all are empty."""
        while True:
            if self._source is None:
                if self._next == len(self._openers) and not self._begin_again():
                    return None
                self._source = await self._openers[self._next]()
                self._next += 1
            if (piece := await self._source.read()) is not None:
                self._heard |= bool(len(piece))
                return self._scaled(piece)
            await self.close()

    async def close(self) -> None:
        if self._source is not None:
            source, self._source = self._source, None
            await source.close()

    def _begin_again(self) -> bool:
        """Go back to the first sound; False if all were played often enough."""
        if not self._heard:  # without this, an endless repetition of nothing would never wait
            raise SoundUnreadable("the file contains no audio")
        if self._rounds_left is not None:
            self._rounds_left -= 1
            if self._rounds_left == 0:
                return False
        self._next, self._heard = 0, False
        return True

    def _scaled(self, piece: Pcm) -> Pcm:
        if self._factor == 1.0:
            return piece
        louder = np.rint(piece * self._factor)
        scaled: Pcm = np.clip(louder, -_PEAK - 1, _PEAK).astype(np.int16)
        return scaled
