"""Listeners by WHEP: Chromium, GStreamer and aiortc hear the whole room, are not heard, and share one encode."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.support.aiortc_client import AiortcClient
from tests.support.chromium import chromium
from tests.support.gstreamer import Gstreamer
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually, play_for
from tests.support.whip import Exchange, Reply

A_HZ, B_HZ, LISTENER_HZ = TONES_HZ[:3]


@pytest.fixture
def room(server: Server) -> str:
    return server.new_room()


def listeners(server: Server, room: str) -> list[str]:
    return [each["id"] for each in server.call("GET", f"/conferences/{room}/listeners").json["result"]]


async def test_chromium_listens_to_two_phones(server: Server, room: str, phone: Ring, tmp_path: Path) -> None:
    phones = [phone(A_HZ, codec="PCMA/8000/1"), phone(B_HZ, codec="G722/16000/1")]
    for each in phones:
        await asyncio.to_thread(each.dial, server.sip_uri(room))
    await asyncio.to_thread(server.wait_for_participants, room, 2)
    microphone = write_wav(tmp_path / "microphone.wav", tone(LISTENER_HZ, 20))
    async with chromium(over_http(server, room, protocol="whep"), microphone) as browser:
        await browser.join(trickle=True, listen=True)
        assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (A_HZ, B_HZ))
        assert len(server.participants(room)) == 2
        await browser.restart_ice()
        assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (A_HZ, B_HZ))
        (listener,) = listeners(server, room)
        assert server.call("DELETE", f"/conferences/{room}/whep/{listener}").status == 200
        eventually(lambda: listeners(server, room) == [], what="the listener is gone")


def test_gstreamer_listens_and_leaves(server: Server, room: str, phone: Ring, tmp_path: Path) -> None:
    each = phone(A_HZ)
    each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    url = f"{server.url}/v1.0/conferences/{room}/whep"
    with Gstreamer(tmp_path / "gstreamer", url, token=ACCESS_KEY) as peer:
        eventually(lambda: bool(listeners(server, room)), timeout_s=20, what=peer.log)
        eventually(lambda: len(peer.ear()[0]) > 3 * peer.ear()[1], timeout_s=20, what=peer.log)
        assert_hears(peer.ear(), (A_HZ,))
        assert peer.leave() == 0, peer.log
    eventually(lambda: listeners(server, room) == [], what="the listener has left")


def answered_as_if_it_might_send(exchange: Exchange) -> Exchange:
    """Make a client believe that the server receives, so that it sends what must not be heard."""

    async def changed(method: str, path: str, headers: Mapping[str, str], body: str) -> Reply:
        reply = await exchange(method, path, headers, body)
        return Reply(reply.status, reply.body.replace("a=sendonly", "a=sendrecv"), reply.headers)

    return changed


async def test_what_a_listener_sends_is_not_heard(server: Server, room: str, phone: Ring) -> None:
    each = phone(A_HZ)
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    exchange = answered_as_if_it_might_send(over_http(server, room, protocol="whep"))
    sending, other = (AiortcClient(exchange, hz=LISTENER_HZ) for _ in range(2))
    await sending.join()
    await other.join()
    before = server.metrics()["mixminus_rtp_on_hold_total"]
    heard = await other.hear(3)
    assert_hears((heard, BROWSER_RATE_HZ), (A_HZ,), LISTENER_HZ)
    await asyncio.to_thread(play_for, 1.5)
    assert_silent(each.ear(), (LISTENER_HZ,), last_s=1.0)
    assert server.metrics()["mixminus_rtp_on_hold_total"] > before, "it did send"
    for client in (sending, other):
        await client.leave()


async def test_listeners_share_one_encode(server: Server, room: str, phone: Ring) -> None:
    each = phone(A_HZ)
    await asyncio.to_thread(each.dial, server.sip_uri(room))
    clients = [AiortcClient(over_http(server, room, protocol="whep"), hz=LISTENER_HZ) for _ in range(4)]
    for client in clients:
        await client.join()
    await clients[0].hear(0.5)
    before = server.metrics()
    await clients[0].hear(2)
    after = server.metrics()
    encoded, shared = (
        after[name] - before[name]
        for name in ("mixminus_frames_encoded_total", "mixminus_frames_shared_total")
    )
    # One encode for the phone, which hears silence, and one for all four.
    assert encoded > 0
    assert shared == pytest.approx(3 * encoded / 2, rel=0.1)
    for client in clients:
        await client.leave()


async def test_a_whisper_is_kept_from_listeners(server: Server, room: str, phone: Ring) -> None:
    """Also from one that comes later; the others are heard."""
    phones = [phone(A_HZ), phone(B_HZ)]
    present = []
    for number, each in enumerate(phones, 1):
        await asyncio.to_thread(each.dial, server.sip_uri(room))
        present = await asyncio.to_thread(server.wait_for_participants, room, number)
    early, late = (AiortcClient(over_http(server, room, protocol="whep"), hz=LISTENER_HZ) for _ in range(2))
    await early.join()
    rules = {"whisper": [{"speaker": present[1], "listeners": [present[0]]}]}
    answer = server.call("PUT", f"/conferences/{room}/hears", rules)
    assert (answer.status, answer.json["result"]) == (200, [])
    await late.join()
    for client in (early, late):
        await client.hear(0.5)
        assert_hears((await client.hear(3), BROWSER_RATE_HZ), (A_HZ,), B_HZ)
    await asyncio.to_thread(play_for, 1.5)
    assert_hears(phones[0].ear(), (B_HZ,), A_HZ)
    for client in (early, late):
        await client.leave()
