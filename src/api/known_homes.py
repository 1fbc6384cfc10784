"""KnownHomes: which nodes rooms are at, as this node has last read it. It may be out of date.

A home changes when it dies, which every node sees, and when a node that drains gives the room away: then the earlier home
refuses the request before it is handled (421), and it is looked up again.
"""

from collections import OrderedDict
from typing import Final
from uuid import UUID

from mixminus.cluster.alone import Cluster
from mixminus.store.database import Store

__all__ = ["KnownHomes"]

_MAX_KNOWN: Final = 10_000


class _Known(OrderedDict[UUID, UUID]):
    """Pairs of ids; the oldest one is dropped above the limit."""

    def note(self, key: UUID, value: UUID) -> None:
        self[key] = value
        if len(self) > _MAX_KNOWN:
            self.popitem(last=False)


class KnownHomes:
    """Looks up the homes of rooms that are not here."""

    def __init__(self, store: Store, cluster: Cluster) -> None:
        self._store = store
        self._cluster = cluster
        self._homes = _Known()
        self._rooms = _Known()

    async def room_of(self, kind: str, id_: UUID) -> UUID | None:
        """Return the room of a participant or a chat message, which never changes; None if there is none."""
        if id_ in self._rooms:
            return self._rooms[id_]
        room = await self._store.read(lambda tx: tx.homes.room_of(kind, id_))
        if room:
            self._rooms.note(id_, room)
        return room

    async def home_of(self, room: UUID) -> UUID | None:
        """Return the living node that is the home of a room that is not here; None if there is none."""
        known = self._homes.get(room)
        if known and self._cluster.peer(known):
            return known
        home = await self._store.read(lambda tx: tx.homes.of(room))
        if home and self._cluster.peer(home):
            self._homes.note(room, home)
        return home

    def forget(self, room: UUID) -> None:
        """Look a home up again when it is next asked for; twice is harmless."""
        self._homes.pop(room, None)
