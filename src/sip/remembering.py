"""Functions of a text that remember their latest results.

The addresses, hops and parameters of a call stand in each of its messages, and several checks of each message read them.
"""

import functools
from collections.abc import Callable
from typing import Final, TypeVar

__all__ = ["remembering"]

_KEPT: Final = 2048
_KEPT_LENGTH: Final = 256
"""Longer texts, which callers choose, are read anew each time: the memory is bounded."""

T = TypeVar("T")


def remembering(read: Callable[[str], T]) -> Callable[[str], T]:
    """Return a pure function that keeps its latest results, which must be immutable; errors are not kept."""
    kept = functools.lru_cache(maxsize=_KEPT)(read)

    @functools.wraps(read)
    def remember(text: str) -> T:
        return kept(text) if len(text) <= _KEPT_LENGTH else read(text)

    return remember
