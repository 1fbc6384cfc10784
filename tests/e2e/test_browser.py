"""Browsers, an aiortc client and phones in one room: participants behave the same with every transport."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.aiortc_client import AiortcClient
from tests.support.chromium import chromium
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.whip import Exchange, Reply

BROWSER_RATE_HZ = 48000
A_HZ, B_HZ, BROWSER_HZ = TONES_HZ[:3]


def over_http(server: Server, room: str, *, key: str = ACCESS_KEY, protocol: str = "whip") -> Exchange:
    """Carry a client's WHIP exchange to the server (RFC 9725); ``whep`` makes it that of a listener."""

    async def exchange(method: str, path: str, headers: Mapping[str, str], body: str) -> Reply:
        types = {"POST": "application/sdp", "PATCH": "application/trickle-ice-sdpfrag"}
        own = {"content-type": types.get(method, "text/plain"), "authorization": f"Bearer {key}"}
        all_headers = {**{name.lower(): value for name, value in headers.items()}, **own}
        answer = await asyncio.to_thread(
            server.request,
            method,
            path or f"/v1.0/conferences/{room}/{protocol}",
            body=body.encode(),
            headers=all_headers,
        )
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status, answer.body.decode(), lower)

    return exchange


@pytest.fixture
def room(server: Server) -> str:
    return server.new_room()


async def test_chromium_and_two_phones_hear_each_other(
    server: Server, room: str, phone: Ring, tmp_path: Path
) -> None:
    phones = [phone(A_HZ, codec="PCMA/8000/1"), phone(B_HZ, codec="G722/16000/1")]
    for each in phones:
        await asyncio.to_thread(each.dial, server.sip_uri(room))
    microphone = write_wav(tmp_path / "microphone.wav", tone(BROWSER_HZ, 20))
    async with chromium(over_http(server, room), microphone) as browser:
        await browser.join(trickle=True)
        await asyncio.to_thread(server.wait_for_participants, room, 3)
        heard = await browser.hear(3)
        assert_hears((heard, BROWSER_RATE_HZ), (A_HZ, B_HZ), BROWSER_HZ)
        assert_hears(phones[0].ear(), (B_HZ, BROWSER_HZ), A_HZ)
        assert_hears(phones[1].ear(), (A_HZ, BROWSER_HZ), B_HZ)
        await browser.leave()
        await asyncio.to_thread(server.wait_for_participants, room, 2)


async def test_aiortc_client_and_phone_hear_each_other(server: Server, room: str, phone: Ring) -> None:
    each = phone(A_HZ)
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    client = AiortcClient(over_http(server, room), hz=BROWSER_HZ)
    await client.join()
    await asyncio.to_thread(server.wait_for_participants, room, 2)
    heard = await client.hear(3)
    assert_hears((heard, BROWSER_RATE_HZ), (A_HZ,), BROWSER_HZ)
    assert_hears(each.ear(), (BROWSER_HZ,), A_HZ)

    ended = await over_http(server, room)("DELETE", client.location, {}, "")
    assert ended.status == 200
    await asyncio.to_thread(server.wait_for_participants, room, 1)
    await client.leave()


async def test_browser_is_kicked_and_muted_like_a_phone(server: Server, room: str, phone: Ring) -> None:
    each = phone(A_HZ)
    client = AiortcClient(over_http(server, room), hz=BROWSER_HZ)
    await client.join()
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    participants = await asyncio.to_thread(server.wait_for_participants, room, 2)
    call = server.call("GET", f"/conferencecalls/{participants[0]}").json["reference_id"]
    server.call("POST", f"/calls/{call}/mute", {"direction": "out"})
    heard = await client.hear(2)
    assert abs(heard[-BROWSER_RATE_HZ:]).max() < 100, "a browser that is muted out hears nothing"
    assert server.call("DELETE", f"/conferencecalls/{participants[0]}").json["status"] == "leaving"
    await asyncio.to_thread(server.wait_for_participants, room, 1)
    await client.leave()


async def test_whip_without_key_or_room_is_refused(server: Server, room: str) -> None:
    refused = AiortcClient(over_http(server, room, key="vb_wrong"), hz=BROWSER_HZ)
    with pytest.raises(ConnectionError, match="INVALID_CREDENTIALS"):
        await refused.join()
    lost = AiortcClient(over_http(server, "00000000-0000-4000-8000-000000000000"), hz=BROWSER_HZ)
    with pytest.raises(ConnectionError, match="CONFERENCE_NOT_FOUND"):
        await lost.join()
    nonsense = await over_http(server, room)("POST", "", {}, "v=0\r\nthis is no SDP")
    assert nonsense.status == 400
    assert server.participants(room) == []
    for each in (refused, lost):
        await each.leave()
