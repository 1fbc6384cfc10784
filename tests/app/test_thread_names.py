"""Names of threads: what ``ps -L``, ``top -H`` and profilers show of the server."""

from pathlib import Path

from aiohttp import ClientSession

from tests.app.server import KEY, serve


def names(pid: int) -> set[str]:
    return {(task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()}


async def test_every_thread_of_the_server_has_a_name(tmp_path: Path) -> None:
    async with serve(tmp_path) as server:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            ClientSession(headers=headers) as session,
            session.get(f"{server.base}/v1.0/conferences") as response,
        ):
            assert response.status == 200
        found = names(server.process.pid)
    assert {"mixminus", "mm-shard", "mm-mux", "mm-database"} <= found
    assert not {name for name in found if name.startswith("python")}, found
