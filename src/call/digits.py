"""Digits: what a participant has pressed, in order, waiting for whoever asks."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Digits"]

_MAX_WAITING: Final = 32


class Digits:
    """A short queue; nobody may be asking, so what is too much is dropped."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._arrived: asyncio.Future[None] | None = None
        self._observers: list[Callable[[str], None]] = []
        self._filter: Callable[[str], str] = str

    @property
    def waiting(self) -> str:
        """Return what nobody has taken yet, oldest first."""
        return "".join(self._waiting)

    def press(self, digit: str) -> bool:
        """Keep a digit for whoever takes it, and tell whoever waits that it is there; False if any was dropped."""
        kept = [self._keep(passed) for passed in self._filter(digit)]
        return all(kept)

    def _keep(self, digit: str) -> bool:
        for observe in tuple(self._observers):
            observe(digit)
        if len(self._waiting) == _MAX_WAITING:
            return False
        self._waiting.append(digit)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)
        return True

    def arrived(self) -> asyncio.Future[None]:
        """Return what is done as soon as a digit waits; nothing is taken by it."""
        if self._arrived is None or self._arrived.done():
            self._arrived = asyncio.get_running_loop().create_future()
            if self._waiting:
                self._arrived.set_result(None)
        return self._arrived

    def take(self) -> str:
        """Return the oldest digit that waits; empty if none does."""
        return self._waiting.popleft() if self._waiting else ""

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    @contextmanager
    def filtered(self, passes: Callable[[str], str]) -> Iterator[None]:
        """Let only what this returns for a digit be kept and observed during the block; one filter at a time."""
        before, self._filter = self._filter, passes
        try:
            yield
        finally:
            self._filter = before

    @contextmanager
    def observed(self, observe: Callable[[str], None]) -> Iterator[None]:
        """Tell of each digit that is pressed during the block, and leave it to whoever takes it."""
        self._observers.append(observe)
        try:
            yield
        finally:
            self._observers.remove(observe)
