"""A browser behind a firewall that only a TURN server gets through: coturn, with credentials of the server."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from playwright.async_api import async_playwright

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.support.chromium import EXECUTABLE, FLAGS, chromium
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.turn_server import SECRET, turn_server
from tests.support.waiting import eventually

PHONE_HZ, BROWSER_HZ = TONES_HZ[:2]
LINK = re.compile(r'<([^>]+)>; rel="ice-server"; username="([^"]+)"; credential="([^"]+)"')


@pytest.fixture
def turn_uri(tmp_path: Path) -> Iterator[str]:
    directory = tmp_path / "turn"
    directory.mkdir()
    with turn_server(directory) as uri:
        yield uri


@pytest.fixture
def relayed(tmp_path: Path, turn_uri: str) -> Iterator[Server]:
    settings = {
        "MIXMINUS_ICE_SERVERS": orjson.dumps(["stun:" + turn_uri[5:].partition("?")[0], turn_uri]).decode(),
        "MIXMINUS_ICE_SECRET": SECRET,
    }
    with Server(tmp_path, **settings) as server:
        yield server


async def test_browser_talks_through_the_turn_server(relayed: Server, phone: Ring, tmp_path: Path) -> None:
    room = relayed.new_room()
    exchange = over_http(relayed, room)
    options = await exchange("OPTIONS", "", {}, "")
    (found,) = LINK.findall(options.headers["link"])
    server = dict(zip(("urls", "username", "credential"), found, strict=True))
    each = phone(PHONE_HZ)
    await asyncio.to_thread(each.dial, relayed.sip_uri(room))
    microphone = write_wav(tmp_path / "microphone.wav", tone(BROWSER_HZ, 20))
    async with chromium(exchange, microphone) as browser:
        await browser.join(ice_servers=[server], relay_only=True)
        await asyncio.to_thread(relayed.wait_for_participants, room, 2)
        assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
        assert_hears(each.ear(), (BROWSER_HZ,), PHONE_HZ)
        assert (await browser.statistics())["local-candidate"]["candidateType"] == "relay"
        await browser.leave()


async def test_join_page_uses_the_turn_server(relayed: Server, tmp_path: Path) -> None:
    room = relayed.new_room()
    microphone = write_wav(tmp_path / "microphone.wav", tone(BROWSER_HZ, 20))
    async with async_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=flags)
        page = await browser.new_page()
        # A network that lets nothing but the relay through.
        await page.add_init_script(
            "const Peer = RTCPeerConnection; RTCPeerConnection = function (options) {"
            " return new Peer({ ...options, iceTransportPolicy: 'relay' }); };"
        )
        await page.goto(f"{relayed.url}/join#room={room}")
        await page.fill("#key", ACCESS_KEY)
        await page.press("#key", "Tab")
        await page.wait_for_selector(f"option[value='{room}']", state="attached")
        await page.click("#join")
        await page.wait_for_selector("body[data-state=joined]", timeout=20_000)
        await asyncio.to_thread(relayed.wait_for_participants, room, 1)
        await browser.close()


async def test_ice_servers_are_sent_only_to_callers_with_a_key(relayed: Server) -> None:
    path = f"/v1.0/conferences/{relayed.new_room()}/whip"
    for headers in ({}, {"Authorization": "Bearer vb_wrong"}):
        answer = await asyncio.to_thread(relayed.request, "OPTIONS", path, headers=headers)
        assert answer.status == 204
        assert "Link" not in answer.headers
    guest = (
        await asyncio.to_thread(
            relayed.call, "POST", path.removeprefix("/v1.0").replace("whip", "guest_links"), {}
        )
    ).json
    for room, admitted in ((path, True), (path.replace(path.split("/")[3], relayed.new_room()), False)):
        headers = {"Authorization": f"Bearer {guest['token']}"}
        answer = await asyncio.to_thread(relayed.request, "OPTIONS", room, headers=headers)
        assert ("Link" in answer.headers) is admitted, "a guest of this room alone"
    log = await asyncio.to_thread(lambda: eventually(lambda: relayed.log, what="the server logs"))
    assert SECRET not in str(log)
