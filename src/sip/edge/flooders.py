"""Sources that send so much more than they may that the kernel drops what they send, so that it costs the edge nothing.

Each is looked at anew after a second: it may have stopped, and its address may have been forged.
"""

from collections import Counter
from typing import Final

from mixminus.hosts import network_of

__all__ = ["Flooders"]

_REFUSED_A_SECOND: Final = 250
_SHUT_S: Final = 1.0
_MAX_SHUT: Final = 32
_MAX_COUNTED: Final = 4096


class Flooders:
    """Counts refused messages by source, over a second; knows the sources that are shut out now."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._refused: Counter[str] = Counter()
        self._since_s = float("-inf")
        self._until_s: dict[str, float] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that are shut out, as ``hosts.network_of`` names them."""
        return tuple(self._until_s)

    def refused(self, host: str, now_s: float) -> None:
        """Take that a message of a host was dropped unread; shut its source out if these are too many."""
        if now_s - self._since_s > 1.0 or len(self._refused) >= _MAX_COUNTED:
            self._refused.clear()
            self._since_s = now_s
        source, _ = network_of(host)
        self._refused[source] += 1
        if self._refused[source] >= _REFUSED_A_SECOND and len(self._until_s) < _MAX_SHUT:
            self._counters["sip_edge_flooders"] += source not in self._until_s
            self._until_s[source] = now_s + _SHUT_S

    def expire(self, now_s: float) -> None:
        """Hear again those whose time is over."""
        if not self._until_s:
            return
        for source in [each for each, until_s in self._until_s.items() if now_s >= until_s]:
            del self._until_s[source]
            self._refused.pop(source, None)
