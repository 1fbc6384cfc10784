"""Media streams by WebSocket: audio sent at once, commands in text messages, odd messages."""

from typing import Any

import numpy as np
import orjson
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.api.client import KEY
from tests.support.site import Site, site
from tests.support.tones import level_db, tone
from tests.support.waiting import until

__all__ = ["site"]

RATE_HZ, LEG_HZ = 8000, 16000
HZ = 440.0


async def texts(site: Site, ws: ClientWebSocketResponse[bool]) -> list[Any]:
    """Return the text messages that come within a moment."""
    site.backend.clock.advance(0.02)
    found: list[Any] = []
    while True:
        try:
            message = await ws.receive(timeout=0.05)
        except TimeoutError:
            return found
        if message.type is WSMsgType.TEXT:
            found.append(orjson.loads(message.data))
        assert message.type in (WSMsgType.TEXT, WSMsgType.BINARY), message


async def stream(site: Site) -> tuple[Any, Any]:
    """Return a listener in a room, and the connection of a media stream of the room."""
    room = await site.backend.room()
    (listener,) = await site.backend.join(room)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln"
    return listener, site.api.client.ws_connect(path, headers={"Authorization": f"Bearer {KEY}"})


async def arrived(site: Site, samples: int) -> None:
    counters: Any = site.backend.services.streams.counters
    await until(lambda: counters["streams.samples_heard"] >= samples)


async def test_audio_sent_at_once_is_heard_whole(site: Site) -> None:
    listener, connecting = await stream(site)
    seconds = 40
    pcm = tone(HZ, seconds, sample_rate_hz=RATE_HZ).astype("<i2").tobytes()
    async with connecting as ws:
        await ws.send_bytes(pcm[:160_000])
        for start in range(160_000, len(pcm), 321):  # an odd number of bytes
            await ws.send_bytes(pcm[start : start + 321])
        await ws.send_str('{"type": "mark", "name": "end"}')
        await arrived(site, seconds * RATE_HZ)
        pieces = []
        marks: list[Any] = []
        for _ in range(seconds + 2):
            site.backend.tick(50)
            pieces.append(listener.port.read())
            marks += await texts(site, ws)
        heard = np.concatenate(pieces)
        loud = np.flatnonzero(np.abs(heard) > 1000)
        start, end = int(loud[0]), int(loud[-1])
        assert abs(end - start - seconds * LEG_HZ) < LEG_HZ / 50
        for each in range(seconds):
            second = heard[start + each * LEG_HZ :][1600 : LEG_HZ - 1600]
            assert level_db(second, HZ, sample_rate_hz=LEG_HZ) > -30, each
        assert marks == [{"type": "mark", "name": "end", "cleared": False}]


async def test_clear_stops_what_was_sent(site: Site) -> None:
    listener, connecting = await stream(site)
    async with connecting as ws:
        await ws.send_bytes(tone(HZ, 30, sample_rate_hz=RATE_HZ).astype("<i2").tobytes())
        await ws.send_str('{"type": "mark", "name": "end"}')
        await arrived(site, 30 * RATE_HZ)
        site.backend.tick(50)
        assert np.max(np.abs(listener.port.read())) > 1000
        await ws.send_str('{"type": "clear"}')

        async def cleared() -> list[Any]:
            return await texts(site, ws)

        assert await until(cleared) == [{"type": "mark", "name": "end", "cleared": True}]
        site.backend.tick(50)
        listener.port.read()
        site.backend.tick(100)
        assert np.max(np.abs(listener.port.read())) < 10


async def test_other_text_messages_are_ignored(site: Site) -> None:
    _, connecting = await stream(site)
    others = ("hello", "{}", '{"type": "stop"}', '{"type": "mark", "name": 5}', "[" * 500)
    async with connecting as ws:
        for text in others:
            await ws.send_str(text)
        await ws.send_str('{"type": "mark"}')

        async def answered() -> list[Any]:
            return await texts(site, ws)

        assert await until(answered) == [{"type": "mark", "name": "", "cleared": False}]
    assert site.backend.services.streams.counters["streams.texts_ignored"] == len(others)
