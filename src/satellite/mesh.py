"""Mesh: a room's bridge on this node, and its links to the bridges of the same room on all other nodes.

    own talker    carry(number, port)            leaves by each link
    another's     expect(node, number, ...)      a ghost, once the link to that node is connected

A number is used once in a room, by whichever node: the home gives them. Those of home's playouts are the last.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from mixminus.errors import MixMinusError
from mixminus.log import get
from mixminus.mixer import PLAYOUTS, Bridge, BridgePort, Engine, Ghost, Trunk, TrunkLink, TrunkOffer

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["FIRST_PLAYOUT", "Mesh", "Trunks", "nowhere"]

log = get("cluster")
G = TypeVar("G", bound=Ghost)

FIRST_PLAYOUT: Final = (1 << 16) - PLAYOUTS
"""The numbers from here on are the room's playouts; those below are participants'."""


class Trunks:
    """A trunk for each mixing thread, opened when the first room there needs it."""

    def __init__(self, engine: Engine, host: str) -> None:
        self._engine = engine
        self._host = host
        self._open: dict[int, Trunk] = {}

    def of(self, bridge: Bridge) -> Trunk:
        """Return the trunk of a bridge's mixing thread; it is closed with the engine."""
        if bridge.shard not in self._open:
            self._open[bridge.shard] = self._engine.open_trunk(self._host, shard=bridge.shard)
        return self._open[bridge.shard]


@dataclass(slots=True)
class _Peer:
    """Another node of the room."""

    link: TrunkLink
    connected: bool = False
    ghosts: dict[int, Ghost] = field(default_factory=dict)


class Mesh:
    """The links of one room on this node."""

    def __init__(self, bridge: Bridge, trunk: Trunk, offer: Callable[[UUID, int, TrunkOffer], None]) -> None:
        self.bridge = bridge
        self.offer = offer
        """Sends this end of a link to another node."""
        self._trunk = trunk
        self._peers: dict[UUID, _Peer] = {}
        self._own: dict[int, BridgePort] = {}
        self._others: dict[int, tuple[UUID, Callable[[Ghost], None]]] = {}
        self._has_playouts = False

    @property
    def nodes(self) -> tuple[UUID, ...]:
        """The other nodes."""
        return tuple(self._peers)

    def connected(self, node: UUID) -> bool:
        """Return whether a node has sent its end of the link."""
        peer = self._peers.get(node)
        return peer is not None and peer.connected

    def attach(self, node: UUID, pair: int = 0) -> TrunkLink:
        """Open a link to another node, and offer it as of ``pair``; one that is open is returned.

        Raises Exhausted for the 17th.
        """
        if node not in self._peers:
            link = self._trunk.open_link(self.bridge)
            self._peers[node] = _Peer(link)
            self.offer(node, pair, link.offer)
        return self._peers[node].link

    def connect(self, node: UUID, offer: TrunkOffer) -> None:
        """Connect the link to a node that has sent its end."""
        peer = self._peers.get(node)
        if peer is None or peer.connected:
            return
        peer.link.connect(offer)
        peer.connected = True
        if self._has_playouts:
            peer.link.carry_playouts(FIRST_PLAYOUT)
        for number, port in self._own.items():
            if not port.closed:
                peer.link.carry(port, number)
        for number, (sender, _) in tuple(self._others.items()):
            if sender == node:
                self._expect(number)

    def detach(self, node: UUID) -> None:
        """Close the link to a node, with its ghosts; twice is harmless."""
        if peer := self._peers.pop(node, None):
            peer.link.close()
        self._others = {number: each for number, each in self._others.items() if each[0] != node}

    def carry_playouts(self) -> None:
        """Let the room's playouts leave by all links: this is its home."""
        self._has_playouts = True
        for peer in self._peers.values():
            if peer.connected:
                peer.link.carry_playouts(FIRST_PLAYOUT)

    def carry(self, number: int, port: BridgePort) -> None:
        """Let what a port of this node says leave."""
        self._own[number] = port
        for peer in self._peers.values():
            if peer.connected:
                peer.link.carry(port, number)

    def drop(self, number: int) -> None:
        """Let a port leave no more; twice is harmless."""
        if port := self._own.pop(number, None):
            for peer in self._peers.values():
                if peer.connected and not port.closed:
                    peer.link.drop(port)

    def expect(self, node: UUID, number: int, placed: Callable[[Ghost], None]) -> None:
        """Give another node's talker its place; ``placed`` is called with it, once the link is connected."""
        self._others[number] = (node, placed)
        if (peer := self._peers.get(node)) and peer.connected:
            self._expect(number)

    def forget(self, number: int) -> None:
        """Close the place of another node's talker; twice is harmless."""
        found = self._others.pop(number, None)
        peer = self._peers.get(found[0]) if found else None
        if peer and (ghost := peer.ghosts.pop(number, None)):
            ghost.close()

    def adopt(
        self, node: UUID, number: int, make: Callable[["_engine.Ghost", int, Callable[[BridgePort], None]], G]
    ) -> G:
        """Return the place of another node's talker as what ``make`` makes; it is on the bridge if it was heard before.

        The caller closes it. Raises Conflict without a link that is connected.
        """
        self._others.pop(number, None)
        peer = self._peers[node]
        ghost = peer.ghosts.pop(number, None)
        return peer.link.replace(ghost, make) if ghost else peer.link.reserve(number, make)

    def keep(self, nodes: Container[UUID]) -> None:
        """Close the links to all other nodes, and the places of talkers that are not adopted."""
        for node in self.nodes:
            if node not in nodes:
                self.detach(node)
        for number in tuple(self._others):
            self.forget(number)

    def close(self) -> None:
        """Close all links; twice is harmless."""
        for node in self.nodes:
            self.detach(node)
        self._own.clear()

    def _expect(self, number: int) -> None:
        node, placed = self._others[number]
        peer = self._peers[node]
        try:
            peer.ghosts[number] = ghost = peer.link.expect(number)
        except MixMinusError as error:  # the bridge is full
            log.warning("talker of another node not heard", node_id=str(node), cause=str(error))
            return
        placed(ghost)


def nowhere(node: UUID, pair: int, offer: TrunkOffer) -> None:
    """Send an offer nowhere: the mesh has no hub yet."""
