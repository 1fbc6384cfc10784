"""Fence: what this process may write of the rooms that several nodes share.

A stream of events has a home, ``event_streams.node_id``, and an epoch that rises with each claim. The transaction
that numbers an event requires both: who cannot number an event cannot change the room. A node id belongs to one
start of a server, so that one which was declared gone is refused for ever. Streams without a home belong to all nodes:
those of customers, and those of rooms that have ended.

A server that is no node has the nil id: it owns the whole database, and nothing is compared.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from mixminus.errors import Unavailable
from mixminus.model.ids import NIL

__all__ = ["LEADER", "Elsewhere", "Fence", "Fenced"]

LEADER: Final = UUID("6d69786d-696e-7573-8000-6c6561646572")
"""The stream whose home does what one node does for all: send webhooks, end what dead nodes have left."""


class Fenced(Unavailable):
    """Another node has what this one wanted to change."""

    reason = "NODE_FENCED"


class Elsewhere(Unavailable):
    """The room is at another node: a call to it must arrive there."""

    reason = "ROOM_ELSEWHERE"


class Fence:
    """The epochs of the streams that this node holds."""

    def __init__(self, node_id: UUID = NIL) -> None:
        self.node_id = node_id
        self._epochs: dict[UUID, int] = {}
        self._claiming: set[UUID] = set()
        self._on_fenced: Callable[[], None] | None = None
        self.counters: Counter[str] = Counter(
            {
                "cluster.writes_fenced": 0,
                "cluster.rooms_elsewhere": 0,
                "cluster.forwarded": 0,
                "cluster.forwards_failed": 0,
            }
        )

    @property
    def alone(self) -> bool:
        """Whether this server is no node."""
        return self.node_id == NIL

    def watch(self, on_fenced: Callable[[], None]) -> None:
        """Call ``on_fenced`` when a write was refused: the node may have been declared gone."""
        self._on_fenced = on_fenced

    def holds(self, stream_id: UUID) -> bool:
        """Return whether this node is the home of a stream."""
        return self.alone or stream_id in self._epochs

    def require(self, stream_id: UUID) -> None:
        """Raise Elsewhere, and count it, unless this node is the home of a room."""
        if not self.holds(stream_id):
            self.counters["cluster.rooms_elsewhere"] += 1
            raise Elsewhere(f"the room {stream_id} is at another node, which takes the calls to it")

    def epoch_of(self, stream_id: UUID) -> int:
        """Return the epoch at which this node holds a stream; -1 if it does not."""
        return self._epochs.get(stream_id, -1)

    @contextmanager
    def claiming(self, stream_id: UUID) -> Iterator[None]:
        """Leave it to the block to claim a stream and to hold it: ``is_claiming`` says that to others in this process."""
        self._claiming.add(stream_id)
        try:
            yield
        finally:
            self._claiming.discard(stream_id)

    def is_claiming(self, stream_id: UUID) -> bool:
        """Return whether a claim of a stream is under way."""
        return stream_id in self._claiming

    def hold(self, stream_id: UUID, epoch: int) -> None:
        """Note that a claim has been written."""
        self._epochs[stream_id] = epoch

    def let_go(self, stream_id: UUID) -> None:
        """Note that a stream has another home, or none; twice is harmless."""
        self._epochs.pop(stream_id, None)

    def refused(self, stream_id: UUID, epoch: int) -> Fenced:
        """Count a write that was refused at ``epoch``, and return its error; what was claimed since is kept."""
        self.counters["cluster.writes_fenced"] += 1
        if self.epoch_of(stream_id) == epoch:
            self.let_go(stream_id)
        if self._on_fenced:
            self._on_fenced()
        return Fenced("another node has taken this over: send the request again")
