"""Rate limits: a token bucket per client, in a table of bounded size (api.md 14.3)."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["Rate", "RateTable"]

ROUNDING_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests per second on average, and the burst allowed at once."""

    per_s: float
    burst: int


class RateTable:
    """Stores for each client when its bucket will be full again; full buckets are not stored.

    When the table is full, the client that asked longest ago is dropped: ``forgotten`` counts them.
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
        """Take a token and return 0, or return the seconds until there is one."""
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
