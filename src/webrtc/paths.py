"""Paths: the addresses of a peer, from which an authenticated STUN request has come.

ICE nominates one address. It changes later for two reasons: the peer nominates another
(RFC 8445), or a NAT rebinds and the peer does not know. The second shows as a valid
request from an address that is new, and a peer that nominates once (regular nomination)
will not nominate again. Such a request is therefore treated as a nomination; ICE still
checks the reverse path before anything is sent there, so a replayed request has no effect.

A peer with several networks checks all of them in the first seconds: addresses that
appear then are alternatives, not moves. Later, a known address counts as a move only if
the nominated one is silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["NetworkAddress", "Paths"]

NetworkAddress = tuple[str, int]


@dataclass(slots=True)
class Paths:
    """Addresses of one peer, each with the time of its last authenticated request."""

    limit: int = 16
    alternatives_s: float = 5.0
    """How long after the first nomination a new address is an alternative."""
    silence_s: float = 15.0
    """Three consent intervals of RFC 7675; after that an address is abandoned."""
    nominated: NetworkAddress | None = field(default=None, init=False)
    _last_request_at: dict[NetworkAddress, float] = field(default_factory=dict, init=False)
    _first_nominated_at: float = field(default=float("inf"), init=False)

    def __iter__(self) -> Iterator[NetworkAddress]:
        return iter(tuple(self._last_request_at))

    def __contains__(self, address: NetworkAddress) -> bool:
        return address in self._last_request_at

    def is_move(self, address: NetworkAddress, now: float) -> bool:
        """Return whether an authenticated request from ``address`` shows that the peer has moved there."""
        if (
            self.nominated is None
            or address == self.nominated
            or now < self._first_nominated_at + self.alternatives_s
        ):
            return False
        return address not in self._last_request_at or not self.is_at(self.nominated, now)

    def record_request(self, address: NetworkAddress, now: float) -> NetworkAddress | None:
        """Record an authenticated request; return the address that was evicted for it, if any."""
        self._last_request_at.pop(address, None)
        self._last_request_at[address] = now
        if len(self._last_request_at) <= self.limit:
            return None
        oldest = next(known for known in self._last_request_at if known != self.nominated)
        del self._last_request_at[oldest]
        return oldest

    def nominate(self, address: NetworkAddress, now: float) -> None:
        """Record the address that ICE sends to now."""
        if self.nominated is None:
            self._first_nominated_at = now
        self.nominated = address
        self._last_request_at.setdefault(address, now)

    def restart(self) -> None:
        """Reset the nomination for a new generation of ICE."""
        self.nominated = None

    def remove(self, address: NetworkAddress) -> None:
        """Remove an address, because another peer uses it."""
        self._last_request_at.pop(address, None)

    def is_at(self, address: NetworkAddress, now: float) -> bool:
        """Return whether ``address`` is nominated and a request has come from it recently."""
        last_request_at = self._last_request_at.get(address, float("-inf"))
        return address == self.nominated and now - last_request_at <= self.silence_s
