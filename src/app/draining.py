"""Draining: a node takes no new calls, and gives its rooms to others, each when its last participant has left.

It begins and ends by a state in the database (``POST /nodes/{id}/drain``), or with SIGTERM. What the node has goes on:
calls, recordings, streams.
"""

import asyncio
from typing import Final

from mixminus.api.forward import Forwarder
from mixminus.api.services import Services
from mixminus.cluster.membership import Membership
from mixminus.cluster.peers import Peer
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.tasks import TaskScope

__all__ = ["Draining"]

log = get("cluster")

_LOOK_S: Final = 0.25
"""How often rooms are looked through for those that have become empty."""
_AT_A_TIME: Final = 50
"""Rooms that one node is given before it opens them, so that it opens some while it is given others."""


class Draining:
    """Gives away what this node has, while it drains."""

    def __init__(self, services: Services, membership: Membership, forwarder: Forwarder) -> None:
        self._services = services
        self._membership = membership
        self._forwarder = forwarder
        self._changed = asyncio.Event()
        self._scope = TaskScope(task_failed("draining"))
        membership.watch_draining(self._follow)

    def start(self) -> None:
        """Follow the state of this node from now on."""
        self._scope.keep("draining", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    def _follow(self) -> None:
        """Refuse new calls, or take them again, at once."""
        self._services.admission.drain(on=self._membership.is_draining)
        self._changed.set()

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._membership.is_draining:
                try:
                    await self._give_rooms()
                except Unavailable as error:
                    log.warning("rooms not given", cause=str(error))
                await self._services.clock.sleep(_LOOK_S)

    async def _give_rooms(self) -> None:
        """Give the unused rooms to the node that has the fewest."""
        handover = self._services.handover
        unused = handover.unused()
        while unused and (peer := self._membership.successor()):
            some, unused = unused[:_AT_A_TIME], unused[_AT_A_TIME:]
            given = sum([await handover.give(each, peer.id) for each in some])
            if given:
                await self._announce(peer, given)

    async def _announce(self, peer: Peer, given: int) -> None:
        peer.count_given(given)
        log.info("rooms given", node_id=str(peer.id), rooms=given)
        await self._forwarder.announce_given(peer)
