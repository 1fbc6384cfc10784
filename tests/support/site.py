"""A house with its HTTP door: commands come as from a client, time and phones are the test's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mixminus.api.application import build
from mixminus.api.services import Services
from mixminus.call.presence import PresenceService
from mixminus.store.access import AccessService
from mixminus.store.timestamps import TimestampStyle
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.api.door import KEY, Door
from tests.support.clock import ManualClock
from tests.support.house import House, open_house
from tests.support.waiting import until

__all__ = ["Site", "site"]

Found = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Site:
    """Both sides of one wall."""

    door: Door
    house: House

    async def conference(self, id_: str) -> dict[str, Any]:
        _, room = await self.door.get(f"/v1.0/conferences/{id_}")
        assert isinstance(room, dict)
        return room

    async def participants(self, id_: str, status: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many of a room's participants have this status, and return them, oldest first."""

        async def look() -> list[dict[str, Any]] | None:
            _, page = await self.door.get(f"/v1.0/conferencecalls?conference_id={id_}")
            found = [each for each in page["result"] if each["status"] == status]
            return found[::-1] if len(found) == count else None

        # A busy machine may need long for many; an empty list is what was waited for, too.
        return (await until(lambda: _wrapped(look), within_s=15 + count))[0]

    async def checks(self, count: int, seconds: float = 5.0) -> None:
        """Let time pass, so many times, and wait until the health check of each has been made."""
        for _ in range(count):
            sleepers = self.house.clock.sleepers
            self.house.clock.advance(seconds)
            await until(lambda expected=sleepers: self.house.clock.sleepers == expected)  # type: ignore[misc]

    async def becomes(self, id_: str, status: str) -> dict[str, Any]:
        """Wait until the room has this status, and return it."""

        async def look() -> dict[str, Any] | None:
            room = await self.conference(id_)
            return room if room["status"] == status else None

        return await until(look)


async def _wrapped(look: Callable[[], Awaitable[Found | None]]) -> tuple[Found] | None:
    found = await look()
    return None if found is None else (found,)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    clock = ManualClock()
    async with open_house(tmp_path, clock) as house:
        access = AccessService(house.store, clock)
        await access.ensure_default(KEY)
        webrtc = WebRtcEndpoint(house.engine, house.calls)
        services = Services(
            access=access,
            conferences=house.conferences,
            participants=house.participants,
            calls=house.calls,
            presence=PresenceService(conferences=house.conferences, rooms=house.rooms, calls=house.calls),
            hears=house.hears,
            recordings=house.recordings,
            webrtc=webrtc,
            clock=clock,
            style=TimestampStyle.LEGACY,
            readiness=dict,
            counters=house.engine.counters,
            tick_lateness_us=house.engine.tick_lateness_us,
        )
        async with TestClient(TestServer(build(services))) as client:
            door = Door(client=client, engine=house.engine, store=house.store, access=access, webrtc=webrtc)
            yield Site(door, house)
