"""The guard: token buckets by source address, in bounded memory."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["RateLimit"]

_MAX_SOURCES: Final = 8192
_BURST_S: Final = 2.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimit:
    """Lets so many things a second pass for each source, and twice as many in a burst."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admits(self, source: str, now_s: float) -> bool:
        """Take a token of the source; the source seen longest ago is forgotten when there are too many."""
        bucket = self._buckets.pop(source, None) or _Bucket(self._per_s * _BURST_S, now_s)
        bucket.tokens = min(
            self._per_s * _BURST_S, bucket.tokens + (now_s - bucket.filled_at_s) * self._per_s
        )
        bucket.filled_at_s = now_s
        self._buckets[source] = bucket
        if len(self._buckets) > _MAX_SOURCES:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
