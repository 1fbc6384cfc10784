"""Succession: the next home of a room whose home is dead, so that its participants at other nodes stay in it.

    the home is declared gone ──> each survivor: wait for rank x 300 ms, then claim the room
        one claims it      opens the room on the bridge that it has there (``heir.py``)
        the others         Attach(seats) to that one

Most participants come first. The claim is one UPDATE (``store.homes``): there is one next home, whatever the ranks are. A home
that lives has released the seats of the satellites that it does not hear any more: theirs leave the room.
"""

import asyncio
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.cluster.alone import Cluster
from mixminus.cluster.peers import Peer
from mixminus.errors import Unavailable
from mixminus.satellite.branch import Branch
from mixminus.satellite.heir import Heir
from mixminus.satellite.home import Home
from mixminus.satellite.satellite import Satellite
from mixminus.store.database import Store
from mixminus.store.persistence import until_written

__all__ = ["Succession"]

_RANK_S: Final = 0.3
_LOOK_S: Final = 1.0
"""How often a home that does not answer is tried."""
_PATIENCE_S: Final = 15.0
"""Above what passes until a dead node is declared gone: 6 s of its lease, and 1.5 s between two looks."""


class Succession:
    """Finds the next home of each room that is lost here."""

    def __init__(
        self, store: Store, clock: Clock, cluster: Cluster, *, satellite: Satellite, home: Home, heir: Heir
    ) -> None:
        self._store = store
        self._clock = clock
        self._cluster = cluster
        self._satellite = satellite
        self._home = home
        self._heir = heir

    async def find(self, branch: Branch) -> None:
        """Give a branch whose home is lost another one, or close it."""
        try:
            found = await self._found(branch)
        except BaseException:
            self._satellite.give_up(branch)  # unless it was given away
            raise
        if not found:
            self._satellite.give_up(branch)

    async def _found(self, branch: Branch) -> bool:
        lost = branch.link.peer
        while await self._is_dead(lost) and branch.seats:
            await self._clock.sleep(branch.rank * _RANK_S)
            if await self._claimed(branch):
                return True
            home_id = await until_written(self._clock, lambda: self._home_of(branch.room))
            home = self._cluster.peer(home_id) if home_id else None
            if home is None or home is lost:
                break
            try:
                await self._satellite.attach(branch, home)
            except TimeoutError:
                break
            except Unavailable:
                if branch.link.peer is home:  # attached, and lost again, which begins another search
                    return True
                lost = home
            else:
                return True
        return False

    async def _is_dead(self, peer: Peer) -> bool:
        """Wait until a node is declared gone; False if it answers, or is not gone in time."""
        deadline_s = self._clock.monotonic_s() + _PATIENCE_S
        while not peer.gone.done() and self._clock.monotonic_s() < deadline_s:
            await asyncio.wait({peer.gone}, timeout=_LOOK_S)
            if not peer.gone.done() and await self._answers(peer):
                return False
        return peer.gone.done()

    async def _answers(self, peer: Peer) -> bool:
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._satellite.link(peer)
        except (Unavailable, TimeoutError):
            return False
        return True

    async def _claimed(self, branch: Branch) -> bool:
        """Make this node the home of a room, and let it serve that; False if another one is."""
        room, fence = branch.room, self._store.fence
        gathering = self._home.gather(room)
        try:
            with fence.claiming(room):
                epoch = await until_written(self._clock, lambda: self._claim(room))
                if epoch is not None:
                    fence.hold(room, epoch)
            if epoch is not None:
                await self._heir.take(branch, gathering)
        finally:
            self._home.release(room)
        return epoch is not None

    async def _claim(self, room: UUID) -> int | None:
        async with self._store.transaction() as tx:
            return await tx.homes.claim(room)

    async def _home_of(self, room: UUID) -> UUID | None:
        async with self._store.snapshot() as tx:
            return await tx.homes.of(room)
