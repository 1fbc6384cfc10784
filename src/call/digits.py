"""Digits: what a participant has pressed, in order, waiting for whoever asks."""

import asyncio
from collections import deque
from typing import Final

__all__ = ["Digits"]

_MAX_WAITING: Final = 32


class Digits:
    """A short queue; nobody may be asking, so what is too much is dropped and counted."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._asked: asyncio.Future[str] | None = None
        self.dropped = 0

    def press(self, digit: str) -> None:
        """Give a digit to whoever asks for one, or keep it for whoever will."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(digit)
        elif len(self._waiting) < _MAX_WAITING:
            self._waiting.append(digit)
        else:
            self.dropped += 1

    def next(self) -> asyncio.Future[str]:
        """Return the future of the next digit; until it is done, asking again is asking for the same."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().create_future()
            if self._waiting:
                self._asked.set_result(self._waiting.popleft())
        return self._asked
