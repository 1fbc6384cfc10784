"""Digits: the DTMF digits that a caller has pressed and no action has read yet."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Digits"]

_MAX_WAITING: Final = 32


class Digits:
    """A bounded queue of digits; when it is full, further digits are dropped."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._arrived: asyncio.Future[None] | None = None
        self._observers: list[Callable[[str], None]] = []
        self._filter: Callable[[str], str] = str

    @property
    def waiting(self) -> str:
        """The queued digits, oldest first."""
        return "".join(self._waiting)

    def press(self, digit: str) -> bool:
        """Queue a digit, after the filter, and wake the reader that waits; False if one was dropped."""
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
        """Return a future that is done when a digit is queued; it takes none."""
        if self._arrived is None or self._arrived.done():
            self._arrived = asyncio.get_running_loop().create_future()
            if self._waiting:
                self._arrived.set_result(None)
        return self._arrived

    def take(self) -> str:
        """Remove and return the oldest digit; empty if there is none."""
        return self._waiting.popleft() if self._waiting else ""

    def clear(self) -> None:
        """Remove all queued digits."""
        self._waiting.clear()

    @contextmanager
    def filtered(self, passes: Callable[[str], str]) -> Iterator[None]:
        """During the block, queue and observe what ``passes`` returns for each digit.

        One filter at a time.
        """
        before, self._filter = self._filter, passes
        try:
            yield
        finally:
            self._filter = before

    @contextmanager
    def observed(self, observe: Callable[[str], None]) -> Iterator[None]:
        """During the block, call ``observe`` with each digit; the digit is queued as well."""
        self._observers.append(observe)
        try:
            yield
        finally:
            self._observers.remove(observe)
