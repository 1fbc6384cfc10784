"""Where a peer may be reached: the addresses that an integrity-checked STUN request has vouched for.

ICE settles on one nominated address. Two things move it later: the peer nominates
another (RFC 8445), or a NAT gives the peer a new port without the peer's knowing. The
second looks like a valid request from an address never seen before, and a peer that
nominates once (regular nomination) will not nominate again. So such a request counts
as a nomination; ICE still checks the way back before anything is sent there, so a
replayed request moves nothing.

A peer with several networks checks them all in the first seconds: addresses that show
up then are alternatives, not moves. Later, an address seen before counts as a move
only if the nominated one has fallen silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["NetworkAddress", "Paths"]

NetworkAddress = tuple[str, int]


@dataclass(slots=True)
class Paths:
    """Addresses of one peer, each with the time of its last valid request."""

    limit: int = 16
    settle_s: float = 5.0
    """How long after the first nomination new addresses are taken for alternatives."""
    silence_s: float = 15.0
    """Three of the consent intervals that RFC 7675 names: then an address is forsaken."""
    nominated: NetworkAddress | None = field(default=None, init=False)
    _heard: dict[NetworkAddress, float] = field(default_factory=dict, init=False)
    _settled_at: float = field(default=float("inf"), init=False)

    def __iter__(self) -> Iterator[NetworkAddress]:
        return iter(tuple(self._heard))

    def __contains__(self, address: NetworkAddress) -> bool:
        return address in self._heard

    def is_move(self, address: NetworkAddress, now: float) -> bool:
        """Return whether a valid request from ``address`` says that the peer is there now."""
        if self.nominated is None or address == self.nominated or now < self._settled_at + self.settle_s:
            return False
        return address not in self._heard or not self.holds(self.nominated, now)

    def hear(self, address: NetworkAddress, now: float) -> NetworkAddress | None:
        """Note a valid request; return the address that had to make room, if one had to."""
        self._heard.pop(address, None)
        self._heard[address] = now
        if len(self._heard) <= self.limit:
            return None
        oldest = next(known for known in self._heard if known != self.nominated)
        del self._heard[oldest]
        return oldest

    def nominate(self, address: NetworkAddress, now: float) -> None:
        """Note where ICE now sends."""
        if self.nominated is None:
            self._settled_at = now
        self.nominated = address
        self._heard.setdefault(address, now)

    def restart(self) -> None:
        """Let a new generation of ICE settle anew."""
        self.nominated = None

    def forget(self, address: NetworkAddress) -> None:
        """Drop an address that another peer has proved to be at."""
        self._heard.pop(address, None)

    def holds(self, address: NetworkAddress, now: float) -> bool:
        """Return whether the peer is nominated at ``address`` and was heard from it lately."""
        heard_at = self._heard.get(address, float("-inf"))
        return address == self.nominated and now - heard_at <= self.silence_s
