"""Messages of hosts that have proved nothing wait here until there is time for them, and those that are repeated go first.

A phone repeats its request until it is answered (RFC 3261 section 17.1), a flood sends ever new ones. So what could not be
read is remembered by its hash, as mail servers do by "greylisting" (RFC 6647): when it comes again it is read before
all that is new.
"""

from array import array
from collections import Counter, deque
from typing import Final, NamedTuple

from mixminus.sip.internal_headers import Flow

__all__ = ["Newcomers"]

_MAX_WAITING: Final = 128
_MAX_WAIT_S: Final = 1.0
"""The phone has repeated a message by then."""
_SLOTS: Final = 16_384
_AGAIN_AFTER_S: Final = 0.4
"""A little less than timer T1 (RFC 3261 section 17.1.1.1)."""
_REMEMBERED_S: Final = 32.0


class _Waiting(NamedTuple):
    message: bytes
    source: Flow
    at_s: float


class Newcomers:
    """Two queues, and a table of fixed size of what was dropped."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._new: deque[_Waiting] = deque()
        self._again: deque[_Waiting] = deque()
        self._hashes = array("q", [0]) * _SLOTS
        self._dropped_at_s = array("d", [float("-inf")]) * _SLOTS

    def put(self, message: bytes, source: Flow, now_s: float) -> bool:
        """Keep a message until it is taken; drop it and return False if too many wait."""
        queue = self._again if self._was_dropped(message, now_s) else self._new
        if len(queue) >= _MAX_WAITING:
            self._drop(message, now_s)
            return False
        queue.append(_Waiting(message, source, now_s))
        return True

    def take(self, now_s: float, *, repeated_only: bool) -> tuple[bytes, Flow] | None:
        """Return the next message, a repeated one first; None if there is none."""
        for queue in (self._again,) if repeated_only else (self._again, self._new):
            while queue:
                message, source, at_s = queue.popleft()
                if now_s - at_s <= _MAX_WAIT_S:
                    return message, source
                self._drop(message, now_s)
        return None

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    def _drop(self, message: bytes, now_s: float) -> None:
        self._counters["sip_edge_newcomers_dropped"] += 1
        hashed = hash(message)
        slot = hashed % _SLOTS
        # Its first time counts: it may be repeated sooner than the edge looks.
        if self._hashes[slot] != hashed or now_s - self._dropped_at_s[slot] > _REMEMBERED_S:
            self._hashes[slot], self._dropped_at_s[slot] = hashed, now_s

    def _was_dropped(self, message: bytes, now_s: float) -> bool:
        hashed = hash(message)
        slot = hashed % _SLOTS
        return (
            self._hashes[slot] == hashed
            and _AGAIN_AFTER_S <= now_s - self._dropped_at_s[slot] <= _REMEMBERED_S
        )
