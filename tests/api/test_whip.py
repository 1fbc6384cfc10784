"""WHIP by HTTP; the audio is tested end to end."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from tests.api.client import ApiClient
from tests.support.offers import CHROMIUM, OBS
from tests.support.waiting import until

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture
async def offer() -> AsyncIterator[str]:
    browser = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    browser.addTransceiver("audio")
    await browser.setLocalDescription(await browser.createOffer())
    yield browser.localDescription.sdp
    await browser.close()


async def join(api: ApiClient, room: dict[str, Any], offer: str, name: str = "Ann") -> dict[str, str]:
    path = f"/v1.0/conferences/{room['id']}/whip"
    async with api.request("POST", path, params={"name": name}, data=offer, headers=SDP) as response:
        assert (response.status, response.content_type) == (201, "application/sdp"), await response.text()
        assert response.headers["Accept-Patch"] == FRAGMENT["Content-Type"]
        answer = await response.text()
        return {"path": response.headers["Location"], "etag": response.headers["ETag"], "answer": answer}


async def participant(api: ApiClient, room: dict[str, Any], status: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        _, page = await api.get(f"/v1.0/conferencecalls?conference_id={room['id']}")
        return next((each for each in page["result"] if each["status"] == status), None)

    found: dict[str, Any] = await until(look)
    return found


async def test_whip_offer_is_answered_and_joins(api: ApiClient, offer: str) -> None:
    room = await api.room()
    session = await join(api, room, offer)
    assert session["path"].startswith(f"/v1.0/conferences/{room['id']}/whip/")
    assert session["answer"].startswith("v=0")
    joined = await participant(api, room, "joined")
    _, seen = await api.get(f"/v1.0/conferences/{room['id']}")
    assert seen["conferencecall_ids"] == [joined["id"]]
    _, call = await api.get(f"/v1.0/calls/{joined['reference_id']}")
    assert (call["status"], call["direction"], call["source"]["name"]) == ("progressing", "incoming", "Ann")


async def test_what_obs_publishes_comes_in_as_a_participant(api: ApiClient) -> None:
    """Its audio alone: ICE and DTLS are described once, above the media, and the video is rejected."""
    room = await api.room()
    session = await join(api, room, OBS.replace("\n", "\r\n"), name="OBS")
    audio, video = session["answer"].split("m=")[1:]
    assert audio.startswith("audio ")
    assert "a=recvonly" in audio
    assert "opus/48000/2" in audio
    assert video.startswith("video 0 ")
    await participant(api, room, "joined")
    assert (await api.send("DELETE", session["path"]))[0] == 200
    await participant(api, room, "leaved")


async def test_talking_lists_participants(api: ApiClient, offer: str) -> None:
    room = await api.room()
    session = await join(api, room, offer)
    joined = await participant(api, room, "joined")
    _, body = await api.get(f"/v1.0/conferences/{room['id']}/talking")
    assert body == {
        "result": [
            {
                "conferencecall_id": joined["id"],
                "call_id": joined["reference_id"],
                "session_id": session["path"].rsplit("/", 1)[1],
                "name": "Ann",
                "transport": "webrtc",
                "codec": None,
                "level_dbov": -127,
                "talking": False,
                "dominant": False,
                "muted": False,
                "delay_ms": 0.0,
                "jitter_ms": 0.0,
                "loss": 0.0,
                "round_trip_ms": None,
                "mos": None,
            }
        ]
    }


async def test_whip_delete_leaves_the_room(api: ApiClient, offer: str) -> None:
    room = await api.room()
    session = await join(api, room, offer)
    await participant(api, room, "joined")
    assert (await api.send("DELETE", session["path"]))[0] == 200
    await participant(api, room, "leaved")
    status, answer = await api.send("DELETE", session["path"])
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
    _, page = await api.get("/v1.0/calls")
    assert [(call["status"], call["hangup_by"]) for call in page["result"]] == [("hangup", "remote")]


async def test_kick_twice_is_a_conflict(api: ApiClient, offer: str) -> None:
    room = await api.room()
    await join(api, room, offer)
    joined = await participant(api, room, "joined")
    path = f"/v1.0/conferencecalls/{joined['id']}"
    status, kicked = await api.send("DELETE", path)
    assert (status, kicked["status"]) == (200, "leaving")
    status, answer = await api.send("DELETE", path)
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    await participant(api, room, "leaved")
    status, seen = await api.get(path)
    assert (status, seen["status"]) == (200, "leaved")


async def test_delete_with_participants_terminates_after_the_last_leaves(api: ApiClient, offer: str) -> None:
    room = await api.room()
    await join(api, room, offer)
    await participant(api, room, "joined")
    path = f"/v1.0/conferences/{room['id']}"
    _, seen = await api.send("DELETE", path)
    assert seen["status"] == "terminating"

    async def over() -> bool:
        _, seen = await api.get(path)
        return bool(seen["status"] == "terminated")

    await until(over)


async def test_hang_up_and_mute_a_call(api: ApiClient, offer: str) -> None:
    room = await api.room()
    await join(api, room, offer)
    path = f"/v1.0/calls/{(await participant(api, room, 'joined'))['reference_id']}"
    steps = (
        ("POST", {"direction": "in"}, "in"),
        ("POST", {"direction": "out"}, "both"),
        ("DELETE", {"direction": "in"}, "out"),
        ("DELETE", None, ""),
        ("POST", None, "both"),
    )
    for method, body, left in steps:
        async with api.request(method, f"{path}/mute", json=body) as response:
            assert (response.status, await response.read()) == (200, b"")
        _, call = await api.get(path)
        assert call["mute_direction"] == left
    status, answer = await api.post(f"{path}/mute", {"direction": "up"})
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")

    status, call = await api.send("POST", f"{path}/hangup")
    assert status == 200
    await participant(api, room, "leaved")

    async def hung_up() -> bool:
        _, call = await api.get(path)
        return (call["status"], call["hangup_by"], call["hangup_reason"]) == ("hangup", "local", "normal")

    await until(hung_up)
    status, answer = await api.post(f"{path}/mute", {})
    assert (status, answer["error"]["reason"]) == (409, "CALL_STATE_INVALID")


@pytest.mark.parametrize(
    ("if_match", "status", "reason"),
    [(None, 428, "PRECONDITION_REQUIRED"), ('"stale"', 412, "PRECONDITION_FAILED")],
)
async def test_whip_patch_needs_the_entity_tag(
    api: ApiClient, offer: str, if_match: str | None, status: int, reason: str
) -> None:
    session = await join(api, await api.room(), offer)
    headers = FRAGMENT | ({"If-Match": if_match} if if_match else {})
    found, answer = await api.send("PATCH", session["path"], data=fragment(offer), headers=headers)
    assert (found, answer["error"]["reason"]) == (status, reason)


async def test_whip_patch_accepts_candidates(api: ApiClient, offer: str) -> None:
    session = await join(api, await api.room(), offer)
    headers = FRAGMENT | {"If-Match": session["etag"]}
    async with api.request("PATCH", session["path"], data=fragment(offer), headers=headers) as response:
        assert response.status == 204


async def test_whip_patch_restarts_ice(api: ApiClient, offer: str) -> None:
    session = await join(api, await api.room(), offer)
    headers = FRAGMENT | {"If-Match": "*"}
    fresh = fragment(offer, ufrag="abcd", pwd="a" * 24)
    async with api.request("PATCH", session["path"], data=fresh, headers=headers) as response:
        assert (response.status, response.content_type) == (200, FRAGMENT["Content-Type"])
        assert response.headers["ETag"] != session["etag"]
        assert "a=ice-ufrag:" in await response.text()


async def test_whip_session_belongs_to_one_room(api: ApiClient, offer: str) -> None:
    session = await join(api, await api.room(), offer)
    other = await api.room()
    path = f"/v1.0/conferences/{other['id']}/whip/{session['path'].rsplit('/', 1)[1]}"
    assert (await api.send("DELETE", path))[0] == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b"v=0\r\n", SDP, 400, id="hardly SDP"),
        pytest.param(b"", SDP, 400, id="empty"),
        pytest.param(b"\xff\xfe", SDP, 400, id="not UTF-8"),
        pytest.param(b"{}", {"Content-Type": "application/json"}, 415, id="another type"),
    ],
)
async def test_whip_rejects_an_invalid_offer(
    api: ApiClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}/whip"
    found, answer = await api.send("POST", path, data=body, headers=headers)
    assert (found, answer["error"]["status"]) == (status, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("line", "odd"),
    [
        pytest.param("a=rtpmap:110 tele", "a=rtpmap:99999 tele", id="payload type"),
        pytest.param("a=extmap:1 ", f"a=extmap:{'9' * 20} ", id="header extension"),
        pytest.param("minptime=10", f"maxaveragebitrate={'9' * 5000}", id="bitrate"),
    ],
)
async def test_whip_ignores_numbers_that_no_packet_can_have(api: ApiClient, line: str, odd: str) -> None:
    room = await api.room()
    body = CHROMIUM.replace(line, odd)
    assert body != CHROMIUM
    status, answer = await api.send("POST", f"/v1.0/conferences/{room['id']}/whip", data=body, headers=SDP)
    assert status == 201, answer


async def test_whip_to_an_unknown_room_is_404(api: ApiClient, offer: str) -> None:
    for room in (str(uuid4()), await closed_room(api)):
        status, answer = await api.send("POST", f"/v1.0/conferences/{room}/whip", data=offer, headers=SDP)
        assert status in (404, 409), answer


async def test_whip_options_have_accept_post(api: ApiClient) -> None:
    async with api.request("OPTIONS", f"/v1.0/conferences/{uuid4()}/whip", token="") as response:
        assert (response.status, response.headers["Accept-Post"]) == (204, "application/sdp")


async def closed_room(api: ApiClient) -> str:
    room = await api.room()
    await api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    return str(room["id"])


def fragment(offer: str, *, ufrag: str = "", pwd: str = "") -> str:
    lines = offer.split("\r\n")
    found = {
        start: next(line for line in lines if line.startswith(start))
        for start in ("a=ice-ufrag:", "a=ice-pwd:", "m=audio", "a=mid:")
    }
    ice = (
        (f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}")
        if ufrag
        else (found["a=ice-ufrag:"], found["a=ice-pwd:"])
    )
    candidate = "a=candidate:1 1 udp 2122260223 127.0.0.1 9 typ host"
    return "\r\n".join((*ice, found["m=audio"], found["a=mid:"], candidate, ""))
