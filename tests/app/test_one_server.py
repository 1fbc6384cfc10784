"""A database has one server: a second one does not start, and a server whose database was taken over ends."""

import asyncio
import signal
from pathlib import Path

import pytest

from mixminus.store.exclusive import owned_database
from tests.app.server import serve
from tests.app.test_backup import open_room
from tests.support.database import ON_POSTGRESQL, database_url, server


def settings_of(folder: Path) -> dict[str, str]:
    return {"MIXMINUS_DATABASE_URL": database_url(folder)}


async def test_a_second_server_on_one_database_does_not_start_until_the_first_is_dead(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    async with serve(one, settings=settings_of(tmp_path)) as first:
        room = await open_room(first, "kept")
        (two / "data").mkdir()
        (two / "data" / "secrets.key").write_bytes((one / "data" / "secrets.key").read_bytes())
        async with serve(two, settings=settings_of(tmp_path), ready=False) as second:
            assert await asyncio.wait_for(second.wait(), 60) == 1
        assert "another mixminus server uses" in second.stderr
        assert "Traceback" not in second.stderr
        assert await first.answers()
        await first.stop(signal.SIGKILL)
    async with serve(two, settings=settings_of(tmp_path)) as second:
        assert await second.answers()
        assert await second.stop(signal.SIGTERM) == 0
    assert room


@pytest.mark.skipif(
    not ON_POSTGRESQL, reason="a lock of a file cannot be taken over: MIXMINUS_TEST_DATABASE=postgresql"
)
async def test_a_server_whose_database_was_taken_over_ends(tmp_path: Path) -> None:
    url = database_url(tmp_path)
    async with serve(tmp_path, settings=settings_of(tmp_path)) as running:
        server().execute(
            url.partition("?")[0].rpartition("/")[2],
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name LIKE 'mixminus %';",
        )
        async with owned_database(url, lambda _: None):
            assert await asyncio.wait_for(running.wait(), 60) == 1
    assert "another mixminus server uses this database" in running.stderr
    assert "Traceback" not in running.stderr
