"""Leases: rows of nodes that are renewed on the database's clock, by a session of their own.

No clock of a node is compared with another's. A node is declared gone by one UPDATE of its row, which its own
renewal waits for: either it has renewed, or it learns that it is gone. A node that slept itself, or was without the
database, for longer than a lease declares none gone until it has been steady for one: after an outage of the
database all leases have lapsed, and no node is dead.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mixminus.errors import Unavailable
from mixminus.store.session import open_session, unanswered

__all__ = ["DRAINING", "NO_LOAD", "SERVING", "LeaseTable", "Load", "Node", "NodeRow"]

SERVING: Final = "serving"
DRAINING: Final = "draining"
"""It takes no new calls, and gives its rooms to others; what it has goes on."""

STARTING_TTL_S: Final = 30.0
"""A node that starts on a busy machine may stand still for longer than a lease; it has no rooms and calls yet."""
TTL_S: Final = 6.0
_ANSWER_S: Final = 3.0
_ALL: Final = """
SELECT id, address, sip_address, version, state, rooms, calls, load, tm_start, lease_until,
  GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - lease_until + $1::interval))::float8 AS lease_age_s
FROM nodes ORDER BY tm_start
"""
_REGISTER: Final = """
INSERT INTO nodes (id, address, sip_address, version, state, rooms, calls, tm_start, lease_until, steady_since)
VALUES ($1, $2, $3, $4, 'serving', 0, 0, clock_timestamp(), clock_timestamp() + $5::interval, clock_timestamp())
"""
_REPLACE: Final = (
    "UPDATE nodes SET state = 'gone' WHERE address = $2 AND id <> $1 AND state <> 'gone' RETURNING id"
)
_ADOPT: Final = """
UPDATE extension_bindings SET node_id = $1
WHERE node_id IN (SELECT id FROM nodes WHERE address = $2 AND id <> $1)
"""
_RENEW: Final = """
UPDATE nodes SET rooms = $3, calls = $4, load = $5, lease_until = clock_timestamp() + $2::interval,
  steady_since = CASE WHEN lease_until < clock_timestamp() THEN clock_timestamp() ELSE steady_since END
WHERE id = $1 AND state <> 'gone' RETURNING state
"""
_DRAIN: Final = "UPDATE nodes SET state = $2 WHERE id = $1 AND state <> 'gone' RETURNING id"
_DECLARE: Final = """
UPDATE nodes SET state = 'gone' WHERE id <> $1 AND state <> 'gone' AND lease_until < clock_timestamp()
  AND EXISTS (SELECT 1 FROM nodes m WHERE m.id = $1 AND m.state <> 'gone'
    AND m.lease_until > clock_timestamp() AND m.steady_since < clock_timestamp() - $2::interval) RETURNING id
"""
_FORGET: Final = (
    "DELETE FROM nodes WHERE state = 'gone' AND lease_until < clock_timestamp() - interval '1 day'"
)


@dataclass(frozen=True, slots=True)
class Node:
    """One start of a server that shares its database."""

    id: UUID
    address: str
    """Of its internal HTTP listener, ``host:port``."""
    sip_address: str
    version: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a node carries, as it reports it with each renewal."""

    rooms: int = 0
    """Whose home it is."""
    calls: int = 0
    mixing: float = 0.0
    """CPU time of the busiest mixing thread, as a share of the time it has."""


NO_LOAD: Final = Load()


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as the others see it."""

    id: UUID
    address: str
    sip_address: str
    version: str
    state: str
    """``serving``, ``draining`` or ``gone``."""
    rooms: int
    calls: int
    load: float
    tm_start: datetime
    lease_until: datetime
    lease_age_s: float
    """Since it last renewed, by the database's clock; 0 while it starts."""


class LeaseTable:
    """The leases, by one session that no other statement can hold up. Unavailable if the database does not answer."""

    def __init__(self, url: str, ttl_s: float = TTL_S, starting_ttl_s: float | None = None) -> None:
        """``ttl_s``: for how long a renewal holds; ``starting_ttl_s``: that of a node until it serves, if it is another."""
        self._url = url
        self._ttl = timedelta(seconds=ttl_s)
        self._own_ttl = timedelta(seconds=starting_ttl_s or ttl_s)
        self._session: Any = None
        self._using = asyncio.Lock()

    async def register(self, node: Node) -> Sequence[UUID]:
        """Insert a node; return the earlier nodes of its address, which are gone: this one has their listener."""
        values = (node.id, node.address, node.sip_address, node.version, self._own_ttl)
        async with self._using:
            session = await self._open()
            try:
                async with session.transaction():
                    await session.execute(_REGISTER, *values)
                    await session.execute(_FORGET)
                    await session.execute(_ADOPT, node.id, node.address)
                    return [row["id"] for row in await session.fetch(_REPLACE, node.id, node.address)]
            except Exception as error:
                raise await self._lost(error) from error

    async def renew(self, node_id: UUID, load: Load = NO_LOAD) -> str:
        """Renew a lease and return the node's state; empty if it was declared gone."""
        rows = await self._fetch(_RENEW, node_id, self._own_ttl, load.rooms, load.calls, load.mixing)
        return str(rows[0]["state"]) if rows else ""

    def serve(self) -> None:
        """Renew for the usual time from now on: this node has started."""
        self._own_ttl = self._ttl

    async def set_draining(self, node_id: UUID, *, on: bool) -> bool:
        """Write that a node drains, or serves again; False if it is gone."""
        return bool(await self._fetch(_DRAIN, node_id, DRAINING if on else SERVING))

    async def declare_gone(self, node_id: UUID) -> Sequence[UUID]:
        """Declare those gone whose lease has lapsed, in the name of a steady node; return them."""
        return [row["id"] for row in await self._fetch(_DECLARE, node_id, self._ttl)]

    async def leave(self, node_id: UUID) -> None:
        """Declare a node gone that has ended its calls."""
        await self._fetch("UPDATE nodes SET state = 'gone' WHERE id = $1", node_id)

    async def all(self) -> Sequence[NodeRow]:
        """Return the nodes, with those that went lately, oldest first."""
        return [NodeRow(**row) for row in await self._fetch(_ALL, self._ttl)]

    async def close(self) -> None:
        """End the session; closing twice is harmless."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(Exception):
                session.terminate()

    async def _fetch(self, query: str, *values: object) -> Sequence[Mapping[str, Any]]:
        async with self._using:
            session = await self._open()
            try:
                rows: Sequence[Mapping[str, Any]] = await session.fetch(query, *values)
            except Exception as error:
                raise await self._lost(error) from error
        return rows

    async def _open(self) -> Any:
        if self._session is None:
            try:
                self._session = await open_session(
                    self._url, f"mixminus leases {socket.gethostname()[:20]}", answer_s=_ANSWER_S
                )
            except Exception as error:
                raise await self._lost(error) from error
        return self._session

    async def _lost(self, error: Exception) -> Unavailable:
        await self.close()
        return unanswered(error)
