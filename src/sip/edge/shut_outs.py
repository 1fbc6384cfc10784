"""Callers whose message was the last that a worker received before it crashed: they are shut out for a time.

The time doubles with each crash, and is forgotten after an hour without one.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mixminus.hosts import network_of

__all__ = ["ShutOuts"]

_FIRST_S: Final = 10.0
_MOST_S: Final = 3600.0
_CALM_S: Final = 3600.0
_MAX_KEPT: Final = 4096
_MAX_WORKERS: Final = 1024


@dataclass(slots=True)
class _ShutOut:
    count: int
    until_s: float
    last_s: float


class ShutOuts:
    """Who sent the last message to each worker, and who is shut out now."""

    def __init__(self) -> None:
        self._last: OrderedDict[int, str] = OrderedDict()
        self._moved: OrderedDict[int, list[str]] = OrderedDict()
        self._shut_out: OrderedDict[str, _ShutOut] = OrderedDict()

    def forwarded(self, sip_port: int, host: str) -> None:
        """Take that a message of a host was forwarded to a worker, which its port names."""
        self._last[sip_port] = host
        self._last.move_to_end(sip_port)
        if len(self._last) > _MAX_WORKERS:
            self._last.popitem(last=False)

    def moved(self, sip_port: int, call_id: str) -> None:
        """Take that a call of a lost worker, which its port names, is continued by another one."""
        self._moved.setdefault(sip_port, []).append(call_id)
        if len(self._moved) > _MAX_WORKERS:
            self._moved.popitem(last=False)

    def take_moved(self, sip_port: int) -> list[str]:
        """Return the Call-IDs of the calls of a lost worker that were moved, and forget them."""
        return self._moved.pop(sip_port, [])

    def crashed(self, sip_port: int, now_s: float) -> str:
        """Shut out the host that wrote to a worker last before its crash; return it, empty if there is none."""
        host = self._last.pop(sip_port, "")
        if not host:
            return ""
        own, _ = network_of(host)
        kept = self._shut_out.pop(own, None)
        count = kept.count + 1 if kept and now_s - kept.last_s < _CALM_S else 1
        until_s = now_s + min(_FIRST_S * 2.0 ** min(count - 1, 16), _MOST_S)
        self._shut_out[own] = _ShutOut(count, until_s, now_s)
        if len(self._shut_out) > _MAX_KEPT:
            self._shut_out.popitem(last=False)
        return host

    def covers(self, host: str, now_s: float) -> bool:
        """Return whether a host is shut out."""
        if not self._shut_out:
            return False
        own, _ = network_of(host)
        kept = self._shut_out.get(own)
        return kept is not None and now_s < kept.until_s
