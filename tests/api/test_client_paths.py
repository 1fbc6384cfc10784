"""Operations of VoIPBIN's API beside those of conferences and calls, as its own clients send them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import ApiClient

AGENT = {"username": "ann@example.org", "password": "long enough", "name": "Ann"}
SOME_ID = "8e7dab5f-3abe-4b25-9d0d-005c06b4a774"
ADDRESS = {"type": "extension", "target": "1001"}


async def agent(api: ApiClient) -> dict[str, Any]:
    status, made = await api.post("/v1.0/agents", AGENT)
    assert status == 200, made
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize(
    ("field", "values", "wrong"),
    [
        ("status", ["available", "away", "busy", "offline", "ringing"], "asleep"),
        ("addresses", [[ADDRESS], []], "x"),
        ("tag_ids", [[str(uuid4()), str(uuid4())], []], ["x"]),
    ],
)
async def test_one_field_of_an_agent_is_replaced(
    api: ApiClient, field: str, values: list[object], wrong: object
) -> None:
    made = await agent(api)
    for value in values:
        status, changed = await api.send("PUT", f"/v1.0/agents/{made['id']}/{field}", json={field: value})
        assert (status, changed[field]) == (200, value)
        _, shown = await api.get(f"/v1.0/agents/{made['id']}")
        assert shown == made | {field: value, "tm_update": shown["tm_update"]}
    status, refused = await api.send("PUT", f"/v1.0/agents/{made['id']}/{field}", json={field: wrong})
    assert (status, refused["error"]["status"]) == (400, "INVALID_ARGUMENT")
    status, _ = await api.send("PUT", f"/v1.0/agents/{uuid4()}/{field}", json={field: values[0]})
    assert status == 404


async def test_direct_hash_of_an_agent_is_regenerated(api: ApiClient) -> None:
    made = await agent(api)
    status, changed = await api.send("POST", f"/v1.0/agents/{made['id']}/direct-hash-regenerate")
    assert status == 200
    assert len(changed["direct_hash"]) == len(made["direct_hash"]) > 8
    assert changed["direct_hash"] != made["direct_hash"]


async def test_own_customer_is_updated_by_its_id_and_others_by_the_super_admin_only(api: ApiClient) -> None:
    other = await api.other_customer()
    _, page = await api.send("GET", "/v1.0/customers", token=other)
    (theirs,) = page["result"]
    for token, customer_id, expected in (
        (other, theirs["id"], 200),
        ("", theirs["id"], 401),
        (other, (await api.get("/v1.0/customer"))[1]["id"], 404),
        (other, str(uuid4()), 404),
    ):
        path = f"/v1.0/customers/{customer_id}"
        status, changed = await api.send("PUT", path, token=token, json={"name": "renamed"})
        assert status == expected
        assert expected != 200 or changed["name"] == "renamed"


async def test_metadata_of_the_customer_is_kept(api: ApiClient) -> None:
    for body, kept in (
        ({"rtp_debug": True}, {"rtp_debug": True}),
        ({"metadata": {"a": 1}}, {"rtp_debug": False, "a": 1}),
        ({}, {"rtp_debug": False}),
    ):
        status, changed = await api.send("PUT", "/v1.0/customer/metadata", json=body)
        assert (status, changed["metadata"]) == (200, kept)
        assert (await api.get("/v1.0/customer"))[1]["metadata"] == kept


async def test_timeline_of_a_conference_has_its_events(api: ApiClient) -> None:
    room, another = await api.room(), await api.room()
    path = f"/v1.0/timelines/conferences/{room['id']}/events"
    status, timeline = await api.get(path)
    assert status == 200
    assert timeline["result"][0]["type"] == "conference_created"
    assert {each["data"]["id"] for each in timeline["result"]} == {room["id"]} != {another["id"]}
    _, first = await api.get(f"{path}?page_size=1")
    assert first["result"] == timeline["result"][:1]
    _, rest = await api.get(f"{path}?after={first['next_after']}")
    assert first["result"] + rest["result"] == timeline["result"]
    token = await api.other_customer()
    assert (await api.send("GET", path, token=token))[0] == 404


async def test_transcribes_of_a_recording_that_does_not_exist_are_not_found(api: ApiClient) -> None:
    status, refused = await api.get(f"/v1.0/recordings/{uuid4()}/transcribes")
    assert (status, refused["error"]["reason"]) == (404, "RECORDING_NOT_FOUND")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 404),
        ({"transferer_call_id": ""}, 404),
        ({"transferer_call_id": "x"}, 400),
        ({"transfer_type": "warm"}, 400),
        ({"transferee_addresses": []}, 400),
    ],
)
async def test_transfer_of_a_call_that_is_none_is_refused(
    api: ApiClient, changed: dict[str, Any], expected: int
) -> None:
    body = {
        "transfer_type": "attended",
        "transferer_call_id": str(uuid4()),
        "transferee_addresses": [{"type": "tel", "target": "+15550199"}],
    }
    assert (await api.post("/v1.0/transfers", body | changed))[0] == expected


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/available_numbers", "POST /numbers"),
        ("POST", "/numbers/renew", "not renewed"),
        ("GET", f"/recordings/{SOME_ID}/playfiles", "GET /recordingfiles/{id}"),
        ("DELETE", f"/customers/{SOME_ID}", "/freeze"),
        ("GET", f"/timelines/calls/{SOME_ID}/events", "GET /events"),
        ("GET", "/campaigns", "/docs"),
        ("GET", "/available_numbers/x", "/docs"),
    ],
)
@pytest.mark.parametrize("root", ["/v1.0", "/v1"])
async def test_what_is_not_there_says_what_to_use_instead(
    api: ApiClient, root: str, method: str, path: str, words: str
) -> None:
    status, refused = await api.send(method, root + path)
    assert (status, refused["error"]["reason"]) == (404, "ROUTE_NOT_FOUND")
    assert words in refused["error"]["message"]
