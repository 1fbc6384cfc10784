"""HLS players that others wrote hear a room over HTTP, with the token of a guest link: all participants, and no whisper."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.async_api import Route, async_playwright

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.chromium import EXECUTABLE, FLAGS
from tests.support.server import Server
from tests.support.tones import TONES_HZ, Pcm
from tests.support.waiting import eventually

RATE_HZ = 48_000
# The page is not loaded from an address, so that Chromium would ask the user before it may load from this machine.
PLAYER_FLAGS = (*FLAGS, "--disable-features=LocalNetworkAccessChecks")
ORIGIN = "http://127.0.0.1/"  # a secure context, which the recorder's AudioWorklet needs
A_HZ, B_HZ, OTHER_HZ = TONES_HZ[:3]


@pytest.fixture
def room(server: Server) -> str:
    return server.new_room()


def begin(server: Server, room: str) -> str:
    """Start a broadcast, and return the URL for a player."""
    begun = server.call("POST", f"/conferences/{room}/broadcasts", {"protocol": "hls"}).json
    link = server.call("POST", f"/conferences/{room}/guest_links", {"expire": 600}).json
    eventually(
        lambda: server.call("GET", f"/broadcasts/{begun['id']}").json["status"] == "live", what="it is live"
    )
    return f"{server.url}{begun['path']}?token={link['token']}"


def play(url: str, seconds: float) -> Pcm:
    """Return what libavformat's HLS demuxer plays, from the live edge on."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    heard: list[Pcm] = []
    with av.open(url, options={"live_start_index": "-1"}) as container:
        for frame in container.decode(audio=0):
            heard += [each.to_ndarray()[0] for each in resampler.resample(frame)]
            if sum(map(len, heard)) >= seconds * RATE_HZ:
                break
    return np.concatenate(heard)


def test_ffmpeg_hears_all_participants(server: Server, room: str, phone: Ring) -> None:
    phones = [phone(A_HZ, codec="PCMA/8000/1"), phone(B_HZ, codec="G722/16000/1")]
    for number, each in enumerate(phones, 1):
        each.dial(server.sip_uri(room))
        server.wait_for_participants(room, number)
    url = begin(server, room)
    assert_hears((play(url, 6), RATE_HZ), (A_HZ, B_HZ), OTHER_HZ)
    assert len(server.participants(room)) == 2


def test_a_whisper_is_kept_from_a_broadcast(server: Server, room: str, phone: Ring) -> None:
    phones = [phone(A_HZ), phone(B_HZ)]
    present: list[str] = []
    for number, each in enumerate(phones, 1):
        each.dial(server.sip_uri(room))
        present = server.wait_for_participants(room, number)
    rules = {"whisper": [{"speaker": present[1], "listeners": [present[0]]}]}
    assert server.call("PUT", f"/conferences/{room}/hears", rules).status == 200
    assert_hears((play(begin(server, room), 4), RATE_HZ), (A_HZ,), B_HZ)


def scripts() -> list[str]:
    """Return the recorder and the player, which a page runs."""
    player = Path("build/browser_phones/player.js")
    assert player.exists(), "run tools/build_browser_phones.sh"
    return [Path("tests/support/chromium.js").read_text(), player.read_text()]


async def serve(route: Route) -> None:
    await route.fulfill(body="<!doctype html><meta charset=utf-8><body>", content_type="text/html")


async def test_hls_js_plays_parts(
    server: Server, room: str, phone: Ring, record_property: Callable[[str, object], None]
) -> None:
    """In Chromium. How far it plays behind the mix is recorded and not judged: it depends on the machine."""
    each = phone(A_HZ)
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    await asyncio.to_thread(server.wait_for_participants, room, 1)
    url = await asyncio.to_thread(begin, server, room)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=EXECUTABLE, headless=True, args=PLAYER_FLAGS
        )
        try:
            page = await chromium.new_page()
            await page.route(f"{ORIGIN}**", serve)
            await page.goto(ORIGIN)
            for script in scripts():
                await page.add_script_tag(content=script)
            await page.evaluate("url => play(url)", url)
            encoded: str = await page.evaluate("() => hear(4)")
            heard = np.frombuffer(base64.b64decode(encoded), np.int16)
            parts, delay_s = await page.evaluate("() => [player.parts, delay()]")
        finally:
            await chromium.close()
    record_property("delay_s", delay_s)
    assert_hears((heard, RATE_HZ), (A_HZ,), OTHER_HZ)
    assert parts > 0
