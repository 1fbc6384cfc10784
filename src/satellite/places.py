"""Places: whether this node takes an arrival in a room, and which node takes it instead (``cluster/placement.py``).

An arrival is a call that is not answered yet, or a browser's join: afterwards it stays where it is (ADR 42).
"""

import random
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, Protocol
from uuid import UUID

from mixminus.call.admission import Admission
from mixminus.cluster.alone import Cluster
from mixminus.cluster.peers import Peer
from mixminus.cluster.placement import Candidate, Limits, choose, has_place
from mixminus.conference.errors import SeatsTaken
from mixminus.conference.seats_here import SeatsHere
from mixminus.store.database import Store

__all__ = ["Places"]

_BRIDGE_SEATS: Final = 2048
"""The places of a bridge."""


class _Branches(Protocol):
    def seats_of(self, room: UUID) -> int: ...


class Places:
    """The places of this node and of the others, as they last reported."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        admission: Admission,
        *,
        here: SeatsHere,
        branches: _Branches | None,
        chance: random.Random,
    ) -> None:
        """``here``: the seats in rooms of this node, ``branches``: those in rooms of others; None for a server that is no node."""
        self.counters: Counter[str] = Counter({"cluster.seats_refused": 0, "cluster.placed": 0})
        self._store = store
        self._cluster = cluster
        self._admission = admission
        self._here = here
        self._branches = branches
        self._limits = Limits(here.limit or _BRIDGE_SEATS, admission.max_load)
        self._chance = chance

    def has_seat(self, room: UUID) -> bool:
        """Return whether a room has another seat at this node."""
        return self._here.allows(self._seats(room))

    def check(self, room: UUID | None) -> None:
        """Raise Overloaded, Draining or SeatsTaken, and count it, if this node does not take an arrival."""
        self._admission.check()
        if room and not self.takes_here(room):
            raise SeatsTaken(
                f"the room has the {self._limits.seats} seats that it may have at a node, and no other node takes the call: try "
                "again when somebody has left, or raise MIXMINUS_ROOM_SEATS"
            )

    def takes_here(self, room: UUID) -> bool:
        """Return whether a room has another seat at this node; count it if it has none."""
        free = self.has_seat(room)
        self.counters["cluster.seats_refused"] += not free
        return free

    def takes(self, peer: Peer, seats: int = 0) -> bool:
        """Return whether another node takes an arrival in a room that has so many seats there."""
        return has_place(_candidate(peer, seats), self._limits)

    async def seats(self, room: UUID | None) -> Mapping[UUID, int]:
        """Return at which nodes the calls of a room are; Unavailable if the database does not answer."""
        if room is None or not self._cluster.peers:
            return {}
        return await self._store.read(lambda tx: tx.homes.seats_of(room))

    async def choose(self, room: UUID | None, tried: Collection[UUID]) -> UUID | None:
        """Return the node that takes an arrival, this one or another, but none of those ``tried``; None if none does."""
        seats = await self.seats(room)
        nodes = [_candidate(peer, seats.get(peer.id, 0)) for peer in self._cluster.peers]
        here = Candidate(
            self._cluster.node_id,
            self._admission.load,
            self._seats(room) if room else 0,
            serves=not self._admission.refusing,
        )
        chosen = choose([each for each in (here, *nodes) if each.id not in tried], self._limits, self._chance)
        self.counters["cluster.placed"] += chosen is not None
        return chosen

    def _seats(self, room: UUID) -> int:
        return self._here.of(room) + (self._branches.seats_of(room) if self._branches else 0)


def _candidate(peer: Peer, seats: int) -> Candidate:
    return Candidate(peer.id, peer.load, seats, serves=not peer.is_draining, older=peer.is_older)
