"""Which messages of phones are read, and which of them first: limits of sources, and newcomers behind the others.

Hosts that have proved that they receive (``verified.py``), connections, and calls in progress come first; all other hosts together
have half of the edge's time, and what they send waits for as long as there is anything else to read.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.flooders import Flooders
from mixminus.sip.edge.limits import RateLimit, SourceLimit, SourceLimits
from mixminus.sip.edge.newcomers import Newcomers
from mixminus.sip.edge.shut_outs import ShutOuts
from mixminus.sip.internal_headers import Flow

__all__ = ["Admission"]

# What one source may take of the edge's only core.
_PROCESSING_S_PER_S: Final = 0.25
_UNVERIFIED_S_PER_S: Final = 0.5
"""For all hosts together that have not proved that they receive: verified ones, and connections, keep the other half."""
_MORE_FOR_REPEATED_S: Final = 0.25
_CALL_ID = re.compile(rb"[\r\n](?:Call-ID|i)[ \t]*:[ \t]*([^\s]{1,256})", re.IGNORECASE)


class Admission:
    """Decides by the source, before anything is parsed."""

    def __init__(
        self,
        calls: CallTable,
        counters: Counter[str],
        *,
        limits: SourceLimits,
        is_verified: Callable[[str, float], bool],
    ) -> None:
        self.shut_outs = ShutOuts()
        self.flooders = Flooders(counters)
        self.newcomers = Newcomers(counters)
        self._calls = calls
        self._counters = counters
        self._is_verified = is_verified
        self._messages = SourceLimit(limits.messages_per_s)
        self._limits = limits
        self._processing = SourceLimit(_PROCESSING_S_PER_S)
        self._unverified = RateLimit(_UNVERIFIED_S_PER_S)

    def refuses(self, source: Flow, now_s: float) -> bool:
        """Take a message of a source; return whether it is dropped unread."""
        reason = self._refusal(source.host, now_s)
        if reason:
            self._counters[reason] += 1
            if source.transport == "UDP":
                self.flooders.refused(source.host, now_s)
        return bool(reason)

    def comes_first(self, message: bytes, source: Flow, now_s: float) -> bool:
        """Return whether a message is read at once: not of a newcomer, or within a call of that host."""
        if not self._is_newcomer(source, now_s):
            return True
        match = _CALL_ID.search(message)
        call = self._calls.find(match[1].decode(errors="replace")) if match else None
        return call is not None and call.flow.host == source.host

    def put(self, message: bytes, source: Flow, now_s: float) -> None:
        """Keep a message of a newcomer until there is time for it; drop it if too many wait."""
        if not self.newcomers.put(message, source, now_s):
            self.flooders.refused(source.host, now_s)

    def take(self, now_s: float) -> tuple[bytes, Flow] | None:
        """Return the next message of a newcomer that there is time for; None if there is none, or no time."""
        left = self._unverified.left("", now_s)
        if left <= -_MORE_FOR_REPEATED_S:
            return None
        return self.newcomers.take(now_s, repeated_only=left <= 0)

    def forwarded(self, sip_port: int, host: str) -> None:
        """Take that a message of a host was forwarded to a worker, which its port names."""
        if self._limits.hold_for(host):
            self.shut_outs.forwarded(sip_port, host)

    def spent(self, source: Flow, processing_s: float, now_s: float) -> None:
        """Charge a source with the CPU time that its message took."""
        self._processing.spend(source.host, processing_s, now_s)
        if self._is_newcomer(source, now_s):
            self._unverified.spend("", processing_s, now_s)

    def _is_newcomer(self, source: Flow, now_s: float) -> bool:
        if source.transport != "UDP" or not self._limits.hold_for(source.host):
            return False
        return not self._is_verified(source.host, now_s)

    def _refusal(self, host: str, now_s: float) -> str:
        """Return the counter of why a host is not heard now; empty if it is."""
        if not self._limits.hold_for(host):
            return ""
        if not self._messages.admits(host, now_s):
            return "sip_edge_flood"
        if self.shut_outs.covers(host, now_s):
            return "sip_edge_shut_out"
        return "" if self._processing.has_left(host, now_s) else "sip_edge_costly"
