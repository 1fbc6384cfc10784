"""WHEP by HTTP: who may listen, and what a listener is not; the audio is tested end to end."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import ApiClient
from tests.api.test_whip import FRAGMENT, SDP, fragment, join, offer
from tests.support.waiting import until

__all__ = ["offer"]


def receiving(offer: str) -> str:
    return offer.replace("a=sendrecv", "a=recvonly")


async def listen(api: ApiClient, room: dict[str, Any], offer: str, name: str = "Ear") -> dict[str, str]:
    path = f"/v1.0/conferences/{room['id']}/whep"
    body = receiving(offer)
    async with api.request("POST", path, params={"name": name}, data=body, headers=SDP) as response:
        assert (response.status, response.content_type) == (201, "application/sdp"), await response.text()
        assert response.headers["Accept-Patch"] == FRAGMENT["Content-Type"]
        answer = await response.text()
        return {"path": response.headers["Location"], "etag": response.headers["ETag"], "answer": answer}


async def room_with(api: ApiClient, settings: dict[str, Any]) -> dict[str, Any]:
    room = await api.room()
    status, changed = await api.send("PUT", f"/v1.0/conferences/{room['id']}", json=settings)
    assert status == 200, changed
    assert isinstance(changed, dict)
    return changed


async def listeners(api: ApiClient, room: dict[str, Any]) -> list[dict[str, Any]]:
    status, page = await api.get(f"/v1.0/conferences/{room['id']}/listeners")
    assert status == 200
    found: list[dict[str, Any]] = page["result"]
    return found


async def events(api: ApiClient, room: dict[str, Any]) -> list[str]:
    _, page = await api.get(f"/v1.0/events?conference_id={room['id']}")
    return [each["type"] for each in page["result"]]


async def gone(api: ApiClient, room: dict[str, Any]) -> None:
    async def look() -> bool:
        return await listeners(api, room) == []

    await until(look)


async def test_a_listener_is_listed_and_is_no_participant(api: ApiClient, offer: str) -> None:
    room = await api.room()
    session = await listen(api, room, offer)
    assert session["path"].startswith(f"/v1.0/conferences/{room['id']}/whep/")
    assert "a=sendonly" in session["answer"]
    (found,) = await listeners(api, room)
    assert (found["id"], found["name"]) == (session["path"].rsplit("/", 1)[1], "Ear")
    assert (found["conference_id"], found["customer_id"]) == (room["id"], room["customer_id"])
    _, seen = await api.get(f"/v1.0/conferences/{room['id']}")
    assert seen["conferencecall_ids"] == []
    _, calls = await api.get("/v1.0/calls")
    assert calls["result"] == []
    async with api.request("GET", "/metrics") as response:
        assert "\nmixminus_listeners 1\n" in await response.text()


@pytest.mark.parametrize("how", ["by DELETE", "with the room"])
async def test_a_listener_leaves(api: ApiClient, offer: str, how: str) -> None:
    room = await api.room()
    session = await listen(api, room, offer)
    if how == "by DELETE":
        assert (await api.send("DELETE", session["path"]))[0] == 200
    else:
        assert (await api.send("DELETE", f"/v1.0/conferences/{room['id']}"))[0] == 200
    await gone(api, room)

    async def published() -> bool:
        return "listener_left" in await events(api, room)

    await until(published)
    assert [each for each in await events(api, room) if "listener" in each] == [
        "listener_joined",
        "listener_left",
    ]
    assert (await api.send("DELETE", session["path"]))[0] == 404


async def test_a_full_room_admits_listeners_and_a_locked_one_does_not(api: ApiClient, offer: str) -> None:
    room = await room_with(api, {"max_participants": 1})
    await join(api, room, offer)
    await listen(api, room, offer)
    path = f"/v1.0/conferences/{room['id']}"
    status, _ = await api.send("PUT", path, json={"locked": True})
    assert status == 200
    status, answer = await api.send("POST", f"{path}/whep", data=receiving(offer), headers=SDP)
    assert (status, answer["error"]["reason"]) == (409, "CONFERENCE_LOCKED")


async def test_a_listener_needs_the_pin(api: ApiClient, offer: str) -> None:
    room = await room_with(api, {"pin": "1234"})
    path = f"/v1.0/conferences/{room['id']}/whep"
    status, answer = await api.send("POST", path, data=receiving(offer), headers=SDP)
    assert (status, answer["error"]["reason"]) == (403, "CONFERENCE_PIN_INVALID")
    headers = SDP | {"X-Conference-Pin": "1234"}
    async with api.request("POST", path, data=receiving(offer), headers=headers) as response:
        assert response.status == 201


async def test_a_guest_listens_and_does_not_list(api: ApiClient, offer: str) -> None:
    room = await room_with(api, {"pin": "1234"})
    _, link = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", {"name": "Gus"})
    path = f"/v1.0/conferences/{room['id']}/whep"
    token = link["token"]
    async with api.request("POST", path, data=receiving(offer), headers=SDP, token=token) as response:
        assert response.status == 201, await response.text()
    assert [each["name"] for each in await listeners(api, room)] == ["Gus"]
    status, _ = await api.send("GET", f"/v1.0/conferences/{room['id']}/listeners", token=token)
    assert status == 403


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_an_offer_that_does_not_receive_is_refused(api: ApiClient, offer: str, direction: str) -> None:
    room = await api.room()
    body = offer.replace("a=sendrecv", f"a={direction}")
    status, answer = await api.send("POST", f"/v1.0/conferences/{room['id']}/whep", data=body, headers=SDP)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "recvonly" in answer["error"]["message"]
    assert await listeners(api, room) == []


async def test_patch_adds_candidates_and_restarts_ice(api: ApiClient, offer: str) -> None:
    session = await listen(api, await api.room(), offer)
    headers = FRAGMENT | {"If-Match": session["etag"]}
    async with api.request("PATCH", session["path"], data=fragment(offer), headers=headers) as response:
        assert response.status == 204
    fresh = fragment(offer, ufrag="abcd", pwd="a" * 24)
    headers = FRAGMENT | {"If-Match": "*"}
    async with api.request("PATCH", session["path"], data=fresh, headers=headers) as response:
        assert response.status == 200
        assert response.headers["ETag"] != session["etag"]
        assert "a=ice-ufrag:" in await response.text()


async def test_sessions_of_whip_and_whep_are_apart(api: ApiClient, offer: str) -> None:
    room = await api.room()
    heard, joined = await listen(api, room, offer), await join(api, room, offer)
    for path in (heard["path"].replace("whep", "whip"), joined["path"].replace("whip", "whep")):
        assert (await api.send("DELETE", path))[0] == 404


async def test_listening_to_an_unknown_or_ended_room_is_refused(api: ApiClient, offer: str) -> None:
    closed = await api.room()
    await api.send("DELETE", f"/v1.0/conferences/{closed['id']}")
    for room, expected in ((str(uuid4()), 404), (closed["id"], 409)):
        path = f"/v1.0/conferences/{room}/whep"
        status, answer = await api.send("POST", path, data=receiving(offer), headers=SDP)
        assert status == expected, answer


async def test_options_have_accept_post(api: ApiClient) -> None:
    async with api.request("OPTIONS", f"/v1.0/conferences/{uuid4()}/whep", token="") as response:
        assert (response.status, response.headers["Accept-Post"]) == (204, "application/sdp")
