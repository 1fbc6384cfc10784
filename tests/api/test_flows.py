"""/flows and /activeflows: shapes, errors and events."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import ApiClient
from tests.support.waiting import until

NIL = "00000000-0000-0000-0000-000000000000"
NEVER = "9999-01-01 00:00:00.000000"
MARK = {"type": "variable_set", "option": {"key": "a", "value": "b"}}


async def test_flow_create_get_update_delete(api: ApiClient) -> None:
    status, made = await api.post("/v1.0/flows", {"name": "n", "actions": [{"type": "answer"}]})
    assert status == 200
    assert (made["type"], made["name"], made["detail"], made["on_complete_flow_id"]) == ("flow", "n", "", NIL)
    assert (made["tm_update"], made["tm_delete"]) == (NEVER, NEVER)
    (answer,) = made["actions"]
    assert {**answer, "id": ""} == {"id": "", "next_id": NIL, "type": "answer", "option": {}}
    path = f"/v1.0/flows/{made['id']}"
    assert await api.get(path) == (200, made)
    _, changed = await api.send("PUT", path, json={"detail": "d"})
    assert (changed["name"], changed["detail"], changed["actions"]) == ("", "d", [])
    assert changed["tm_update"] != NEVER
    _, hashed = await api.send("POST", f"{path}/direct-hash-regenerate")
    assert hashed["direct_hash"] != made["direct_hash"]
    _, page = await api.get("/v1.0/flows")
    assert page["result"] == [hashed]
    _, deleted = await api.send("DELETE", path)
    assert deleted["tm_delete"] != NEVER
    assert await api.send("DELETE", path) == (200, deleted)
    assert await api.get(path) == (200, deleted)
    assert (await api.get("/v1.0/flows"))[1]["result"] == []
    for method, where in (("PUT", path), ("POST", f"{path}/direct-hash-regenerate")):
        status, refusal = await api.send(method, where, json={})
        assert (status, refusal["error"]["reason"]) == (404, "FLOW_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        ({"actions": [{"type": "agent_call"}]}, "INVALID_ACTION_TYPE", "actions[0].type: "),
        (
            {"actions": [MARK, MARK, {"type": "sleep", "option": {"duration": -5}}]},
            "INVALID_ARGUMENT",
            "actions[2].option.duration: ",
        ),
        ({"actions": [{"type": "answer", "id": 5}]}, "INVALID_ARGUMENT", "actions[0].id: "),
        ({"actions": ["answer"]}, "INVALID_JSON_BODY", "actions.0: "),
        ({"actions": {}}, "INVALID_JSON_BODY", "actions: "),
        ({"actions": [MARK] * 1001}, "INVALID_ARGUMENT", "actions: "),
        ({"name": 1}, "INVALID_JSON_BODY", "name: "),
        ({"on_complete_flow_id": "x"}, "INVALID_ARGUMENT", "on_complete_flow_id: "),
    ],
)
async def test_create_flow_rejects_invalid_bodies(
    api: ApiClient, body: dict[str, Any], reason: str, words: str
) -> None:
    _, flow = await api.post("/v1.0/flows", {})
    for method, path in (("POST", "/v1.0/flows"), ("PUT", f"/v1.0/flows/{flow['id']}")):
        status, refusal = await api.send(method, path, json=body)
        assert (status, refusal["error"]["reason"]) == (400, reason), refusal
        assert refusal["error"]["message"].startswith(words)


async def test_unknown_flow_is_not_found(api: ApiClient) -> None:
    unknown = str(uuid4())
    asked = [
        ("/v1.0/flows", {"on_complete_flow_id": unknown}),
        ("/v1.0/activeflows", {"flow_id": unknown}),
        ("/v1.0/conferences", {"type": "conference", "pre_flow_id": unknown}),
        ("/v1.0/conferences", {"type": "conference", "post_flow_id": unknown}),
    ]
    for path, body in asked:
        status, refusal = await api.post(path, body)
        assert (status, refusal["error"]["reason"]) == (404, "FLOW_NOT_FOUND")
    room = await api.room()
    status, refusal = await api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"post_flow_id": unknown})
    assert (status, refusal["error"]["reason"]) == (404, "FLOW_NOT_FOUND")


@pytest.mark.parametrize("side", ["pre_actions", "post_actions"])
async def test_create_rejects_an_unknown_action(api: ApiClient, side: str) -> None:
    body = {"type": "conference", side: [MARK, {"type": "agent_call"}]}
    status, refusal = await api.post("/v1.0/conferences", body)
    assert (status, refusal["error"]["reason"]) == (400, "INVALID_ACTION_TYPE")
    assert refusal["error"]["message"].startswith(f"{side}[1].type: ")


async def test_activeflow_create_get_stop_delete(api: ApiClient) -> None:
    chosen = str(uuid4())
    body = {"id": chosen, "actions": [MARK], "variables": {"x": "y"}, "webhook_method": "POST"}
    status, begun = await api.post("/v1.0/activeflows", body)
    assert (status, begun["id"], begun["status"]) == (200, chosen, "running")
    assert (begun["reference_type"], begun["flow_id"], begun["webhook_method"]) == ("api", NIL, "POST")
    path = f"/v1.0/activeflows/{chosen}"

    async def over() -> dict[str, Any] | None:
        _, found = await api.get(path)
        return found if found["status"] == "ended" else None

    ended = await until(over)
    assert ended["current_action"]["type"] == "variable_set"
    assert ended["current_action"]["tm_execute"] < ended["tm_update"]
    assert await api.send("POST", f"{path}/stop") == (200, ended)
    _, page = await api.get("/v1.0/activeflows")
    assert page["result"] == [ended]
    for _ in range(2):
        assert await api.send("DELETE", path) == (204, "")
    assert (await api.get("/v1.0/activeflows"))[1]["result"] == []
    _, deleted = await api.get(path)
    assert deleted["tm_delete"] != NEVER


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"actions": [{"type": "agent_call"}]}, 400, "INVALID_ACTION_TYPE"),
        ({"variables": {"a": 1}}, 400, "INVALID_JSON_BODY"),
        ({"variables": {str(n): "" for n in range(101)}}, 400, "INVALID_ARGUMENT"),
        ({"webhook_method": "TRACE"}, 400, "INVALID_ARGUMENT"),
    ],
)
async def test_create_activeflow_rejects_invalid_bodies(
    api: ApiClient, body: dict[str, Any], status: int, reason: str
) -> None:
    answered, refusal = await api.post("/v1.0/activeflows", body)
    assert (answered, refusal["error"]["reason"]) == (status, reason)


async def test_create_activeflow_rejects_an_id_in_use(api: ApiClient) -> None:
    _, begun = await api.post("/v1.0/activeflows", {})
    status, refusal = await api.post("/v1.0/activeflows", {"id": begun["id"]})
    assert (status, refusal["error"]["reason"]) == (409, "ALREADY_EXISTS")
