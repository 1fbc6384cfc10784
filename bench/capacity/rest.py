"""When a server has nothing left to do for calls that are set up already: a measurement of steady audio begins then."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final, Self

from bench.capacity.processes import CpuReading, cpu_percent, read_cpu

__all__ = ["Rest"]

_SLICE_S: Final = 0.5
_MORE_PERCENT: Final = 10.0
"""Of a core, beyond what the server uses without calls."""
_START_S: Final = 10.0
_MIXING: Final = "mixing threads"


@dataclass(frozen=True, slots=True)
class Rest:
    """A server's CPU without calls, which is what it comes to rest at."""

    pid: int
    percent: float

    @classmethod
    async def of(cls, pid: int) -> Self:
        """Wait until a server that has just started is at rest, at most 10 s, and remember its CPU then."""
        start = cls(pid, 0.0)
        await start.reach(_START_S)
        return cls(pid, await start._but_mixing())

    async def reach(self, most_s: float) -> float:
        """Wait until all but mixing uses little, for half a second; return after how long, at most ``most_s``."""
        begin = time.monotonic()
        while time.monotonic() < begin + most_s:
            if await self._but_mixing() < self.percent + _MORE_PERCENT:
                break
        return time.monotonic() - begin

    def spent_s(self, before: CpuReading, seconds: float) -> float:
        """Return the CPU time since a reading of all but mixing, beyond what the server uses without calls."""
        used = cpu_percent(before, read_cpu(self.pid), seconds)
        return max(0.0, sum(used.values()) - used.get(_MIXING, 0.0) - self.percent) / 100 * seconds

    async def _but_mixing(self) -> float:
        before, begin = read_cpu(self.pid), time.monotonic()
        await asyncio.sleep(_SLICE_S)
        used = cpu_percent(before, read_cpu(self.pid), time.monotonic() - begin)
        return sum(used.values()) - used.get(_MIXING, 0.0)
