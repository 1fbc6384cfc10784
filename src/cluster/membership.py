"""Membership: this node's lease, and which other nodes live.

    every 1.5 s   renew for 6 s, again at once if the session fails -- no row: this node was declared gone, and ends
                  declare those gone whose lease has lapsed
                  read the others

While the database is away nothing is decided: no node is declared gone, and audio goes on.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from mixminus.cluster.peers import Peer
from mixminus.cluster.placement import is_older
from mixminus.errors import Unavailable
from mixminus.hosts import host_of
from mixminus.log import get, task_failed
from mixminus.store.homes import GONE
from mixminus.store.leases import DRAINING, NO_LOAD, LeaseTable, Load, Node, NodeRow
from mixminus.tasks import TaskScope

__all__ = ["RENEW_S", "Membership"]

log = get("cluster")


RENEW_S: Final = 1.5


class Membership:
    """The ``Cluster`` of a node."""

    def __init__(
        self,
        leases: LeaseTable,
        node: Node,
        *,
        on_gone: Callable[[], None],
        renew_s: float = RENEW_S,
    ) -> None:
        """``on_gone`` is called once, when this node was declared gone: it must write nothing more, and end."""
        self.node = node
        self._leases = leases
        self._on_gone = on_gone
        self._renew_s = renew_s
        self._peers: dict[UUID, Peer] = {}
        self._load: Callable[[], Load] = lambda: NO_LOAD
        self._on_departure: Callable[[], None] = lambda: None
        self._soon = asyncio.Event()
        self._is_gone = False
        self._renewed_s = 0.0
        """When this node last renewed, by the clock of the event loop."""
        self._is_draining = False
        self._on_draining: Callable[[], None] = lambda: None
        self._scope = TaskScope(task_failed("cluster"))
        self._counters: Counter[str] = Counter(
            {"cluster.renewals": 0, "cluster.renewals_failed": 0, "cluster.nodes_declared_gone": 0}
        )

    @property
    def node_id(self) -> UUID:
        return self.node.id

    @property
    def host(self) -> str:
        """Where other nodes reach this one, without the port."""
        return host_of(self.node.address)

    @property
    def counters(self) -> Mapping[str, int]:
        return self._counters

    @property
    def peers(self) -> Sequence[Peer]:
        """The other living nodes."""
        return tuple(self._peers.values())

    @property
    def is_draining(self) -> bool:
        """Whether this node gives its rooms to others."""
        return self._is_draining

    @property
    def lease_age_s(self) -> float:
        """How long ago this node last renewed its lease."""
        return asyncio.get_running_loop().time() - self._renewed_s

    def successor(self) -> Peer | None:
        """Return the other node that takes new rooms and has the fewest; None if there is none."""
        serving = [each for each in self._peers.values() if not each.is_draining]
        return min(serving, key=lambda each: each.rooms, default=None)

    async def set_draining(self, node_id: UUID, *, on: bool) -> bool:
        """Make a node drain, or serve again; False if it does not live. This one knows at once, another when it renews."""
        written = await self._leases.set_draining(node_id, on=on)
        if written and node_id == self.node_id:
            self._drain(on=on)
        return written

    def watch_draining(self, on_draining: Callable[[], None]) -> None:
        """Call ``on_draining`` when this node drains, or serves again."""
        self._on_draining = on_draining

    def peer(self, node_id: UUID) -> Peer | None:
        """Return another living node; None for this one, and for one that is gone."""
        return self._peers.get(node_id)

    async def meet(self, node_id: UUID) -> Peer | None:
        """Return another living node, also one that has started since this one last renewed; None if there is none.

        Raises Unavailable if the database does not answer.
        """
        if node_id not in self._peers and node_id != self.node.id:
            for row in await self._leases.all():
                if row.id == node_id and row.state != GONE and node_id not in self._peers:
                    self._add(row)
        return self._peers.get(node_id)

    def report(self, load: Callable[[], Load]) -> None:
        """Write with each renewal what ``load`` returns."""
        self._load = load

    def watch(self, on_departure: Callable[[], None]) -> None:
        """Call ``on_departure`` when another node was declared gone or has left."""
        self._on_departure = on_departure

    def look(self) -> None:
        """Renew soon: a write was refused, this node may be gone."""
        self._soon.set()

    async def start(self) -> None:
        """Join, and renew the lease from now on; Unavailable if the database does not answer."""
        await self.join()
        self._scope.keep("lease", self._keep)

    def serve(self) -> None:
        """Renew for the usual time from now on: this node has started."""
        self._leases.serve()
        self._soon.set()

    async def join(self) -> None:
        """Register, in place of an earlier node of this address."""
        for node_id in await self._leases.register(self.node):
            log.info("earlier node of this address is gone", node_id=str(node_id))
        self._renewed_s = asyncio.get_running_loop().time()
        self._see(await self._leases.all())

    async def close(self) -> None:
        """Leave: others take over at once. Closing twice is harmless."""
        await self._scope.close()
        if not self._is_gone:
            self._is_gone = True
            with suppress(Unavailable):
                await self._leases.leave(self.node.id)
        await self._leases.close()

    async def nodes(self) -> Sequence[NodeRow]:
        """Return the nodes, with those that went lately, oldest first."""
        return await self._leases.all()

    async def _keep(self) -> None:
        while not self._is_gone:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._renew_s):
                    await self._soon.wait()
            self._soon.clear()
            if not await self._renews():
                # At once, by a new session: half of the lease may have passed while an answer was awaited.
                await self._renews()

    async def _renews(self) -> bool:
        """Renew once; return whether the database has answered."""
        try:
            await self.renew()
        except Unavailable as error:
            self._counters["cluster.renewals_failed"] += 1
            log.warning("lease not renewed", cause=str(error))
            return False
        return True

    async def renew(self) -> None:
        """Renew once, declare those gone whose lease has lapsed, and read the others."""
        state = await self._leases.renew(self.node.id, self._load())
        if not state:
            self._is_gone = True
            self._on_gone()
            return
        self._renewed_s = asyncio.get_running_loop().time()
        self._drain(on=state == DRAINING)
        self._counters["cluster.renewals"] += 1
        for node_id in await self._leases.declare_gone(self.node.id):
            self._counters["cluster.nodes_declared_gone"] += 1
            log.warning("node declared gone", node_id=str(node_id))
        self._see(await self._leases.all())

    def _drain(self, *, on: bool) -> None:
        if on != self._is_draining:
            self._is_draining = on
            log.info("draining" if on else "serving again")
            self._on_draining()

    def _add(self, row: NodeRow) -> Peer:
        peer = Peer(row.id, row.address, row.sip_address, is_older=is_older(row.version, self.node.version))
        self._peers[row.id] = peer
        return peer

    def _see(self, rows: Sequence[NodeRow]) -> None:
        living = {row.id: row for row in rows if row.state != GONE and row.id != self.node.id}
        departed = [self._peers.pop(id_) for id_ in tuple(self._peers) if id_ not in living]
        for id_, row in living.items():
            peer = self._peers.get(id_) or self._add(row)
            peer.is_draining, peer.rooms, peer.load = row.state == DRAINING, row.rooms, row.load
        for peer in departed:
            peer.gone.set_result(None)
        if departed:
            self._on_departure()
