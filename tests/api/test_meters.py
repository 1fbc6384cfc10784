"""/conferences/{id}/meters: what has changed in a room, pushed to viewers by WebSocket."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from mixminus.call import meters
from tests.api.client import KEY
from tests.support.backend import backend
from tests.support.legs import PcmLeg
from tests.support.site import Site, site
from tests.support.tones import tone
from tests.support.waiting import until

__all__ = ["backend", "site"]

LEG_HZ = 16_000
FRAME = LEG_HZ // 50
PERIOD_S = 0.2
QUALITY = {"delay_ms", "jitter_ms", "loss", "round_trip_ms", "mos"}


class Viewer:
    """A client of the WebSocket, and what it knows of the room."""

    def __init__(self, site: Site, ws: ClientWebSocketResponse[bool]) -> None:
        self.site = site
        self.ws = ws
        self.participants: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, dict[str, Any]] = {}
        self.quality: dict[str, dict[str, Any]] = {}
        self.frames: list[dict[str, Any]] = []
        self.closed_with: int | None = None

    async def read(self) -> None:
        """Advance the clock by one round, and read what has come."""
        self.site.backend.clock.advance(PERIOD_S)
        while True:
            try:
                message = await self.ws.receive(timeout=0.05)
            except TimeoutError:
                return
            if message.type is not WSMsgType.TEXT:
                self.closed_with = self.ws.close_code
                return
            frame = orjson.loads(message.data)
            self.frames.append(frame)
            for name in ("participants", "levels", "quality"):
                getattr(self, name).update({each["conferencecall_id"]: each for each in frame.get(name, ())})
            for id_ in frame.get("left", ()):
                self.participants.pop(id_)

    async def sees(self, predicate: Callable[[], object]) -> None:
        """Read until something is so."""

        async def look() -> bool:
            await self.read()
            return bool(predicate())

        await until(look)


def say(site: Site, leg: PcmLeg, seconds: float) -> None:
    """Let a phone send a tone."""
    voice = tone(440.0, seconds, sample_rate_hz=LEG_HZ)
    for start in range(0, voice.size, FRAME):
        leg.port.write(voice[start : start + FRAME])
        site.backend.tick()


async def connect(site: Site, room: dict[str, Any]) -> ClientWebSocketResponse[bool]:
    return await site.api.client.ws_connect(f"/v1.0/conferences/{room['id']}/meters?token={KEY}")


async def test_a_viewer_follows_a_room_from_the_first_frame_to_its_end(site: Site) -> None:
    room = await site.api.room()
    ann = await site.backend.dial(room["id"])
    (row,) = await site.participants(room["id"], "joined")
    viewer = Viewer(site, await connect(site, room))
    await viewer.sees(lambda: viewer.participants)
    first = viewer.participants[row["id"]]
    assert first["call_id"] == row["reference_id"]
    assert (first["transport"], first["codec"], first["muted"]) == ("local", None, False)

    say(site, ann, 1.0)
    await viewer.sees(lambda: viewer.levels.get(row["id"], {}).get("talking"))
    assert -30 < viewer.levels[row["id"]]["level_dbov"] < 0
    await viewer.sees(lambda: row["id"] in viewer.quality)
    assert viewer.quality[row["id"]].keys() == {"conferencecall_id", *QUALITY}

    await site.api.send("PATCH", f"/v1.0/conferencecalls/{row['id']}", json={"muted": True})
    await viewer.sees(lambda: viewer.participants[row["id"]]["muted"])

    await site.backend.dial(room["id"])
    await viewer.sees(lambda: len(viewer.participants) == 2)
    ann.bye()
    await viewer.sees(lambda: row["id"] not in viewer.participants)

    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    await viewer.sees(lambda: viewer.closed_with is not None)
    assert viewer.closed_with == 1000


async def test_a_silent_room_is_sent_once(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    viewer = Viewer(site, await connect(site, room))
    await viewer.sees(lambda: viewer.participants)
    for _ in range(meters.QUALITY_ROUNDS * 2):
        await viewer.read()
    assert sum("participants" in frame for frame in viewer.frames) == 1
    assert not viewer.levels
    assert 1 <= sum("quality" in frame for frame in viewer.frames) <= 3
    assert all(frame for frame in viewer.frames)
    await viewer.ws.close()


async def test_a_room_that_has_ended_and_one_that_is_unknown_are_refused(site: Site) -> None:
    room = await site.api.room()
    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    await site.becomes(room["id"], "terminated")
    path = f"/v1.0/conferences/{room['id']}/meters"
    status, answer = await site.api.get(path)
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    status, answer = await site.api.get("/v1.0/conferences/3f1c2d4e-0000-4000-8000-000000000001/meters")
    assert (status, answer["error"]["reason"]) == (404, "CONFERENCE_NOT_FOUND")


async def test_viewers_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "MAX_VIEWERS", 1)
    room = await site.api.room()
    first = await connect(site, room)
    status, answer = await site.api.get(f"/v1.0/conferences/{room['id']}/meters")
    assert (status, answer["error"]["reason"]) == (429, "TOO_MANY_VIEWERS")
    await first.close()

    async def admitted() -> bool:
        try:
            ws = await site.api.client.ws_connect(f"/v1.0/conferences/{room['id']}/meters?token={KEY}")
        except WSServerHandshakeError:
            return False
        await ws.close()
        return True

    await until(admitted)  # the server notices the first viewer's goodbye a moment later
