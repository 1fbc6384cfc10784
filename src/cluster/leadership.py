"""Leadership: one node does for all what must be done once.

It sends the webhooks, and writes the ends of what dead nodes have left: their calls, flows and transcriptions; their
rooms it takes over. Which node that is, is the home of one more stream (``store.fence``): claimed by one UPDATE when
no living node has it, and compared in the transactions of what it does.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from mixminus.cluster.membership import Membership
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import Store
from mixminus.store.fence import LEADER
from mixminus.tasks import TaskScope

__all__ = ["Leadership"]

log = get("cluster")

_LOOK_S: Final = 1.5
"""How often another node looks whether there is a leader."""
_SWEEPS: Final = 3
"""A leader sweeps at every third look, and when a node has departed."""


class Leadership:
    """Claims the leadership, and sweeps while this node has it."""

    def __init__(self, store: Store, membership: Membership, sweep: Callable[[], Awaitable[None]]) -> None:
        """``sweep`` ends what no living node has; nothing happens before ``start``."""
        self._store = store
        self._membership = membership
        self._sweep = sweep
        self._departed = asyncio.Event()
        self._has_begun = False
        """Whether ``on_taken`` was called for the present leadership."""
        self._on_taken: Callable[[], Awaitable[None]] = _nothing
        self._refresh: Callable[[], Awaitable[None]] = _nothing
        self._scope = TaskScope(task_failed("cluster"))
        self._counters: Counter[str] = Counter({"cluster.sweeps": 0, "cluster.leaderships": 0})
        membership.watch(self._departed.set)

    @property
    def counters(self) -> Mapping[str, int]:
        return self._counters

    @property
    def held(self) -> bool:
        """Whether this node is the leader."""
        return self._store.fence.holds(LEADER)

    async def take(self) -> bool:
        """Become the leader unless another living node is; return whether this node is it."""
        if self.held:
            return True
        async with self._store.transaction() as tx:
            epoch = await tx.homes.claim_leadership()
        if epoch is None:
            return False
        self._store.fence.hold(LEADER, epoch)
        self._counters["cluster.leaderships"] += 1
        log.info("this node is the leader", epoch=epoch)
        return True

    async def sweep(self) -> None:
        """End what no living node has."""
        self._departed.clear()
        self._counters["cluster.sweeps"] += 1
        await self._sweep()

    def start(self, on_taken: Callable[[], Awaitable[None]], refresh: Callable[[], Awaitable[None]]) -> None:
        """Look for the leadership from now on; ``on_taken`` is called when this node becomes the leader.

        ``refresh`` is called every few seconds, also while it is not, and when it is no longer: it looks at what other nodes
        change.
        """
        self._on_taken, self._refresh = on_taken, refresh
        self._scope.keep("leader", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _run(self) -> None:
        looks = 0
        while True:
            try:
                await self.look(due=looks % _SWEEPS == 0)
            except Unavailable as error:
                log.warning("not swept", cause=str(error))
            looks += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._departed.wait()

    async def look(self, *, due: bool) -> None:
        """Take the leadership if it is free, and sweep as the leader: when it is due, or another node has departed."""
        if due:
            await self._refresh()
        if self._membership.is_draining and self._membership.successor():
            await self._give_up()
            return
        if not self.held:
            self._departed.clear()
            self._has_begun = False
            due = await self.take()
        if self.held and not self._has_begun:
            await self._on_taken()
            self._has_begun = True
        if self.held and (due or self._departed.is_set()):
            await self.sweep()

    async def _give_up(self) -> None:
        """Leave the leadership to another node: this one drains."""
        self._departed.clear()
        if self.held:
            async with self._store.transaction() as tx:
                tx.outbox.leave(LEADER)
            log.info("the leadership is left to another node")
            await self._refresh()


async def _nothing() -> None:
    """Do nothing."""
