"""Cells of many nodes on a virtual clock: the product's leases, leadership, claims and events, without audio and HTTP.

A cell is a PostgreSQL database with its nodes. Every statement is the product's own and is run by a real PostgreSQL; only its
clock is virtual: an unqualified ``clock_timestamp()`` is found in a schema that comes before PostgreSQL's own. A step of the
clock is 0.5 s; each node renews and looks after the leadership at every third step, at a phase of its own.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

from mixminus.access.service import AccessService
from mixminus.cluster.leadership import Leadership
from mixminus.cluster.membership import Membership
from mixminus.conference.ledger import CONFERENCES
from mixminus.model.conference import Conference, ConferenceStatus, RoomSettings
from mixminus.model.ids import NIL, ConferenceId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.fence import Fence
from mixminus.store.leases import LeaseTable, Load, Node
from tests.support.clock import ManualClock
from tests.support.database import postgresql_url, server

__all__ = ["STEP_S", "Cell", "SimulatedNode", "open_cell"]

STEP_S: Final = 0.5
_PHASES: Final = 3
"""Steps between two renewals of a node: 1.5 s."""
_SWEEPS: Final = 3
"""Looks between two sweeps of a leader, unless a node has departed."""
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_CLOCK: Final = """
CREATE SCHEMA virtual;
CREATE TABLE virtual.clock AS SELECT timestamptz '2026-01-01 00:00:00Z' AS now;
CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM virtual.clock';
"""
_ROOMS: Final = """
SELECT s.id, s.epoch, s.node_id, n.state FROM event_streams s LEFT JOIN nodes n ON n.id = s.node_id
WHERE s.id IN (SELECT id FROM conferences)
"""


@dataclass(eq=False)
class SimulatedNode:
    """A server as the database and the other nodes see it."""

    number: int
    store: Store
    membership: Membership
    gone: bool = False
    """Whether it knows that it was declared gone."""
    asleep: bool = False
    """Dead or frozen: it does nothing."""
    rooms: set[UUID] = field(default_factory=set)
    """Those that it holds, as far as it knows."""
    looks: int = 0

    def __post_init__(self) -> None:
        self.leadership = Leadership(self.store, self.membership, self._sweep)
        self.membership.report(lambda: Load(rooms=len(self.rooms)))

    @property
    def id(self) -> UUID:
        return self.membership.node_id

    async def renew(self) -> None:
        """Do what a node does each 1.5 s."""
        await self.membership.renew()
        if not self.gone:
            await self.leadership.look(due=self.looks % _SWEEPS == 0)
            self.looks += 1

    async def make_room(self, customer_id: CustomerId) -> UUID:
        """Make a room at home here, with its first event."""
        conference = _room(customer_id)
        async with self.store.transaction() as tx:
            await tx.outbox.open(conference.id, homed=True)
            await CONFERENCES.add(tx, conference)
            CONFERENCES.publish(tx, conference, "conference_created")
        self.rooms.add(conference.id)
        return conference.id

    async def change(self, room: UUID) -> None:
        """Change a room, with an event; raises Fenced if another node has it."""
        async with self.store.transaction() as tx:
            conference = await CONFERENCES.find_for_update(tx, ConferenceId(room))
            data = {"node": str(self.id), "epoch": self.store.fence.epoch_of(room)}
            changed = conference.changed(conference.tm_create, data=data)
            await CONFERENCES.save(tx, changed, "conference_updated")

    async def drain(self) -> int:
        """Give all rooms away, each to the node that then has the fewest; return how many."""
        await self.membership.set_draining(self.id, on=True)
        given = 0
        for room in sorted(self.rooms):
            peer = self.membership.successor()
            if peer is None:
                break
            async with self.store.transaction() as tx:
                moved = await tx.homes.give(room, peer.id)
            if moved:
                peer.count_given(1)
                self.store.fence.let_go(room)
                self.rooms.discard(room)
                given += 1
        return given

    async def adopt(self) -> None:
        """Hold the rooms that others have given to this node."""
        async with self.store.snapshot() as tx:
            self._hold(await tx.homes.given())

    async def _sweep(self) -> None:
        async with self.store.transaction() as tx:
            taken = await tx.homes.take_orphans()
        self._hold(taken)

    def _hold(self, taken: Iterable[tuple[UUID, int]]) -> None:
        for room, epoch in taken:
            self.store.fence.hold(room, epoch)
            self.rooms.add(room)


@dataclass
class Cell:
    """A database, its nodes, and its clock."""

    nodes: list[SimulatedNode]
    customer_id: CustomerId
    rooms: list[UUID]
    time_s: float
    _observer: "asyncpg.Connection[asyncpg.Record]"
    _steps: int = 0

    @property
    def living(self) -> list[SimulatedNode]:
        """The nodes that are neither asleep nor declared gone."""
        return [each for each in self.nodes if not (each.asleep or each.gone)]

    @property
    def leaders(self) -> list[SimulatedNode]:
        """The living nodes that hold the leadership."""
        return [each for each in self.living if each.leadership.held]

    async def step(self, count: int = 1) -> None:
        """Let 0.5 s pass, so many times; the nodes whose turn it is work at once."""
        for _ in range(count):
            await self.pass_time(STEP_S)
            self._steps += 1
            due = [each for each in self.living if (each.number + self._steps) % _PHASES == 0]
            await asyncio.gather(*(each.renew() for each in due))

    async def pass_time(self, seconds: float) -> None:
        """Let time pass in which no node does anything, as while the database is away."""
        self.time_s += seconds
        await self._observer.execute(f"UPDATE virtual.clock SET now = now + interval '{seconds} s'")

    async def fill(self, rooms: int, chance: random.Random) -> None:
        """Make rooms, each at the node that a proxy would have chosen by chance."""
        for _ in range(rooms):
            self.rooms.append(await chance.choice(self.living).make_room(self.customer_id))

    async def states(self) -> dict[UUID, str]:
        """Return the state of each node in the database."""
        return {row["id"]: row["state"] for row in await self._observer.fetch("SELECT id, state FROM nodes")}

    async def are_gone(self, nodes: Sequence[SimulatedNode]) -> bool:
        """Return whether all of these were declared gone."""
        states = await self.states()
        return all(states[each.id] == "gone" for each in nodes)

    async def without_home(self) -> int:
        """Return how many rooms no living node has."""
        return sum(row["state"] in (None, "gone") for row in await self._observer.fetch(_ROOMS))

    async def homes(self) -> Counter[UUID]:
        """Return how many rooms each node has, by the database."""
        return Counter(row["node_id"] for row in await self._observer.fetch(_ROOMS))

    async def owner_of(self, room: UUID) -> SimulatedNode:
        """Return the node that is a room's home by the database."""
        found = await self._observer.fetchval("SELECT node_id FROM event_streams WHERE id = $1", room)
        return next(each for each in self.nodes if each.id == found)

    async def events(self) -> Sequence[asyncpg.Record]:
        """Return the events of rooms: stream, number, node and epoch, in order."""
        rows: Sequence[asyncpg.Record] = await self._observer.fetch(
            "SELECT stream_id, number, data->'data'->>'node' AS node, data->'data'->>'epoch' AS epoch FROM outbox "
            "WHERE stream_id IN (SELECT id FROM conferences) ORDER BY stream_id, number"
        )
        return rows

    def count(self, name: str) -> int:
        """Return the sum of a counter over all nodes."""
        return sum(each.membership.counters.get(f"cluster.{name}", 0) for each in self.nodes)


@asynccontextmanager
async def open_cell(size: int) -> AsyncIterator[Cell]:
    """Open a database of its own, and let nodes join; the database is dropped after."""
    url = postgresql_url()
    name = str(make_url(url).database)
    server().execute(name, f"{_CLOCK} ALTER DATABASE {name} SET search_path = virtual, pg_catalog, public")
    plain = url.replace("postgresql+asyncpg", "postgresql")
    async with AsyncExitStack() as stack:
        observer = await asyncpg.connect(plain)
        stack.push_async_callback(observer.close)
        nodes = [await _join(url, number, stack) for number in range(size)]
        identity, _ = await AccessService(nodes[0].store, ManualClock()).ensure_default("key")
        yield Cell(nodes, identity.customer_id, [], 0.0, observer)
    server().execute("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


async def _join(url: str, number: int, stack: AsyncExitStack) -> SimulatedNode:
    node_id = new_id()
    store = Store(url, fence=Fence(node_id))
    stack.push_async_callback(store.close)
    leases = LeaseTable(url)
    stack.push_async_callback(leases.close)
    address = f"10.{number // 250}.0.{number % 250 + 1}"
    membership = Membership(
        leases, Node(node_id, f"{address}:7000", f"{address}:5060", "1"), on_gone=lambda: _lose(node)
    )
    await membership.join()
    node = SimulatedNode(number, store, membership)
    return node


def _lose(node: SimulatedNode) -> None:
    node.gone = True


def _room(customer_id: CustomerId) -> Conference:
    return Conference(
        id=ConferenceId(new_id()),
        customer_id=customer_id,
        type="conference",
        status=ConferenceStatus.PROGRESSING,
        name="",
        detail="",
        data={},
        timeout_s=0,
        pre_actions=(),
        post_actions=(),
        pre_flow_id=NIL,
        post_flow_id=NIL,
        conferencecall_ids=(),
        recording_id=NIL,
        recording_ids=(),
        transcribe_id=NIL,
        transcribe_ids=(),
        direct_hash=f"direct.{new_id().hex[:12]}",
        settings=RoomSettings(),
        tm_create=_BEGIN,
    )
