"""Guest links (api.md section 2.3): they admit to one room by WHIP, until they expire or are revoked."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from mixminus.access import guest_links
from mixminus.api.application import OPERATIONS
from mixminus.model.access import CustomerEvent
from tests.api.client import KEY, OPERATOR, ApiClient
from tests.api.test_whip import SDP, join, offer, participant

__all__ = ["offer"]

NIL = "00000000-0000-0000-0000-000000000000"
NEVER = "9999-01-01 00:00:00.000000"


async def invite(api: ApiClient, room: dict[str, Any], **body: object) -> dict[str, Any]:
    status, link = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", body)
    assert status == 200, link
    return dict(link)


async def join_as_guest(
    api: ApiClient, room: dict[str, Any], offer: str, token: str, **query: str
) -> tuple[int, dict[str, Any], str]:
    """Return status, error and path of the session."""
    path = f"/v1.0/conferences/{room['id']}/whip"
    async with api.request("POST", path, token=token, params=query, data=offer, headers=SDP) as response:
        error = {} if response.status == 201 else (await response.json())["error"]
        return response.status, error, response.headers.get("Location", "")


async def test_a_link_names_its_token_once(api: ApiClient) -> None:
    room = await api.room()
    made = await invite(api, room, name="Ann", expire=3600)
    assert made["path"] == f"join#token={made['token']}"
    assert (made["conference_id"], made["name"], made["tm_delete"]) == (room["id"], "Ann", NEVER)
    assert KEY not in made["token"]
    _, listed = await api.get(f"/v1.0/conferences/{room['id']}/guest_links")
    assert listed["result"] == [{name: made[name] for name in made if name not in ("token", "path")}]


async def test_a_link_lives_for_a_day_unless_the_request_says_otherwise(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}/guest_links"
    status, link = await api.send("POST", path)
    assert status == 200, "the body is optional"
    assert link["tm_expire"][:10] > link["tm_create"][:10]
    for expire in (0, -1, 367 * 86_400):
        assert (await api.post(path, {"expire": expire}))[0] == 400


async def test_a_guest_joins_by_its_link_and_leaves(api: ApiClient, offer: str) -> None:
    room = await api.room()
    token = (await invite(api, room, name="Ann"))["token"]
    status, _, session = await join_as_guest(api, room, offer, token)
    assert status == 201
    joined = await participant(api, room, "joined")
    _, call = await api.get(f"/v1.0/calls/{joined['reference_id']}")
    assert call["source"]["name"] == "Ann", "the name of the link"
    assert joined["role"] == "participant"
    assert (await api.send("DELETE", session, token=token))[0] == 200
    await participant(api, room, "leaved")


async def test_a_guest_may_choose_another_name(api: ApiClient, offer: str) -> None:
    room = await api.room()
    token = (await invite(api, room, name="Ann"))["token"]
    await join_as_guest(api, room, offer, token, name="Bob")
    joined = await participant(api, room, "joined")
    assert (await api.get(f"/v1.0/calls/{joined['reference_id']}"))[1]["source"]["name"] == "Bob"


async def test_a_guest_needs_no_pin(api: ApiClient, offer: str) -> None:
    body = {"type": "conference", "pin": "1234", "moderator_pin": "9876"}
    _, room = await api.post("/v1.0/conferences", body)
    token = (await invite(api, room))["token"]
    assert (await join_as_guest(api, room, offer, token, pin="9876"))[0] == 201
    assert (await participant(api, room, "joined"))["role"] == "participant", "also with a moderator's pin"


async def test_a_guest_sees_its_conference(api: ApiClient) -> None:
    _, room = await api.post("/v1.0/conferences", {"type": "conference", "name": "weekly", "pin": "1234"})
    link = await invite(api, room, name="Ann")
    status, seen = await api.send("GET", "/v1.0/guest", token=link["token"])
    assert status == 200
    assert seen.pop("status") in ("starting", "progressing")
    assert seen == {
        "conference_id": room["id"],
        "conference_name": "weekly",
        "locked": False,
        "name": "Ann",
        "tm_expire": link["tm_expire"],
    }
    status, refused = await api.get("/v1.0/guest")
    assert (status, refused["error"]["reason"]) == (403, "GUEST_AUTH_REQUIRED")


ALLOWED = {
    ("GET", "/v1.0/guest"),
    ("GET", "/v1.0/conferences/{id}/talking"),
    ("POST", "/v1.0/conferences/{id}/whip"),
    ("PATCH", "/v1.0/conferences/{id}/whip/{session_id}"),
    ("DELETE", "/v1.0/conferences/{id}/whip/{session_id}"),
    ("POST", "/v1.0/conferences/{id}/whep"),
    ("PATCH", "/v1.0/conferences/{id}/whep/{session_id}"),
    ("DELETE", "/v1.0/conferences/{id}/whep/{session_id}"),
    ("GET", "/v1.0/conferences/{id}/hls/{broadcast_id}/index.m3u8"),
    ("GET", "/v1.0/conferences/{id}/hls/{broadcast_id}/{piece}"),
}


async def test_a_guest_may_do_nothing_else(api: ApiClient) -> None:
    """Every other operation that needs a credential is refused, before anything is looked up."""
    room = await api.room()
    token = (await invite(api, room))["token"]
    refused = 0
    for operation in OPERATIONS:
        if operation.open or (operation.method, operation.full_path) in ALLOWED:
            continue
        path = operation.full_path.format(id=room["id"], session_id=uuid4(), guest_link_id=uuid4())
        status, answer = await api.send(operation.method, path, token=token, json={})
        assert (status, answer["error"]["reason"]) == (403, "PERMISSION_DENIED"), operation.name
        refused += 1
    assert refused > 100


async def test_a_guest_may_not_enter_another_room(api: ApiClient, offer: str) -> None:
    room, other = await api.room(), await api.room()
    token = (await invite(api, room))["token"]
    status, error, _ = await join_as_guest(api, other, offer, token)
    assert (status, error["reason"]) == (403, "PERMISSION_DENIED")
    assert (await api.send("GET", f"/v1.0/conferences/{other['id']}/talking", token=token))[0] == 403


async def test_a_guest_cannot_learn_the_sessions_of_others(api: ApiClient, offer: str) -> None:
    room = await api.room()
    session = (await join(api, room, offer))["path"].rsplit("/", 1)[1]
    await participant(api, room, "joined")
    token = (await invite(api, room))["token"]
    path = f"/v1.0/conferences/{room['id']}/talking"
    for query, shown in (("", NIL), (f"?session_id={uuid4()}", NIL), (f"?session_id={session}", session)):
        status, seen = await api.send("GET", path + query, token=token)
        assert (status, [row["session_id"] for row in seen["result"]]) == (200, [shown])
    _, seen = await api.get(path)
    assert seen["result"][0]["session_id"] == session, "for a key nothing changes"


async def test_a_revoked_link_is_refused_at_once(api: ApiClient, offer: str) -> None:
    room = await api.room()
    link = await invite(api, room)
    path = f"/v1.0/conferences/{room['id']}/guest_links"
    status, revoked = await api.send("DELETE", f"{path}/{link['id']}")
    assert status == 200
    assert revoked["tm_delete"] != NEVER
    assert await api.send("DELETE", f"{path}/{link['id']}") == (200, revoked), "a repetition is harmless"
    assert (await api.get(path))[1]["result"] == []
    status, error, _ = await join_as_guest(api, room, offer, link["token"])
    assert (status, error["reason"]) == (401, "GUEST_LINK_REVOKED")


async def test_a_link_of_another_room_cannot_be_revoked_through_this_one(api: ApiClient) -> None:
    room, other = await api.room(), await api.room()
    link = await invite(api, room)
    status, error = await api.send("DELETE", f"/v1.0/conferences/{other['id']}/guest_links/{link['id']}")
    assert (status, error["error"]["reason"]) == (404, "GUEST_LINK_NOT_FOUND")
    assert (await api.send("GET", "/v1.0/guest", token=link["token"]))[0] == 200


async def test_an_expired_link_is_refused(api: ApiClient, offer: str) -> None:
    room = await api.room()
    link = await invite(api, room, expire=3600)
    async with api.store.transaction() as tx:
        row = await tx.guest_links.find_for_update(UUID(link["id"]))
        assert row is not None
        await tx.guest_links.save(replace(row, tm_expire=row.tm_create))
    status, error, _ = await join_as_guest(api, room, offer, link["token"])
    assert (status, error["reason"]) == (401, "GUEST_LINK_EXPIRED")
    assert len((await api.get(f"/v1.0/conferences/{room['id']}/guest_links"))[1]["result"]) == 1


async def test_a_changed_token_is_no_token(api: ApiClient) -> None:
    room = await api.room()
    head, claims, signature = (await invite(api, room))["token"].split(".")
    for token in (
        f"{head}.{claims}.{signature[::-1]}",
        f"{head}.{claims}.",
        f"{head}.{claims[:-2]}.{signature}",
    ):
        status, answer = await api.send("GET", "/v1.0/guest", token=token)
        assert (status, answer["error"]["reason"]) == (401, "INVALID_CREDENTIALS")


async def test_no_link_leads_to_a_room_that_has_ended(api: ApiClient, offer: str) -> None:
    room = await api.room()
    token = (await invite(api, room))["token"]
    await api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    status, answer = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", {})
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    assert (await api.send("GET", "/v1.0/guest", token=token))[1]["status"] == "terminated"
    assert (await join_as_guest(api, room, offer, token))[0] == 404


async def test_a_locked_room_admits_no_guest(api: ApiClient, offer: str) -> None:
    room = await api.room()
    token = (await invite(api, room))["token"]
    await api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"locked": True})
    assert (await api.send("GET", "/v1.0/guest", token=token))[1]["locked"] is True
    status, error, _ = await join_as_guest(api, room, offer, token)
    assert (status, error["reason"]) == (409, "CONFERENCE_LOCKED")


async def test_the_number_of_valid_links_is_bounded(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest_links, "MAX_LINKS", 2)
    room = await api.room()
    first = await invite(api, room)
    await invite(api, room)
    path = f"/v1.0/conferences/{room['id']}/guest_links"
    status, answer = await api.post(path, {})
    assert (status, answer["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    await api.send("DELETE", f"{path}/{first['id']}")
    await invite(api, room)


async def test_a_guest_of_a_frozen_customer_is_refused(api: ApiClient) -> None:
    room = await api.room()
    token = (await invite(api, room))["token"]
    identity = await api.access.authenticate(KEY)
    await api.access.customers.fire(OPERATOR, identity.customer_id, CustomerEvent.FREEZE)
    status, answer = await api.send("GET", "/v1.0/guest", token=token)
    assert (status, answer["error"]["reason"]) == (403, "ACCOUNT_FROZEN")
