"""How often somebody may ask: a token bucket each, in a table that cannot grow without end (api.md 14.3)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["Rate", "RateTable"]

ROUNDING_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, so many at once."""

    per_s: float
    burst: int


class RateTable:
    """Remembers of each asker when their bucket will be full again; the full ones need no remembering.

    When the table is full, whoever has asked longest ago is forgotten: ``forgotten`` counts them.
    """

    def __init__(self, rate: Rate, places: int) -> None:
        self._interval_s = 1 / rate.per_s
        self._tolerance_s = (rate.burst - 1) / rate.per_s
        self._places = places
        self._full_at_s: OrderedDict[str, float] = OrderedDict()
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._full_at_s)

    def admit(self, asker: str, now_s: float) -> float:
        """Return 0 and take a token, or return how many seconds until there is one."""
        full_at_s = max(self._full_at_s.get(asker, now_s), now_s)
        wait_s = full_at_s - now_s - self._tolerance_s
        if wait_s > ROUNDING_S:
            return wait_s
        self._full_at_s[asker] = full_at_s + self._interval_s
        self._full_at_s.move_to_end(asker)
        self._make_room(now_s)
        return 0.0

    def _make_room(self, now_s: float) -> None:
        while len(self._full_at_s) > self._places:
            _, full_at_s = self._full_at_s.popitem(last=False)
            self.forgotten += full_at_s > now_s
