"""Admission: new calls are refused while mixing has no time for them, and once the server is about to stop."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.mixer import Engine, Shed
from mixminus.tasks import Interrupted, unless

__all__ = ["CHECK_S", "Admission", "Draining", "Overloaded"]

CHECK_S: Final = 0.5


class Overloaded(Unavailable):
    """The mixing threads have too much to do for another call."""

    reason = "OVERLOADED"


class Draining(Unavailable):
    """The server stops when its present calls have ended."""

    reason = "DRAINING"


class Admission:
    """Measures the engine; the load is that of the busiest mixing thread, for a call may join any room."""

    def __init__(self, engine: Engine, clock: Clock, max_load: float = 1.0) -> None:
        """``max_load``: share of its time that a mixing thread may work before calls are refused."""
        self.counters: Counter[str] = Counter({"admission.refused": 0})
        self._engine = engine
        self._clock = clock
        self.max_load = max_load
        self.draining = False
        """Whether the server takes no new calls because it is about to stop, or drains."""
        self._changed: asyncio.Future[None] | None = None

    def drain(self, *, on: bool = True) -> None:
        """Refuse all new calls from now on; or take them again."""
        self.draining = on
        if self._changed and not self._changed.done():
            self._changed.set_result(None)

    @property
    def refusing(self) -> bool:
        """Whether new calls are refused."""
        return self.draining or self.overloaded

    @property
    def load(self) -> float:
        """CPU time of the busiest mixing thread, as a share of the time it has."""
        return self._engine.load().busiest

    @property
    def overloaded(self) -> bool:
        load = self._engine.load()
        return load.busiest >= self.max_load or load.shed > Shed.NOTHING

    def check(self) -> None:
        """Raise Overloaded or Draining, and count it, if a new call has to be refused."""
        if self.draining:
            self.counters["admission.refused"] += 1
            raise Draining(
                "the server is about to stop and takes no new calls: use another one, or try later"
            )
        if self.overloaded:
            self.counters["admission.refused"] += 1
            raise Overloaded("the server is overloaded: the audio of the present calls goes first; try later")

    async def watched(self) -> bool:
        """Wait for the next time to look, or for the begin or end of a drain; return whether new calls are refused then."""
        self._changed = asyncio.get_running_loop().create_future()
        with suppress(Interrupted):
            await unless([self._changed], self._clock.sleep(CHECK_S))
        return self.refusing
