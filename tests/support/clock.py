"""A clock that tests advance."""

import asyncio
import heapq
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.support.waiting import until

__all__ = ["ManualClock", "SecondClock"]

_EQUAL_S: Final = 1e-6


class ManualClock:
    """A ``Clock`` that only ``advance`` moves; each reading adds a microsecond, so that no two are equal."""

    def __init__(self) -> None:
        self._now = datetime(2030, 1, 1, tzinfo=UTC)
        self._monotonic_s = 0.0
        self._order = itertools.count()
        self._cycles: Counter[float] = Counter()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        self._cycles[seconds] += 1
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_s + seconds, next(self._order), wake))
        await wake

    async def run_cycle(self, period_s: float, seconds: float | None = None) -> None:
        """Advance the clock until a task with this period has worked and sleeps again."""
        before = self._cycles[period_s]
        self.advance(period_s if seconds is None else seconds)
        await until(lambda: self._cycles[period_s] > before)

    @property
    def sleepers(self) -> int:
        """Number of tasks that sleep."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    def has_sleeper(self, seconds: float, within_s: float = _EQUAL_S) -> bool:
        """Return whether a task will sleep for exactly this long from now."""
        due_s = self._monotonic_s + seconds
        return any(not wake.done() and abs(at_s - due_s) < within_s for at_s, _, wake in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Advance the clock, and wake the tasks whose time has come."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._monotonic_s:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)


class SecondClock(ManualClock):
    """A clock that shows the time of another, and whose sleepers never wake: only the first server's timers run."""

    def __init__(self, first: ManualClock) -> None:
        super().__init__()
        self._first = first

    def now(self) -> datetime:
        return self._first.now()

    def monotonic_s(self) -> float:
        return self._first.monotonic_s()
