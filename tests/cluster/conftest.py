"""A PostgreSQL database that several nodes share."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import UUID

import asyncpg
import pytest

from mixminus.access.service import AccessService
from mixminus.model.ids import CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.fence import Fence
from mixminus.store.leases import LeaseTable, Node
from tests.support.clock import ManualClock
from tests.support.database import postgresql_url

Sql = Callable[[str], Awaitable[None]]


@pytest.fixture
def url() -> str:
    return postgresql_url()


@pytest.fixture
async def sql(url: str) -> AsyncIterator[Sql]:
    """Run SQL on the database, as an operator does."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))

    async def run(statement: str) -> None:
        await connection.execute(statement)

    yield run
    await connection.close()


class Nodes:
    """Nodes without a server: a lease and a store each."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack
        self._count = 0

    async def register(self, address: str = "") -> tuple[LeaseTable, UUID]:
        """Register a node whose lease lasts longer than any test; return its leases and its id."""
        leases = LeaseTable(self._url, ttl_s=3600)
        self._stack.push_async_callback(leases.close)
        self._count += 1
        node = Node(new_id(), address or f"127.0.0.9:{self._count}", "127.0.0.1:5060", "1")
        await leases.register(node)
        return leases, node.id

    async def store(self) -> Store:
        """Return the store of a new node."""
        _, node_id = await self.register()
        store = Store(self._url, fence=Fence(node_id))
        self._stack.push_async_callback(store.close)
        return store


@pytest.fixture
async def nodes(url: str) -> AsyncIterator[Nodes]:
    async with AsyncExitStack() as stack:
        yield Nodes(url, stack)


@pytest.fixture
async def customer_id(nodes: Nodes) -> CustomerId:
    identity, _ = await AccessService(await nodes.store(), ManualClock()).ensure_default("key")
    return identity.customer_id
