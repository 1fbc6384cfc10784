"""Empty rooms take little memory: an access key cannot exhaust it with them."""

import asyncio
from pathlib import Path

import psutil
from aiohttp import ClientSession

from tests.app.server import KEY, Server, serve

FIRST, ROOMS = 50, 300
MOST_BYTES = 100_000


async def create_rooms(server: Server, count: int) -> None:
    async def create(session: ClientSession) -> None:
        async with session.post(f"{server.base}/v1.0/conferences", json={"type": "conference"}) as response:
            assert response.status == 200

    async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        for _ in range(0, count, 10):
            await asyncio.gather(*(create(session) for _ in range(10)))


async def test_empty_room_takes_at_most_a_tenth_of_a_megabyte(tmp_path: Path) -> None:
    async with serve(tmp_path) as server:
        process = psutil.Process(server.process.pid)
        # The first ones fill what the process keeps anyway.
        await create_rooms(server, FIRST)
        before = process.memory_full_info().uss
        await create_rooms(server, ROOMS)
        assert (process.memory_full_info().uss - before) / ROOMS < MOST_BYTES
