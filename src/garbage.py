"""Garbage collection: full collections run when there is time for them.

Python runs a full collection whenever enough objects have been made. It stops the main thread for as long as it takes
to visit every object: with hundreds of calls over a tenth of a second, in the midst of their joins. Here the
objects of the start are left out for good, young objects are collected as always, and a full collection runs
when there is no call, or ten minutes after the last one.
"""

import gc
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from mixminus.clock import Clock
from mixminus.log import task_failed
from mixminus.tasks import TaskScope

__all__ = ["CHECK_S", "FULL_S", "GarbageCollection", "leave_out_existing"]

# Python's 700 is less than a request makes; the objects of most requests have died before 10,000 exist.
_YOUNG: Final = 10_000
_YOUNG_COLLECTIONS: Final = 10
_NEVER: Final = 1 << 30
_FULL: Final = 2  # the oldest generation
_US_PER_S: Final = 1_000_000
CHECK_S: Final = 10.0
FULL_S: Final = 600.0


def leave_out_existing() -> None:
    """Leave out the objects that exist now, and collect young ones less often; full collections stay Python's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _YOUNG_COLLECTIONS)


class GarbageCollection:
    """Owns the collector's thresholds from ``start`` until ``close``, and measures how long it stops the main thread."""

    def __init__(self, clock: Clock, is_idle: Callable[[], bool]) -> None:
        """``is_idle``: whether there is no call now."""
        self.longest_pause_us = 0
        self.counters: Counter[str] = Counter({"gc.full_collections": 0})
        self._clock = clock
        self._is_idle = is_idle
        self._began_s = 0.0
        self._thresholds = gc.get_threshold()
        self._tasks = TaskScope(task_failed("garbage"))

    def start(self) -> None:
        """Leave out the objects that exist now, and take over from Python's own schedule."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, _YOUNG_COLLECTIONS, _NEVER)
        gc.callbacks.append(self._measure)
        self._tasks.keep("garbage", self._run)

    async def close(self) -> None:
        """Give back what ``start`` took; closing twice is harmless."""
        await self._tasks.close()
        if self._measure in gc.callbacks:
            gc.callbacks.remove(self._measure)
            gc.set_threshold(*self._thresholds)
            gc.unfreeze()

    async def _run(self) -> None:
        full_s = self._clock.monotonic_s()
        while True:
            await self._clock.sleep(CHECK_S)
            *_, since = gc.get_count()
            now_s = self._clock.monotonic_s()
            # Without a collection of the middle generation, the oldest has nothing new.
            if since and (self._is_idle() or now_s - full_s >= FULL_S):
                gc.collect()
                full_s = now_s

    def _measure(self, phase: str, info: dict[str, Any]) -> None:
        now_s = self._clock.monotonic_s()
        if phase == "start":
            self._began_s = now_s
            return
        self.longest_pause_us = max(self.longest_pause_us, round((now_s - self._began_s) * _US_PER_S))
        self.counters["gc.full_collections"] += info["generation"] == _FULL
