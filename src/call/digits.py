"""Digits: what a participant has pressed, in order, waiting for whoever asks."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Digits"]

_MAX_WAITING: Final = 32


class Digits:
    """A short queue; nobody may be asking, so what is too much is dropped and counted."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._asked: asyncio.Future[str] | None = None
        self._observers: list[Callable[[str], None]] = []
        self.dropped = 0

    def press(self, digit: str) -> None:
        """Give a digit to whoever asks for one, or keep it for whoever will."""
        for observe in tuple(self._observers):
            observe(digit)
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

    @contextmanager
    def observed(self, observe: Callable[[str], None]) -> Iterator[None]:
        """Tell of each digit that is pressed during the block, and leave it to whoever asks."""
        self._observers.append(observe)
        try:
            yield
        finally:
            self._observers.remove(observe)
