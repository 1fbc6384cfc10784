"""Broadcasts by HTTP: their life, who may fetch them, and requests that wait."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import ApiClient
from tests.api.test_whep import events
from tests.support.ports import free_port
from tests.support.site import open_site
from tests.support.waiting import until


async def broadcast(api: ApiClient, room: dict[str, Any]) -> dict[str, Any]:
    status, begun = await api.post(f"/v1.0/conferences/{room['id']}/broadcasts", {"protocol": "hls"})
    assert (status, begun["status"]) == (200, "starting")
    assert isinstance(begun, dict)
    return begun


async def status_of(api: ApiClient, begun: dict[str, Any]) -> str:
    status, seen = await api.get(f"/v1.0/broadcasts/{begun['id']}")
    assert status == 200
    return str(seen["status"])


async def live(api: ApiClient, room: dict[str, Any]) -> dict[str, Any]:
    begun = await broadcast(api, room)

    async def look() -> bool:
        return await status_of(api, begun) == "live"

    await until(look)
    return begun


async def playlist(api: ApiClient, path: str, token: str) -> tuple[int, str]:
    async with api.request("GET", path, token=token) as response:
        return response.status, await response.text()


async def test_a_broadcast_becomes_live_and_is_stopped(api: ApiClient) -> None:
    room = await api.room()
    begun = await live(api, room)
    _, listed = await api.get(f"/v1.0/conferences/{room['id']}/broadcasts")
    assert [each["id"] for each in listed["result"]] == [begun["id"]]
    _, seen = await api.get(f"/v1.0/conferences/{room['id']}")
    assert seen["conferencecall_ids"] == []
    status, again = await api.post(f"/v1.0/conferences/{room['id']}/broadcasts", {})
    assert (status, again["error"]["reason"]) == (409, "BROADCAST_ALREADY_RUNS")
    stop = f"/v1.0/broadcasts/{begun['id']}/stop"
    status, stopped = await api.post(stop, {})
    assert (status, stopped["status"]) == (200, "ended")
    status, over = await api.post(stop, {})
    assert (status, over["error"]["reason"]) == (409, "STATE_INVALID")
    async with api.request("GET", begun["path"]) as response:
        assert (await response.text()).endswith("#EXT-X-ENDLIST\n")
    published = [each for each in await events(api, room) if each.startswith("broadcast")]
    assert published == ["broadcast_live", "broadcast_ended"]


async def test_a_broadcast_ends_with_its_room(api: ApiClient) -> None:
    room = await api.room()
    begun = await live(api, room)
    await api.send("DELETE", f"/v1.0/conferences/{room['id']}")

    async def ended() -> bool:
        return await status_of(api, begun) == "ended"

    await until(ended)


async def test_a_playlist_and_its_pieces_wait_for_what_is_announced(api: ApiClient) -> None:
    begun = await live(api, await api.room())
    folder = begun["path"].removesuffix("index.m3u8")
    async with api.request("GET", begun["path"]) as response:
        assert response.content_type == "application/vnd.apple.mpegurl"
        first = await response.text()
    segment, part = map(int, re.findall(r"PRELOAD-HINT.*part-(\d+)-(\d+)", first)[0])
    name = f"part-{segment}-{part}.m4s"
    waiting = playlist(
        api, f"{begun['path']}?_HLS_msn={segment}&_HLS_part={part}", "vb_test-key-of-the-first-customer"
    )
    async with api.request("GET", folder + "init.mp4") as header, api.request("GET", folder + name) as piece:
        assert (header.status, piece.status, piece.content_type) == (200, 200, "audio/mp4")
        assert (await header.read())[4:8] == b"ftyp"
        assert (await piece.read())[4:8] == b"moof"
    status, second = await waiting
    assert status == 200
    assert f'URI="{name}"' in second.partition("#EXT-X-PRELOAD-HINT")[0]


async def test_wrong_requests_are_refused(api: ApiClient) -> None:
    begun = await live(api, await api.room())
    other = await api.room()
    folder = begun["path"].removesuffix("index.m3u8")
    for path, expected in (
        (f"{begun['path']}?_HLS_msn=99", (400, "PLAYLIST_AHEAD")),
        (f"{begun['path']}?_HLS_msn=-1", (400, "INVALID_REQUEST_PARAMETER")),
        (f"{begun['path']}?_HLS_part=1", (400, "INVALID_REQUEST_PARAMETER")),
        (folder + "segment-99.m4s", (404, "PIECE_NOT_FOUND")),
        (folder + "%2e%2e%2fetc", (404, "PIECE_NOT_FOUND")),
        (begun["path"].replace(begun["conference_id"], other["id"]), (404, "BROADCAST_NOT_FOUND")),
        (begun["path"].replace(begun["id"], str(uuid4())), (404, "BROADCAST_NOT_FOUND")),
    ):
        status, answer = await api.get(path)
        assert (status, answer["error"]["reason"]) == expected, path


async def test_a_guest_link_in_the_url_is_in_all_uris_until_it_is_revoked(api: ApiClient) -> None:
    room = await api.room()
    begun = await live(api, room)
    assert (await playlist(api, begun["path"], ""))[0] == 401
    links = f"/v1.0/conferences/{room['id']}/guest_links"
    _, link = await api.post(links, {"expire": 600})
    path = f"{begun['path']}?token={link['token']}"
    status, text = await playlist(api, path, "")
    assert status == 200
    uris = re.findall(r'URI="([^"]*)"', text) + [
        each for each in text.splitlines() if each[:1] not in ("#", "")
    ]
    assert uris
    for uri in uris:
        assert uri.endswith(f"?token={link['token']}")
        async with api.request("GET", begun["path"].replace("index.m3u8", uri), token="") as response:
            assert response.status == 200, uri
    other = await api.room()
    foreign = await live(api, other)
    assert (await playlist(api, f"{foreign['path']}?token={link['token']}", ""))[0] == 403
    await api.send("DELETE", f"{links}/{link['id']}")
    assert (await playlist(api, path, ""))[0] == 401


async def test_many_players_wait_for_one_encoder(api: ApiClient) -> None:
    room = await api.room()
    begun = await live(api, room)
    async with api.request("GET", begun["path"]) as response:
        segment = int(re.findall(r"PRELOAD-HINT.*part-(\d+)", await response.text())[0])
    path = f"{begun['path']}?_HLS_msn={segment}"
    async with asyncio.timeout(timedelta(seconds=30).total_seconds()):
        found = await asyncio.gather(
            *(playlist(api, path, "vb_test-key-of-the-first-customer") for _ in range(20))
        )
    assert {status for status, _ in found} == {200}
    assert all(f"segment-{segment}.m4s" in text for _, text in found)
    async with api.request("GET", "/metrics") as response:
        assert "\nmixminus_broadcasts 1\n" in await response.text()


ICECAST = {"protocol": "icecast", "user": "source", "password": "a secret of sources"}


async def sent(api: ApiClient, room: dict[str, Any], **fields: str) -> tuple[int, dict[str, Any]]:
    return await api.post(f"/v1.0/conferences/{room['id']}/broadcasts", {**ICECAST, **fields})


@pytest.mark.parametrize("allowed", [False, True])
async def test_private_address_is_refused_where_webhooks_to_it_are(tmp_path: Path, allowed: bool) -> None:
    """Where they are refused, nothing connects to a port that listens, by any of its addresses."""
    connections: list[str] = []

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_site(tmp_path, private_targets=allowed) as site:
        room = await site.api.room()
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            await meets(site.api, room, f"http://{host}:{port}/room.opus", allowed=allowed)
        assert bool(connections) == allowed


async def meets(api: ApiClient, room: dict[str, Any], url: str, *, allowed: bool) -> None:
    """Broadcast to an address, and wait until it is known whether that may be connected to."""
    status, begun = await sent(api, room, url=url)
    assert status == 200

    async def known() -> bool:
        return await status_of(api, begun) in ("retrying", "failed")

    await until(known)
    _, seen = await api.get(f"/v1.0/broadcasts/{begun['id']}")
    refusal = "url: leads to a private address, which is refused"
    assert (seen["status"] == "failed", seen["error"] == refusal) == (not allowed, not allowed), seen


async def test_an_icecast_server_that_is_not_there_is_tried_again(api: ApiClient) -> None:
    room = await api.room()
    url = f"http://127.0.0.1:{free_port()}/room.opus"
    status, begun = await sent(api, room, url=url)
    assert (status, begun["protocol"], begun["url"], begun["path"]) == (200, "icecast", url, "")

    async def retrying() -> bool:
        return await status_of(api, begun) == "retrying"

    await until(retrying)
    _, seen = await api.get(f"/v1.0/broadcasts/{begun['id']}")
    assert seen["error"] == "the Icecast server cannot be reached: check url, and that it runs"
    assert await live(api, room)  # by HLS, beside it
    status, other = await sent(api, room, url=url + "2")
    assert status == 200
    status, again = await sent(api, room, url=url)
    assert (status, again["error"]["reason"]) == (409, "BROADCAST_ALREADY_RUNS")
    for each in (begun, other):
        status, stopped = await api.post(f"/v1.0/broadcasts/{each['id']}/stop", {})
        assert (status, stopped["status"]) == (200, "ended")
    _, page = await api.get(f"/v1.0/events?conference_id={room['id']}")
    published = [each["type"] for each in page["result"] if each["data"].get("id") == begun["id"]]
    assert published == ["broadcast_retrying", "broadcast_ended"]
    _, listed = await api.get(f"/v1.0/conferences/{room['id']}/broadcasts")
    _, audits = await api.get("/v1.0/audits")
    assert "a secret of sources" not in str((begun, seen, page, listed, audits))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"url": ""}, "url"),
        ({"url": "ftp://radio.example/room"}, "url"),
        ({"url": "http://source:secret@radio.example/room"}, "url"),
        ({"url": "http://radio.example/"}, "url"),
        ({"password": ""}, "password"),
        ({"password": "a\r\nIce-Public: 1"}, "password"),
        ({"user": "a:b"}, "user"),
        ({"name": "a\r\nIce-Public: 1"}, "name"),
        ({"description": "\x7f"}, "description"),
        ({"protocol": "rtmp"}, "protocol"),
    ],
)
async def test_wrong_targets_are_refused(api: ApiClient, fields: dict[str, str], where: str) -> None:
    room = await api.room()
    status, answer = await sent(api, room, **{"url": "http://radio.example/room", **fields})
    assert status == 400
    assert answer["error"]["message"].startswith(f"{where}: ")
    assert "secret" not in str(answer)
    assert (await api.get(f"/v1.0/conferences/{room['id']}/broadcasts"))[1]["result"] == []
