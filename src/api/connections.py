"""HTTP connections of all clients: what each is waiting for, how long it may, and how many there may be.

    accepted --> head --> (body) --> working --> idle --> head ...
                                     unread

A connection on which no request has authenticated counts: for its source, and for all together. When there are too
many, the one whose client has been owing something for longest is closed for the new one; a connection that the server
is working for is never closed, so a new one is refused when there are only such.
"""

import enum
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import StreamReader

from mixminus.clock import Clock
from mixminus.hosts import network_of

__all__ = ["PROVEN_IDLE_S", "Connections", "Place", "State"]


class State(enum.StrEnum):
    """What a connection waits for."""

    HEAD = "head"
    """The client: the TLS handshake, then the rest of a request's head."""
    BODY = "body"
    """The client: the next bytes of a request's body."""
    WORKING = "working"
    """The server: the response, a download that the client reads, a WebSocket."""
    UNREAD = "unread"
    """The client: it does not read a response."""
    IDLE = "idle"
    """The client: the next request."""


DEADLINES_S: Final = {State.HEAD: 10.0, State.BODY: 60.0, State.UNREAD: 60.0, State.IDLE: 75.0}
PROVEN_IDLE_S: Final = 3630.0
"""Of clients with a credential: longer than reverse proxies keep their connections to a server."""

# A reverse proxy on this machine connects from here, for all its clients.
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1"})


def _nothing() -> None:
    """Close a connection that has only been accepted."""


@dataclass(eq=False, slots=True)
class Place:
    """One connection."""

    source: str
    since_s: float
    """Since when it has been in its state, by the monotonic clock."""
    state: State = State.HEAD
    proven: bool = False
    """Whether a request on it has authenticated."""
    content: StreamReader | None = field(default=None, repr=False)
    """The body of the request that is being handled."""
    heard_at_s: float = 0.0
    close: Callable[[], object] = _nothing
    """Ends the connection at once."""

    def ends_by(self, close: Callable[[], object]) -> None:
        """Set what ends the connection at once."""
        self.close = close

    def enter(self, state: State, now_s: float) -> None:
        """Change the state."""
        self.state, self.since_s = state, now_s

    def owes(self) -> tuple[State, float]:
        """Return what the connection waits for, and since when in monotonic seconds."""
        if self.state is State.WORKING and self.content is not None and not self.content.is_eof():
            return State.BODY, max(self.since_s, self.heard_at_s)
        return self.state, self.since_s

    def deadline_s(self) -> float:
        """Return when it is closed unless its client acts; infinity for never."""
        state, since_s = self.owes()
        if self.proven and state is State.UNREAD:  # a player that was paused
            return float("inf")
        if self.proven and state is State.IDLE:
            return since_s + PROVEN_IDLE_S
        return since_s + DEADLINES_S.get(state, float("inf"))


class Connections:
    """All connections, within a share for each source (of IPv6 a /64) and a total."""

    def __init__(self, clock: Clock, *, per_source: int = 64, total: int = 512) -> None:
        self.clock = clock
        self._per_source = per_source
        self._total = total
        self._places: dict[Place, None] = {}
        """The oldest first."""
        self._counts = Counter(
            {f"api.connections_late:{state}": 0 for state in DEADLINES_S}
            | {"api.connections_refused": 0, "api.connections_displaced": 0}
        )

    def __len__(self) -> int:
        return len(self._places)

    @property
    def counters(self) -> dict[str, int]:
        return dict(self._counts)

    def admit(self, host: str) -> Place | None:
        """Return the place of a new connection; None refuses it."""
        source = network_of(host)[0]
        unproven = [each for each in self._places if not each.proven]
        own = [] if host in _THIS_MACHINE else [each for each in unproven if each.source == source]
        full = own if len(own) >= self._per_source else unproven if len(unproven) >= self._total else None
        if full is not None and not self._displace(full):
            self._counts["api.connections_refused"] += 1
            return None
        place = Place(source, self.clock.monotonic_s())
        self._places[place] = None
        return place

    def release(self, place: Place) -> None:
        """Forget a connection that has ended; again does nothing."""
        self._places.pop(place, None)

    def close_late(self) -> None:
        """Close the connections whose clients have missed a deadline."""
        now_s = self.clock.monotonic_s()
        for place in [each for each in self._places if each.deadline_s() < now_s]:
            self._counts[f"api.connections_late:{place.owes()[0]}"] += 1
            self._close(place)

    def _displace(self, group: Iterable[Place]) -> bool:
        """Close the connection whose client has owed something for longest; return whether there is one."""
        owing = [each for each in group if each.owes()[0] is not State.WORKING]
        if not owing:
            return False
        self._counts["api.connections_displaced"] += 1
        self._close(min(owing, key=lambda each: each.owes()[1]))
        return True

    def _close(self, place: Place) -> None:
        self.release(place)
        place.close()
