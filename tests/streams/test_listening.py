"""Media streams at every sample rate, and what they hear: all, one participant, all but one, or what a call hears."""

from typing import Any

import numpy as np
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from mixminus.mixer import PcmPort
from tests.api.client import KEY
from tests.support.site import Site, site
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import until

__all__ = ["site"]

LEG_HZ = 48000
AUDIBLE_DB, SILENT_DB = -30.0, -60.0
OWN_HZ = 440.0
VOICES = (700.0, 1130.0, 1790.0)
HEADERS = {"Authorization": f"Bearer {KEY}"}


def talk(site: Site, ports: list[PcmPort], hz: tuple[float, ...], seconds: float = 1.0) -> None:
    """Let each phone send its tone."""
    voices = [tone(each, seconds, sample_rate_hz=LEG_HZ) for each in hz]
    for start in range(0, voices[0].size, LEG_HZ // 50):
        for port, voice in zip(ports, voices, strict=True):
            port.write(voice[start : start + LEG_HZ // 50])
        site.backend.tick()


async def heard(
    site: Site, ws: ClientWebSocketResponse[bool], sample_rate_hz: int, seconds: float = 1.0
) -> Pcm:
    """Return the next audio of a stream."""
    frames: list[bytes] = []

    async def look() -> bool:
        site.backend.clock.advance(0.02)
        while len(frames) < seconds * 50:
            try:
                message = await ws.receive(timeout=0.05)
            except TimeoutError:
                return False
            assert message.type is WSMsgType.BINARY, message
            frames.append(message.data)
        return True

    await until(look)
    assert {len(each) for each in frames} == {sample_rate_hz // 50 * 2}
    return np.frombuffer(b"".join(frames), "<i2")


def levels(pcm: Pcm, sample_rate_hz: int, hz: tuple[float, ...] = VOICES) -> list[bool]:
    """Return whether each tone is audible; each of them must be clearly so, or clearly not."""
    found = [level_db(pcm[pcm.size // 4 :], each, sample_rate_hz=sample_rate_hz) for each in hz]
    assert all(each > AUDIBLE_DB or each < SILENT_DB for each in found), found
    return [each > AUDIBLE_DB for each in found]


@pytest.mark.parametrize(
    ("sample_rate_hz", "hz"), [(8000, 3000.0), (16000, 6500.0), (24000, 10000.0), (48000, 19000.0)]
)
async def test_audio_of_the_whole_band_passes_both_ways(site: Site, sample_rate_hz: int, hz: float) -> None:
    room = await site.backend.room()
    (leg,) = await site.backend.join(room, sample_rate_hz=LEG_HZ)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&sample_rate={sample_rate_hz}"
    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        await ws.send_bytes(tone(hz, 1.0, sample_rate_hz=sample_rate_hz).astype("<i2").tobytes())
        counters: Any = site.backend.services.streams.counters
        await until(lambda: counters["streams.samples_heard"] >= sample_rate_hz)
        leg.port.read()
        talk(site, [leg.port], (hz / 2,))
        got = await heard(site, ws, sample_rate_hz)
        assert levels(got, sample_rate_hz, (hz, hz / 2)) == [False, True]
        assert levels(leg.port.read(), LEG_HZ, (hz, hz / 2)) == [True, False]


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("mix", [True, True, True]),
        ("participant", [True, False, False]),
        ("mix_minus", [False, True, True]),
    ],
)
async def test_stream_of_a_room_hears_what_it_asks_for(site: Site, listen: str, expected: list[bool]) -> None:
    room = await site.backend.room()
    legs = [(await site.backend.join(room, sample_rate_hz=LEG_HZ))[0] for _ in VOICES]
    ports = [each.port for each in legs]
    ids = await site.backend.joined(room)
    path = (
        f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&sample_rate=16000"
        f"&listen={listen}&conferencecall_id={ids[0]}"
    )
    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        await ws.send_bytes(tone(OWN_HZ, 1.0, sample_rate_hz=16000).astype("<i2").tobytes())
        counters: Any = site.backend.services.streams.counters
        await until(lambda: counters["streams.samples_heard"] >= 16000)
        for port in ports:
            port.read()
        talk(site, ports, VOICES)
        assert levels(await heard(site, ws, 16000), 16000) == expected
        for port in ports:
            assert levels(port.read(), LEG_HZ, (OWN_HZ,)) == [True]


async def test_excluded_participant_stays_excluded_when_it_comes_back(site: Site) -> None:
    room = await site.backend.room()
    legs = [(await site.backend.join(room, sample_rate_hz=LEG_HZ))[0] for _ in range(2)]
    ports = [each.port for each in legs]
    ids = await site.backend.joined(room)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&listen=mix_minus&conferencecall_id={ids[0]}"
    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        bridge = ports[0].bridge
        assert bridge is not None
        ports[0].leave()
        site.backend.tick()
        ports[0].join(bridge)
        talk(site, ports, VOICES[:2])
        assert levels(await heard(site, ws, 8000), 8000, VOICES[:2]) == [False, True]


async def test_stream_of_a_participant_ends_when_it_leaves(site: Site) -> None:
    room = await site.backend.room()
    legs = [(await site.backend.join(room))[0] for _ in range(2)]
    ids = await site.backend.joined(room)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&listen=participant&conferencecall_id={ids[1]}"
    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        legs[1].bye()

        async def closed() -> bool:
            site.backend.clock.advance(0.02)
            try:
                message = await ws.receive(timeout=0.05)
            except TimeoutError:
                return False
            return message.type is WSMsgType.CLOSE

        await until(closed)


@pytest.mark.parametrize(
    ("listen", "expected"), [("in", [True, False]), ("out", [False, True]), ("both", [True, True])]
)
async def test_stream_of_a_call_hears_what_it_asks_for(site: Site, listen: str, expected: list[bool]) -> None:
    room = await site.backend.room()
    legs = [(await site.backend.join(room, sample_rate_hz=LEG_HZ))[0] for _ in range(2)]
    ids = await site.backend.joined(room)
    call = await site.backend.call_of(ids[0])
    path = f"/v1.0/calls/{call.id}/media_stream?encapsulation=sln&sample_rate=24000&listen={listen}"
    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        talk(site, [each.port for each in legs], VOICES[:2])
        assert levels(await heard(site, ws, 24000), 24000, VOICES[:2]) == expected


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("sample_rate=44100", 400, "INVALID_REQUEST_PARAMETER"),
        ("listen=whisper", 400, "INVALID_REQUEST_PARAMETER"),
        ("listen=mix_minus", 400, "INVALID_ARGUMENT"),
        ("listen=participant&conferencecall_id=x", 400, "INVALID_REQUEST_PARAMETER"),
        (
            "listen=participant&conferencecall_id=6b1c1a3e-0000-4000-8000-000000000000",
            404,
            "CONFERENCECALL_NOT_FOUND",
        ),
    ],
)
async def test_invalid_choice_is_refused_before_the_upgrade(
    site: Site, query: str, status: int, reason: str
) -> None:
    room = await site.backend.room()
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&{query}"
    found, refusal = await site.api.send("GET", path, headers=upgrade)
    assert (found, refusal["error"]["reason"]) == (status, reason)


async def test_ten_minutes_in_one_message_at_16_khz_are_held_whole_and_can_be_interrupted(site: Site) -> None:
    room = await site.backend.room()
    (leg,) = await site.backend.join(room, sample_rate_hz=LEG_HZ)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln&sample_rate=16000"
    counters: Any = site.backend.services.streams.counters
    ten_minutes = np.tile(tone(OWN_HZ, 1.0, sample_rate_hz=16000).astype("<i2"), 600)
    async with site.api.client.ws_connect(path, headers=HEADERS, max_msg_size=0) as ws:
        await ws.send_bytes(ten_minutes.tobytes())
        await until(lambda: counters["streams.samples_heard"] == ten_minutes.size)
        leg.port.read()
        site.backend.tick(50)
        assert levels(leg.port.read(), LEG_HZ, (OWN_HZ,)) == [True]
        await ws.send_str('{"type": "mark", "name": "end"}')
        await ws.send_str('{"type": "clear"}')

        async def cleared() -> bool:
            site.backend.clock.advance(0.02)
            message = await ws.receive(timeout=1)
            return message.type is WSMsgType.TEXT and '"cleared":true' in message.data

        await until(cleared)
        site.backend.tick(5)
        leg.port.read()
        site.backend.tick(50)
        assert np.max(np.abs(leg.port.read())) < 10


async def test_client_that_sends_more_than_may_wait_is_held_back_and_loses_nothing(site: Site) -> None:
    room = await site.backend.room()
    await site.backend.join(room)
    path = f"/v1.0/conferences/{room.id}/media_stream?encapsulation=sln"
    counters: Any = site.backend.services.streams.counters
    minutes = 20
    minute = bytes(60 * 8000 * 2)

    async with site.api.client.ws_connect(path, headers=HEADERS) as ws:
        for _ in range(minutes):
            await ws.send_bytes(minute)
        await until(lambda: counters["streams.held_back"])
        held = counters["streams.samples_heard"] / 8000 / 60
        assert 15 <= held < minutes

        async def played() -> bool:
            site.backend.tick(500)
            site.backend.clock.advance(0.02)
            while True:
                try:
                    await ws.receive(timeout=0.01)
                except TimeoutError:
                    break
            return bool(counters["streams.samples_heard"] == minutes * 60 * 8000)

        await until(played, within_s=60)
