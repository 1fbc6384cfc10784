"""Peer: another living node, as this one last read it."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

__all__ = ["Peer"]


@dataclass(slots=True, eq=False)
class Peer:
    """Another node, with the future of its end."""

    id: UUID
    address: str
    sip_address: str
    is_draining: bool = False
    """Whether it takes no new rooms and calls."""
    rooms: int = 0
    """Whose home it is, as it last reported."""
    load: float = 0.0
    """CPU time of its busiest mixing thread, as a share of the time it has, as it last reported."""
    is_older: bool = False
    """Whether its version is older than this node's."""
    gone: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when the node is declared gone, or has left."""

    def count_given(self, rooms: int) -> None:
        """Count rooms that this node has just given to it, until it next reports its own."""
        self.rooms += rooms
