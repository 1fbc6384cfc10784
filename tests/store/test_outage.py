"""A PostgreSQL server that stops is Unavailable, and is used again when it is back."""

import asyncio

import pytest

from mixminus.access.service import AccessService
from mixminus.errors import Unavailable
from mixminus.store.database import Store
from mixminus.store.migrations import upgrade
from tests.support.clock import ManualClock
from tests.support.database import ON_POSTGRESQL, server

pytestmark = pytest.mark.skipif(
    not ON_POSTGRESQL, reason="SQLite is a file: MIXMINUS_TEST_DATABASE=postgresql"
)


async def test_a_database_that_is_down_is_unavailable_until_it_is_back(store: Store) -> None:
    access = AccessService(store, ManualClock())
    await access.ensure_default("key")
    with pytest.raises(Unavailable):
        async with store.transaction() as tx:
            server().stop()
            await tx.customers.first()
    with pytest.raises(Unavailable):
        await access.authenticate("key")
    server().start()
    assert await access.authenticate("key")


async def test_a_restart_between_two_requests_is_not_noticed(store: Store) -> None:
    access = AccessService(store, ManualClock())
    await access.ensure_default("key")
    server().stop()
    server().start()
    assert await access.authenticate("key")


async def test_restarts_between_single_reads_are_not_noticed(store: Store) -> None:
    access = AccessService(store, ManualClock())
    await access.ensure_default("key")
    for _ in range(2):
        server().stop()
        server().start()
        first, second = await asyncio.gather(access.authenticate("key"), access.authenticate("key"))
        assert first == second
        async with store.transaction() as tx:
            assert await tx.customers.first()


async def test_a_snapshot_shows_one_state_to_its_end(store: Store) -> None:
    access = AccessService(store, ManualClock())
    async with store.snapshot() as tx:
        assert await tx.customers.first() is None
        await access.ensure_default("key")
        assert await tx.customers.first() is None


async def test_a_database_without_a_server_cannot_be_upgraded() -> None:
    with pytest.raises(Exception, match=r"nowhere|directory|connect"):
        await upgrade("postgresql+asyncpg://mixminus@/x?host=/nowhere")
