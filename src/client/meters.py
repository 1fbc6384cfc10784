"""Meters: the participants of a room and their levels, as they change, over a WebSocket."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from mixminus.client.generated.models import Talker
from mixminus.client.request import Model, parsed
from mixminus.client.sockets import opening, target

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["Level", "LineQuality", "Meters", "watch", "watch_async"]


class Level(Model):
    """The level of one participant, in dBov."""

    conferencecall_id: UUID
    level_dbov: int
    talking: bool


class LineQuality(Model):
    """How the audio of one participant arrives."""

    conferencecall_id: UUID
    delay_ms: float
    jitter_ms: float
    loss: float
    round_trip_ms: float | None
    mos: float | None


class Meters(Model):
    """What has changed in a room."""

    participants: list[Talker] = Field(default_factory=list)
    """They have joined, or their name, codec or mute has changed."""
    left: list[UUID] = Field(default_factory=list)
    levels: list[Level] = Field(default_factory=list)
    quality: list[LineQuality] = Field(default_factory=list)


def watch(client: "Client", id: UUID | str) -> Iterator[Meters]:
    """Yield the changes of a room's meters; see ``Client.watch_meters``."""
    url, options = target(client, _path(id), {})
    with opening(url), connect(url, **options) as socket:
        for frame in socket:
            yield parsed(Meters, json.loads(frame))


async def watch_async(client: "AsyncClient", id: UUID | str) -> AsyncIterator[Meters]:
    """Yield the changes of a room's meters; see ``Client.watch_meters``."""
    url, options = target(client, _path(id), {})
    with opening(url):
        async with connect_async(url, **options) as socket:
            async for frame in socket:
                yield parsed(Meters, json.loads(frame))


def _path(id: UUID | str) -> str:
    return f"/v1.0/conferences/{id}/meters"
