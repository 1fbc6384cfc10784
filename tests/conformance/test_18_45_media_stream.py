"""45: media streams carry one frame every 20 ms, are heard by all, are refused before the upgrade, and end with the room."""

import struct
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from tests.api.client import KEY
from tests.support.legs import PcmLeg
from tests.support.site import Site
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import until

RATE_HZ, LEG_HZ = 8000, 16000
MINE_HZ, THEIRS_HZ = 440.0, 1130.0
AUDIBLE_DB, SILENT_DB = -30.0, -70.0
SIZES = {"sln": 320, "rtp": 332, "audiosocket": 323}
SECONDS = 1.0


def wrapped(encapsulation: str, pcm: Pcm) -> list[bytes]:
    payloads = [frame.astype("<i2").tobytes() for frame in pcm.reshape(-1, RATE_HZ // 50)]
    if encapsulation == "audiosocket":
        return [b"\x10" + struct.pack("!H", len(each)) + each for each in payloads]
    if encapsulation == "rtp":
        return [
            struct.pack("!BBHII", 0x80, 96, number, number * 160, 1) + each
            for number, each in enumerate(payloads)
        ]
    return payloads


async def messages(site: Site, ws: ClientWebSocketResponse[bool], count: int) -> list[bytes]:
    """Return the next ``count`` messages, advancing the clock until they have come."""
    found: list[bytes] = []

    async def look() -> bool:
        site.backend.clock.advance(0.02)
        while len(found) < count:
            try:
                message = await ws.receive(timeout=0.05)
            except TimeoutError:
                return False
            assert message.type is WSMsgType.BINARY, message
            found.append(message.data)
        return True

    await until(look)
    return found


def talk(site: Site, legs: list[PcmLeg], hz: float) -> Pcm:
    """Let the first phone send a tone for a second; return what the last one hears."""
    voice = tone(hz, SECONDS, sample_rate_hz=LEG_HZ)
    for start in range(0, voice.size, LEG_HZ // 50):
        if len(legs) > 1:
            legs[0].port.write(voice[start : start + LEG_HZ // 50])
        site.backend.tick()
    return legs[-1].port.read()


@pytest.mark.parametrize("encapsulation", SIZES)
async def test_18_45_audio_flows_in_both_directions(site: Site, encapsulation: str) -> None:
    room = await site.backend.room()
    legs = await site.backend.join(room, 2)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation={encapsulation}"
    headers = {"Authorization": f"Bearer {KEY}"}
    async with site.api.client.ws_connect(path, headers=headers) as ws:
        for message in wrapped(encapsulation, tone(MINE_HZ, SECONDS, sample_rate_hz=RATE_HZ)):
            await ws.send_bytes(message)
        await ws.send_str("text means nothing")
        await ws.ping(b"read")
        frames = int(SECONDS * 50)
        await arrived(site, int(SECONDS * RATE_HZ))
        phone_heard = talk(site, legs, THEIRS_HZ)
        got = await messages(site, ws, frames)
        assert {len(each) for each in got} == {SIZES[encapsulation]}
        if encapsulation == "rtp":
            assert [struct.unpack_from("!BBH", each) for each in got] == [
                (0x80, 96, number) for number in range(1, frames + 1)
            ]
        head = SIZES[encapsulation] - 320
        heard = np.frombuffer(b"".join(each[head:] for each in got), "<i2")
        assert level_db(heard, THEIRS_HZ, sample_rate_hz=RATE_HZ) > AUDIBLE_DB
        assert level_db(heard, MINE_HZ, sample_rate_hz=RATE_HZ) < SILENT_DB
        assert level_db(phone_heard, MINE_HZ, sample_rate_hz=LEG_HZ) > AUDIBLE_DB
        await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
        assert await ended(site, ws)


async def arrived(site: Site, samples: int) -> None:
    """Wait until the server has read what was sent and the engine has it."""
    counters: Any = site.backend.services.streams.counters
    await until(lambda: counters["streams.samples_heard"] >= samples)


async def ended(site: Site, ws: ClientWebSocketResponse[bool]) -> bool:
    async def look() -> bool:
        site.backend.clock.advance(0.02)
        try:
            message = await ws.receive(timeout=0.05)
        except TimeoutError:
            return False
        return message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)

    return await until(look)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("", "MISSING_REQUEST_PARAMETER", id="missing"),
        pytest.param("?encapsulation=", "MISSING_REQUEST_PARAMETER", id="empty"),
        pytest.param("?encapsulation=opus", "INVALID_REQUEST_PARAMETER", id="unknown"),
    ],
)
async def test_18_45_invalid_request_is_refused_before_the_upgrade(
    site: Site, query: str, reason: str
) -> None:
    room = await site.backend.room()
    await site.backend.join(room)
    (id_,) = await site.backend.joined(room)
    call = await site.backend.call_of(id_)
    for path in (f"/v1.0/conferences/{room.id}/media_stream", f"/v1.0/calls/{call.id}/media_stream"):
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        status, refusal = await site.api.send("GET", path + query, headers=upgrade)
        assert (status, refusal["error"]["reason"]) == (400, reason)


async def test_18_45_ended_room_is_refused(site: Site) -> None:
    room = await site.backend.room()
    await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
    status, refusal = await site.api.get(f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln")
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")


async def test_18_45_stream_of_a_call_carries_that_call_alone(site: Site) -> None:
    room = await site.backend.room()
    (alice,) = await site.backend.join(room)
    (bob,) = await site.backend.join(room)
    call = await site.backend.call_of((await site.backend.joined(room))[0])
    path = f"/v1.0/calls/{call.id}/media_stream?encapsulation=sln"
    async with site.api.client.ws_connect(path, headers={"Authorization": f"Bearer {KEY}"}) as ws:
        for message in wrapped("sln", tone(MINE_HZ, SECONDS, sample_rate_hz=RATE_HZ)):
            await ws.send_bytes(message)
        await arrived(site, int(SECONDS * RATE_HZ))
        bob_heard = talk(site, [alice, bob], THEIRS_HZ)
        got = b"".join(await messages(site, ws, int(SECONDS * 50)))
        heard = np.frombuffer(got, "<i2")
        assert level_db(heard, THEIRS_HZ, sample_rate_hz=RATE_HZ) > AUDIBLE_DB
        assert level_db(heard, MINE_HZ, sample_rate_hz=RATE_HZ) < SILENT_DB
        assert level_db(alice.port.read(), MINE_HZ, sample_rate_hz=LEG_HZ) > AUDIBLE_DB
        assert level_db(bob_heard, MINE_HZ, sample_rate_hz=LEG_HZ) < SILENT_DB
        alice.bye()
        assert await ended(site, ws)
