"""How much one source may cost us before it is known: a token bucket each, in a bounded table."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

__all__ = ["SourceLimiter"]


@dataclass(slots=True)
class SourceLimiter:
    """Token buckets by source; the one longest unheard of makes room for a new one."""

    rate_per_s: float
    burst: float
    max_sources: int = 4096
    _buckets: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict, init=False)

    def allow(self, source: Hashable, now: float) -> bool:
        """Take a token of the source; False when it has none left."""
        tokens, filled_at = self._buckets.pop(source, (self.burst, now))
        tokens = min(self.burst, tokens + (now - filled_at) * self.rate_per_s)
        allowed = tokens >= 1
        self._buckets[source] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self.max_sources:
            self._buckets.popitem(last=False)
        return allowed
