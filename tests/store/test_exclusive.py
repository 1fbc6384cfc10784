"""One server owns a database; another gets it when the first one has ended."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from mixminus.errors import Unavailable
from mixminus.store.database import Store
from mixminus.store.exclusive import DatabaseInUse, owned_database
from tests.support.database import ON_POSTGRESQL, database_url, server
from tests.support.waiting import until

HOLD = """
import asyncio, sys
from mixminus.store.exclusive import owned_database

async def hold():
    async with owned_database(sys.argv[1], print):
        print("owned", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""
on_postgresql = pytest.mark.skipif(
    not ON_POSTGRESQL, reason="sessions are PostgreSQL's: MIXMINUS_TEST_DATABASE=postgresql"
)


@pytest.fixture
def lost() -> list[DatabaseInUse]:
    return []


async def test_a_second_owner_is_refused_until_the_first_has_ended(
    url: str, lost: list[DatabaseInUse]
) -> None:
    async with owned_database(url, lost.append):
        with pytest.raises(DatabaseInUse, match=r"another mixminus server uses .*: stop it, or"):
            async with owned_database(url, lost.append):
                pass
    async with owned_database(url, lost.append):
        pass
    assert lost == []


async def test_another_database_may_have_another_owner(tmp_path: Path, lost: list[DatabaseInUse]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    async with (
        owned_database(database_url(tmp_path), lost.append),
        owned_database(database_url(other), lost.append),
    ):
        pass


async def test_the_database_of_a_killed_owner_is_taken_over(url: str, lost: list[DatabaseInUse]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, url, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"owned\n"
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(DatabaseInUse):
            async with owned_database(url, lost.append):
                pass
    finally:
        process.kill()
        await process.wait()
    async with owned_database(url, lost.append):
        pass


async def test_a_store_that_was_taken_over_writes_nothing(store: Store) -> None:
    store.stop_writing("another server has it")
    with pytest.raises(Unavailable, match="another server has it"):
        async with store.transaction():
            pass
    async with store.snapshot() as tx:
        assert await tx.customers.first() is None


@on_postgresql
async def test_the_owner_is_named_to_the_one_that_is_refused(url: str, lost: list[DatabaseInUse]) -> None:
    async with owned_database(url, lost.append):
        with pytest.raises(DatabaseInUse, match=rf"\(mixminus .* {os.getpid()} .* at a local socket\)"):
            async with owned_database(url, lost.append):
                pass


@on_postgresql
async def test_the_lock_is_taken_again_after_a_restart_of_the_database(
    url: str, lost: list[DatabaseInUse]
) -> None:
    async with owned_database(url, lost.append):
        server().stop()
        server().start()

        async def refused() -> bool:
            try:
                async with owned_database(url, lost.append):
                    return False
            except DatabaseInUse:
                return True

        await until(refused, within_s=30)
    assert lost == []


@on_postgresql
async def test_an_owner_whose_session_has_ended_learns_of_another_one(
    url: str, lost: list[DatabaseInUse]
) -> None:
    others: list[DatabaseInUse] = []
    async with owned_database(url, lost.append):
        name = url.partition("?")[0].rpartition("/")[2]
        server().execute(
            name,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'mixminus %';",
        )
        async with owned_database(url, others.append):
            await until(lambda: len(lost) == 1, within_s=15)
    assert others == []
