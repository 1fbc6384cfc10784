"""Admission: new calls are refused while mixing has no time for them, so that no participant hears a gap."""

from collections import Counter
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.mixer import Engine, Shed

__all__ = ["CHECK_S", "Admission", "Overloaded"]

CHECK_S: Final = 0.5


class Overloaded(Unavailable):
    """The mixing threads have too much to do for another call."""

    reason = "OVERLOADED"


class Admission:
    """Measures the engine; the load is that of the busiest mixing thread, for a call may join any room."""

    def __init__(self, engine: Engine, clock: Clock, max_load: float = 1.0) -> None:
        """``max_load``: share of its time that a mixing thread may work before calls are refused."""
        self.counters: Counter[str] = Counter({"admission.refused": 0})
        self._engine = engine
        self._clock = clock
        self._max_load = max_load

    @property
    def overloaded(self) -> bool:
        load = self._engine.load()
        return load.busiest >= self._max_load or load.shed > Shed.NOTHING

    def check(self) -> None:
        """Raise Overloaded, and count it, if a new call has to be refused."""
        if self.overloaded:
            self.counters["admission.refused"] += 1
            raise Overloaded("the server is overloaded: the audio of the present calls goes first; try later")

    async def watched(self) -> bool:
        """Wait for the next time to look; return whether the server is overloaded then."""
        await self._clock.sleep(CHECK_S)
        return self.overloaded
