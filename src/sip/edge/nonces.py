"""Nonces: made without keeping them, and good for each count once (RFC 7616 sections 3.3, 3.4.6).

A nonce carries its time and a MAC, so that asking for many costs nothing here. Only
those that have opened the door are kept, with the highest count seen; when there are too
many, the oldest are forgotten, and with them every nonce made before: whoever holds
one is asked again with ``stale=true``, and nothing can be replayed.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["LIFETIME_S", "Nonces"]

LIFETIME_S: Final = 300.0
# As long may a request be repeated (RFC 3261 section 17.1.2.2, timer F).
_REPEATED_S: Final = 32.0
_MAX_USED: Final = 16_384
_MAC_BYTES: Final = 16
_HEAD = struct.Struct("!Q8s")


@dataclass(slots=True)
class _Used:
    made_ms: int
    count: int
    request: str
    """What came with that count."""
    at_s: float


class Nonces:
    """Makes nonces and accepts each count of them once."""

    def __init__(self, key: bytes, chance: Callable[[int], bytes]) -> None:
        self._key = key
        self._chance = chance
        self._used: OrderedDict[str, _Used] = OrderedDict()
        self._forgotten_ms = -1
        """Of what was made until then, nothing is known any more."""

    def make(self, now_s: float) -> str:
        head = _HEAD.pack(int(now_s * 1000), self._chance(8))
        return base64.urlsafe_b64encode(head + self._mac(head)).decode()

    def accepts(self, nonce: str, count: int, request: str, now_s: float) -> bool:
        """Note a use by a request that is known by ``request``; return False if it is too old, or came before.

        The same request may come again for a while: that is how UDP is.
        """
        made_ms = self._made_ms(nonce)
        if made_ms is None or not 0 <= now_s * 1000 - made_ms <= LIFETIME_S * 1000:
            return False
        if used := self._used.get(nonce):
            if count == used.count and request == used.request:
                return now_s - used.at_s < _REPEATED_S
            if count <= used.count:
                return False
        elif made_ms <= self._forgotten_ms or count < 1:
            return False
        self._used[nonce] = _Used(made_ms, count, request, now_s)
        self._used.move_to_end(nonce)
        if len(self._used) > _MAX_USED:
            _, oldest = self._used.popitem(last=False)
            self._forgotten_ms = max(self._forgotten_ms, oldest.made_ms)
        return True

    def _made_ms(self, nonce: str) -> int | None:
        try:
            raw = base64.urlsafe_b64decode(nonce)
        except (binascii.Error, ValueError):
            return None
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        if len(head) != _HEAD.size or not hmac.compare_digest(mac, self._mac(head)):
            return None
        return int(_HEAD.unpack(head)[0])

    def _mac(self, head: bytes) -> bytes:
        return hmac.new(self._key, head, hashlib.sha256).digest()[:_MAC_BYTES]
