"""A clock that stands still until it is told to go on."""

import asyncio
import heapq
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

from tests.support.waiting import until

__all__ = ["ManualClock"]


class ManualClock:
    """Times are strictly increasing by a microsecond a reading, as those of the real clock are."""

    def __init__(self) -> None:
        self._now = datetime(2030, 1, 1, tzinfo=UTC)
        self._monotonic_s = 0.0
        self._order = itertools.count()
        self._naps: Counter[float] = Counter()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        self._naps[seconds] += 1
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_s + seconds, next(self._order), wake))
        await wake

    async def let_nap(self, nap_s: float, seconds: float | None = None) -> None:
        """Let time pass, and wait until whoever sleeps so long at a time has done its work and sleeps again."""
        before = self._naps[nap_s]
        self.advance(nap_s if seconds is None else seconds)
        await until(lambda: self._naps[nap_s] > before)

    @property
    def sleepers(self) -> int:
        """How many wait for a time to come."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake whoever slept until then."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds
        while self._sleepers and self._sleepers[0][0] <= self._monotonic_s:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
