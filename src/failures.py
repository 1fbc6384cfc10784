"""Failures: how long a client pauses after each failed attempt to connect, and when it gives up."""

from mixminus.errors import Unavailable

__all__ = ["Failures"]


class Failures:
    """Failed attempts one after another: the pauses double, and a number of failures is the end."""

    def __init__(self, *, limit: int, first_pause_s: float, max_pause_s: float, steady_s: float) -> None:
        """``steady_s``: how long a connection lasts that ends the series."""
        self._limit = limit
        self._first_pause_s = first_pause_s
        self._max_pause_s = max_pause_s
        self._steady_s = steady_s
        self._count = 0

    def pause_s(self, error: str, *, lasted_s: float = 0.0) -> float:
        """Count a failure; return how many seconds to wait before the next attempt.

        ``lasted_s``: how long there was a connection. Raises Unavailable, with the error, if this failure is the last.
        """
        self._count = 1 if lasted_s >= self._steady_s else self._count + 1
        if self._count >= self._limit:
            raise Unavailable(f"{error} ({self._count} attempts)")
        return min(self._first_pause_s * 2.0 ** (self._count - 1), self._max_pause_s)
