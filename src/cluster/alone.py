"""A server that has its database for itself: every owner is here, and nothing is asked."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from mixminus.cluster.peers import Peer
from mixminus.model.ids import NIL
from mixminus.store.leases import NodeRow

__all__ = ["Alone", "Cluster"]


class Cluster(Protocol):
    """What the services and the API see of the nodes."""

    @property
    def node_id(self) -> UUID: ...
    @property
    def counters(self) -> Mapping[str, int]: ...
    @property
    def peers(self) -> Sequence[Peer]:
        """The other living nodes."""
        ...

    @property
    def is_draining(self) -> bool:
        """Whether this node gives its rooms to others."""
        ...

    @property
    def lease_age_s(self) -> float:
        """How long ago this node last renewed its lease."""
        ...

    def peer(self, node_id: UUID) -> Peer | None:
        """Return another living node; None for this one, and for one that is gone."""
        ...

    async def meet(self, node_id: UUID) -> Peer | None:
        """Return another living node, also one that has started just now; None if there is none."""
        ...

    async def set_draining(self, node_id: UUID, *, on: bool) -> bool:
        """Make a node drain, or serve again; False if it does not live."""
        ...

    async def nodes(self) -> Sequence[NodeRow]:
        """Return the nodes, with those that went lately, oldest first."""
        ...


class Alone:
    """The ``Cluster`` of a server that is no node."""

    node_id = NIL
    counters: Mapping[str, int] = {}
    peers: Sequence[Peer] = ()
    is_draining = False
    lease_age_s = 0.0

    def peer(self, node_id: UUID) -> Peer | None:
        """Return None: there is no other node."""
        return None

    async def meet(self, node_id: UUID) -> Peer | None:
        """Return None: there is no other node."""
        return None

    async def set_draining(self, node_id: UUID, *, on: bool) -> bool:
        """Return False: a server that is alone is no node."""
        return False

    async def nodes(self) -> Sequence[NodeRow]:
        """Return none."""
        return ()
