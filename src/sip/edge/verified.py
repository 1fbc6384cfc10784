"""Sources that have proved to receive what is sent to them; others get little (after RFC 9000 section 8.1).

The source of a UDP datagram can be forged. Until a host has acknowledged a 2xx or a reliable 1xx, answered a request of ours or
authenticated, it gets at most three times the bytes that came from it, so that no one can make the server send a
third party more than that.
"""

from array import array
from collections import OrderedDict
from typing import Final

from mixminus.hosts import network_of

__all__ = ["FACTOR", "Sources"]

FACTOR: Final = 3
_KEPT_S: Final = 3600.0
_MAX_KEPT: Final = 65_536
_SLOTS: Final = 16_384
_MOST_BYTES: Final = 65_536.0
_CREDIT_KEPT_S: Final = 60.0
# What must be left after a provisional response, so that the final one is still possible; a phone that hears nothing
# repeats its INVITE, which pays for more.
_LEFT_AFTER_TRYING: Final = 1500
_LEFT_AFTER_RINGING: Final = 1000


class Sources:
    """Verified hosts, the least recently verified dropped first; the credit of all others, in a table of fixed size."""

    def __init__(self) -> None:
        self._verified: OrderedDict[str, float] = OrderedDict()
        self._credit_bytes = array("d", [0.0]) * _SLOTS
        self._at_s = array("d", [0.0]) * _SLOTS

    def verify(self, host: str, now_s: float) -> None:
        """Take the proof that a host receives what is sent to it."""
        own, _ = network_of(host)
        self._verified[own] = now_s
        self._verified.move_to_end(own)
        if len(self._verified) > _MAX_KEPT:
            self._verified.popitem(last=False)

    def is_verified(self, host: str, now_s: float) -> bool:
        own, _ = network_of(host)
        return now_s - self._verified.get(own, float("-inf")) < _KEPT_S

    def received(self, host: str, length: int, now_s: float) -> None:
        """Take a datagram of a host."""
        slot = self._slot(host, now_s)
        self._credit_bytes[slot] = min(self._credit_bytes[slot] + FACTOR * length, _MOST_BYTES)

    def may_send(self, host: str, message: bytes, now_s: float) -> bool:
        """Return whether a message may be sent to a host, and take its bytes."""
        if self.is_verified(host, now_s):
            return True
        slot = self._slot(host, now_s)
        left = self._credit_bytes[slot] - len(message)
        if left < _least_left(message):
            return False
        self._credit_bytes[slot] = left
        return True

    def _slot(self, host: str, now_s: float) -> int:
        own, _ = network_of(host)
        slot = hash(own) % _SLOTS
        if now_s - self._at_s[slot] > _CREDIT_KEPT_S:
            self._credit_bytes[slot] = 0.0
        self._at_s[slot] = now_s
        return slot


def _least_left(message: bytes) -> int:
    if message.startswith(b"SIP/2.0 100"):
        return _LEFT_AFTER_TRYING
    return _LEFT_AFTER_RINGING if message.startswith(b"SIP/2.0 1") else 0
