"""SeatsHere: how many calls of this node are in each room, of at most so many in one."""

import asyncio
from collections import Counter
from uuid import UUID

from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.errors import SeatsTaken
from mixminus.mixer import BridgePort

__all__ = ["SeatsHere"]


class SeatsHere:
    """Counts the seats in rooms of this node whose calls are here too."""

    def __init__(self, limit: int | None = None) -> None:
        """``limit``: seats of one room; None: as many as its bridge has places."""
        self.limit = limit
        self._taken: Counter[UUID] = Counter()

    def of(self, room: UUID) -> int:
        """Return how many calls of this node are in a room."""
        return self._taken[room]

    def allows(self, taken: int) -> bool:
        """Return whether a room that has so many seats at this node may have another one here."""
        return self.limit is None or taken < self.limit

    def check(self, taken: int) -> None:
        """Raise SeatsTaken if a room that has so many seats at this node may have no other one here."""
        if not self.allows(taken):
            raise SeatsTaken(f"the room has its {self.limit} seats at this node: call again, at another one")

    def take(self, room: UUID, port: BridgePort, left: asyncio.Future[None]) -> None:
        """Count a seat until it is released; raise SeatsTaken above the limit. One of another node is counted there."""
        if isinstance(port, RemotePort):
            return
        self.check(self._taken[room])
        self._taken[room] += 1
        left.add_done_callback(lambda _: self._give_back(room))

    def _give_back(self, room: UUID) -> None:
        self._taken[room] -= 1
        if not self._taken[room]:
            del self._taken[room]
