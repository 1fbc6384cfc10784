"""On every operation, the id of another customer's resource is like an unknown id (api.md section 18, 6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.api.operation import Operation
from mixminus.model.access import AgentSpec
from mixminus.model.ids import NIL, CustomerId, TranscribeId
from mixminus.model.permissions import Permission
from mixminus.model.transcription import Transcribe, TranscribeStatus
from tests.api.client import KEY, ApiClient
from tests.api.test_whip import join, offer, participant
from tests.support.registering import registered
from tests.support.waiting import until

__all__ = ["offer"]

# Enough for every body that a route with an id takes: unknown keys are ignored.
BODY: dict[str, Any] = {
    "type": "conference",
    "permission": int(Permission.CUSTOMER_AGENT),
    "password": "long enough",
    "text": "hello",
    "url": "ws://192.0.2.9/",
    "digits": "1",
    "stream_urls": ["hello.wav"],
    "conference_id": "8f0c6a52-33bb-4b2b-8a56-9f4d2c2f6a10",
    "groups": [{"conferencecall_ids": []}],
    "language": "en-US",
    "status": "available",
    "addresses": [],
    "tag_ids": [],
    "credits": 5,
    "party": "+15550100",
    "transfer_type": "blind",
    "transferee_addresses": [{"type": "sip", "target": "carol@192.0.2.9"}],
}
# Only the super admin, or an operator of the server, gets as far as looking for these.
REFUSED_BEFORE_LOOKUP = {
    "/customers/{id}/freeze",
    "/customers/{id}/recover",
    "/nodes/{id}/drain",
    "/nodes/{id}/undrain",
}


@dataclass(frozen=True)
class Victim:
    """One of everything that a customer may own; the ids by the first word of the path."""

    ids: dict[str, str]
    session_id: str
    guest_link_id: str

    def path(self, route: str, *, session_id: str) -> str:
        return "/v1.0" + route.format(
            id=self.ids[resource_of(route)],
            session_id=session_id,
            guest_link_id=self.guest_link_id,
            broadcast_id=self.ids["broadcasts"],
            piece="init.mp4",
        )

    def with_unknown_ids(self, route: str) -> str:
        return "/v1.0" + route.format(
            id=uuid4(), session_id=uuid4(), guest_link_id=uuid4(), broadcast_id=uuid4(), piece="init.mp4"
        )


@pytest.fixture
async def victim(api: ApiClient, offer: str) -> Victim:
    identity = await api.access.authenticate(KEY)
    room = await api.room()
    session = await join(api, room, offer)
    joined = await participant(api, room, "joined")
    _, recorded = await api.send("POST", f"/v1.0/conferences/{room['id']}/recording_start")
    await api.send("POST", f"/v1.0/conferences/{room['id']}/recording_stop")
    made = {
        name: (await api.post(f"/v1.0/{name}", body))[1]["id"]
        for name, body in {
            "numbers": {"number": "+15550100"},
            "extensions": {"extension": "victim", "password": "long enough"},
            "trunks": {"domain_name": "victim"},
        }.items()
    }
    await registered(api, made["extensions"])
    group = {"destinations": [{"type": "sip", "target": "a@192.0.2.1"}], "actions": [{"type": "answer"}]}
    _, traced = await api.post("/v1.0/traces", {"number": "+15550100"})
    await api.send("POST", f"/v1.0/traces/{traced['id']}/stop")
    _, rung = await api.post("/v1.0/groupcalls", group)
    # Wait for the changes that happen by themselves.
    await wait_for_status(api, f"/v1.0/recordings/{recorded['recording_ids'][0]}", "ended")
    await wait_for_status(api, f"/v1.0/groupcalls/{rung['id']}", "hangup")
    transcribed = await transcribe(api, identity.customer_id)
    _, flow = await api.post("/v1.0/flows", {"name": "victim's"})
    _, invited = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", {})
    agent = await api.access.agents.create(identity, AgentSpec("victim", "long enough"))
    return Victim(
        {
            "conferences": room["id"],
            "conferencecalls": joined["id"],
            "calls": joined["reference_id"],
            "groupcalls": rung["id"],
            "flows": flow["id"],
            "activeflows": joined["activeflow_id"],
            "recordings": recorded["recording_ids"][0],
            "recordingfiles": recorded["recording_ids"][0],
            **made,
            "transcribes": transcribed,
            "traces": traced["id"],
            **await played_and_sent(api, room["id"]),
            "agents": str(agent.id),
            "accesskeys": str(identity.access_key_id),
            "customers": str(identity.customer_id),
            "nodes": str(identity.customer_id),
        },
        session["path"].rsplit("/", 1)[1],
        invited["id"],
    )


async def played_and_sent(api: ApiClient, room_id: str) -> dict[str, str]:
    """Let a playback and a media stream fail in a room, broadcast it, and send a chat message there; return the ids."""
    _, message = await api.post(f"/v1.0/conferences/{room_id}/messages", {"text": "hello"})
    _, playback = await api.post(f"/v1.0/conferences/{room_id}/play", {"stream_urls": ["missing.wav"]})
    await wait_for_status(api, f"/v1.0/playbacks/{playback['id']}", "failed")
    body = {"reference_type": "confbridge", "reference_id": room_id}
    _, speaking = await api.post("/v1.0/speakings", body)
    _, stream = await api.post(f"/v1.0/conferences/{room_id}/media_streams", {"url": "ws://192.0.2.9/"})
    await api.post(f"/v1.0/media_streams/{stream['id']}/stop", {})
    _, broadcast = await api.post(f"/v1.0/conferences/{room_id}/broadcasts", {})
    await api.post(f"/v1.0/broadcasts/{broadcast['id']}/stop", {})
    return {
        "broadcasts": broadcast["id"],
        "playbacks": playback["id"],
        "chatmessages": message["id"],
        "speakings": speaking["id"],
        "media_streams": stream["id"],
    }


async def wait_for_status(api: ApiClient, path: str, status: str) -> None:
    async def look() -> bool:
        return bool((await api.get(path))[1]["status"] == status)

    await until(look)


async def transcribe(api: ApiClient, customer_id: CustomerId) -> str:
    """Store a transcribe that is done, without transcripts."""
    made = Transcribe(
        id=TranscribeId(uuid4()),
        customer_id=customer_id,
        reference_type="recording",
        reference_id=uuid4(),
        status=TranscribeStatus.DONE,
        language="en-US",
        direction="both",
        provider="",
        on_end_flow_id=NIL,
        tm_create=datetime.now(UTC),
    )
    async with api.store.transaction() as tx:
        await tx.transcribes.add(made)
    return str(made.id)


def resource_of(route: str) -> str:
    """Return the resource that the id of a route is of."""
    return route.partition("/{id}")[0].rpartition("/")[2]


INSIDE = [each for each in OPERATIONS if not each.outside]


def operations(resource: str) -> Iterator[Operation]:
    """Yield the operations on one resource by its id."""
    for each in INSIDE:
        if resource_of(each.path) == resource and "{id}" in each.path:
            yield each


WITH_ID = sorted({resource_of(each.path) for each in INSIDE if "{id}" in each.path})
LISTS = sorted({each.path for each in INSIDE if "{" not in each.path and each.method == "GET"})


@pytest.mark.parametrize("resource", WITH_ID)
async def test_foreign_resource_is_like_an_unknown_one(api: ApiClient, victim: Victim, resource: str) -> None:
    other_key = await api.other_customer()
    before = await resources_of(api, victim)
    for route in operations(resource):
        # A session of the victim must not be found through a room of the other customer either.
        foreign = victim.path(route.path, session_id=victim.session_id)
        answered = await answer(api, route, foreign, other_key)
        unknown = await answer(api, route, victim.with_unknown_ids(route.path), other_key)
        assert answered == unknown, f"{route.method} {route.path}"
        assert answered[0] == (403 if route.path in REFUSED_BEFORE_LOOKUP else 404), (
            f"{route.method} {answered}"
        )
    assert await resources_of(api, victim) == before


async def test_foreign_session_is_not_found_in_own_room(api: ApiClient, victim: Victim) -> None:
    other_key = await api.other_customer()
    _, room = await api.send("POST", "/v1.0/conferences", token=other_key, json={"type": "conference"})
    for route in operations("conferences"):
        if "{session_id}" in route.path:
            path = "/v1.0" + route.path.replace("{id}", room["id"])
            answered = await answer(api, route, path.format(session_id=victim.session_id), other_key)
            assert answered == await answer(api, route, path.format(session_id=uuid4()), other_key)
            assert answered[0] == 404


@pytest.mark.parametrize("route", LISTS)
async def test_list_has_no_resources_of_others(api: ApiClient, victim: Victim, route: str) -> None:
    other_key = await api.other_customer()
    async with api.request("GET", f"/v1.0{route}", token=other_key) as response:
        text = await response.text()
    assert not [id_ for id_ in (*victim.ids.values(), victim.session_id) if id_ in text]


async def test_list_participants_of_a_foreign_conference_is_empty(api: ApiClient, victim: Victim) -> None:
    other_key = await api.other_customer()
    path = f"/v1.0/conferencecalls?conference_id={victim.ids['conferences']}"
    assert await api.send("GET", path, token=other_key) == (200, {"result": [], "next_page_token": ""})


async def test_customer_id_parameter_is_ignored_without_super_admin(api: ApiClient, victim: Victim) -> None:
    other_key = await api.other_customer()
    for route in ("customer", "conferences", "agents"):
        path = f"/v1.0/{route}"
        asked = f"{path}?customer_id={victim.ids['customers']}"
        own = await api.send("GET", path, token=other_key)
        assert await api.send("GET", asked, token=other_key) == own


async def test_super_admin_acts_for_the_named_customer(api: ApiClient, victim: Victim) -> None:
    await api.access.ensure_admin("long enough")
    _, login = await api.post("/auth/login", {"username": "admin", "password": "long enough"})
    _, made = await api.send("POST", "/v1.0/customers", token=login["token"], json={"name": "new"})
    query = f"?customer_id={made['id']}"
    _, key = await api.send("POST", f"/v1.0/accesskeys{query}", token=login["token"], json={"expire": 86400})
    _, room = await api.send("POST", "/v1.0/conferences", token=key["token"], json={"type": "conference"})
    assert room["customer_id"] == made["id"]
    path = f"/v1.0/conferences/{room['id']}"
    assert (await api.send("GET", path, token=login["token"]))[0] == 404
    assert (await api.send("GET", path + query, token=login["token"]))[0] == 200
    status, refusal = await api.send("GET", f"{path}?customer_id={uuid4()}", token=login["token"])
    assert (status, refusal["error"]["reason"]) == (404, "CUSTOMER_NOT_FOUND")


async def answer(api: ApiClient, route: Operation, path: str, token: str) -> tuple[int, str, Any]:
    """Return status and error of a request; its message without the id that was asked for."""
    sdp = {"data": "v=0", "headers": {"Content-Type": "application/sdp"}}
    if route.method == "PATCH" and route.body_type != "application/json":
        sdp["headers"] = {"Content-Type": "application/trickle-ice-sdpfrag"}
    options: dict[str, Any] = sdp if "/whip" in path or "/whep" in path else {"json": BODY}
    status, body = await api.send(route.method, path, token=token, **options)
    assert status >= 400, f"{route.method} {path}"
    words = body["error"]["message"].split()
    return status, body["error"]["reason"], [word for word in words if word not in path]


async def resources_of(api: ApiClient, victim: Victim) -> list[Any]:
    """Return the victim's resources as its own key reads them."""
    return [
        await api.get(f"/v1.0/{resource}/{id_}")
        for resource, id_ in victim.ids.items()
        if resource not in ("recordingfiles", "nodes")
    ]
