"""Time as an argument: nothing else in mixminus reads a clock.

``now`` is wall time for people and databases, strictly increasing within the
process so that two rows never share a timestamp; ``monotonic_s`` is for intervals.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """A source of time; tests use one that they advance."""

    def now(self) -> datetime:
        """Return UTC wall time, strictly later than any time returned before."""
        ...

    def monotonic_s(self) -> float:
        """Return monotonic time in seconds, for intervals."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until this many seconds have passed on this clock."""
        ...


class SystemClock:
    """The system clock."""

    def __init__(self) -> None:
        self._last = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last

    def monotonic_s(self) -> float:
        return time.monotonic()

    @staticmethod
    def cpu_s() -> float:
        """Return the CPU time of the calling thread in seconds: what its work has cost, however busy the machine is."""
        return time.thread_time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
