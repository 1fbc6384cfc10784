"""The services with their HTTP API; clock and phones are controlled by the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixminus.model.health import INTERVAL_S
from tests.api.client import ApiClient
from tests.support.backend import Backend
from tests.support.front import open_front
from tests.support.waiting import until

__all__ = ["Site", "open_site", "site"]

Found = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Site:
    """An HTTP client, and the services behind the API."""

    api: ApiClient
    backend: Backend

    async def conference(self, id_: str) -> dict[str, Any]:
        _, room = await self.api.get(f"/v1.0/conferences/{id_}")
        assert isinstance(room, dict)
        return room

    async def participants(self, id_: str, status: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until ``count`` of a room's participants have this status; return them, oldest first."""

        async def look() -> list[dict[str, Any]] | None:
            _, page = await self.api.get(f"/v1.0/conferencecalls?conference_id={id_}")
            found = [each for each in page["result"] if each["status"] == status]
            return found[::-1] if len(found) == count else None

        # Many participants may take long on a busy machine. An empty list can be the expected result.
        return (await until(lambda: _wrapped(look), within_s=15 + count))[0]

    async def checks(self, count: int, seconds: float = 5.0) -> None:
        """Advance the clock ``count`` times, each time until the health check was made."""
        for _ in range(count):
            await self.backend.clock.run_cycle(INTERVAL_S, seconds)

    async def becomes(self, id_: str, status: str) -> dict[str, Any]:
        """Wait until the room has this status, and return it."""

        async def look() -> dict[str, Any] | None:
            room = await self.conference(id_)
            return room if room["status"] == status else None

        return await until(look)

    async def call_becomes(self, id_: str, status: str) -> dict[str, Any]:
        """Wait until the call has this status, and return it."""

        async def look() -> dict[str, Any] | None:
            _, call = await self.api.get(f"/v1.0/calls/{id_}")
            assert isinstance(call, dict)
            return call if call["status"] == status else None

        return await until(look)


async def _wrapped(look: Callable[[], Awaitable[Found | None]]) -> tuple[Found] | None:
    found = await look()
    return None if found is None else (found,)


@asynccontextmanager
async def open_site(directory: Path, **chosen: Any) -> AsyncIterator[Site]:
    """Open the HTTP API of services with these settings."""
    async with open_front(directory, with_phones=True, **chosen) as front:
        backend = front.backend
        api = ApiClient(
            client=front.client,
            engine=backend.engine,
            store=backend.store,
            access=front.access,
            webrtc=front.webrtc,
        )
        yield Site(api, backend)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as opened:
        yield opened
