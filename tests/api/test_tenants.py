"""Customers, agents, access keys and sessions by HTTP (api.md section 10)."""

import re
from typing import Any
from uuid import uuid4

import pytest

from mixminus.model.permissions import Permission
from tests.api.client import ApiClient

UNSET = "9999-01-01 00:00:00.000000"
NIL = "00000000-0000-0000-0000-000000000000"
PASSWORD = "a password"


async def log_in(api: ApiClient, username: str = "admin", password: str = PASSWORD) -> str:
    status, body = await api.post("/auth/login", {"username": username, "password": password})
    assert status == 200, body
    return str(body["token"])


async def hire(api: ApiClient, token: str, username: str, permission: int) -> dict[str, Any]:
    body = {"username": username, "password": PASSWORD, "permission": permission}
    status, agent = await api.send("POST", "/v1.0/agents", token=token, json=body)
    assert status == 200, agent
    return dict(agent)


@pytest.fixture
async def admin(api: ApiClient) -> str:
    """Return the token of the first admin."""
    await api.access.ensure_admin(PASSWORD)
    return await log_in(api)


async def test_get_customer_has_every_key(api: ApiClient) -> None:
    status, customer = await api.get("/v1.0/customer")
    assert status == 200
    assert re.fullmatch(r"[0-9a-f]{64}", customer.pop("webhook_secret"))
    _, listed = await api.get("/v1.0/customers")
    assert listed["result"] == [customer]
    assert await api.get(f"/v1.0/customers/{customer['id']}") == (200, customer)
    customer.pop("id")
    customer.pop("tm_create")
    assert customer == {
        "name": "default",
        "detail": "",
        "email": "",
        "phone_number": "",
        "address": "",
        "webhook_method": "",
        "webhook_uri": "",
        "billing_account_id": NIL,
        "metadata": {"rtp_debug": False},
        "email_verified": False,
        "status": "active",
        "identity_verification_status": "none",
        "srtp": "",
        "tm_update": UNSET,
        "tm_delete": UNSET,
    }


async def test_put_customer_replaces_fields_and_keeps_the_secret(api: ApiClient) -> None:
    _, before = await api.get("/v1.0/customer")
    wanted = {"name": "n", "detail": "d", "email": "e", "phone_number": "p", "address": "a"}
    webhook = {"webhook_method": "POST", "webhook_uri": "https://example.org/hook"}
    status, changed = await api.send("PUT", "/v1.0/customer", json=wanted | webhook)
    assert status == 200
    assert "webhook_secret" not in changed
    assert changed.items() >= (wanted | webhook).items()
    assert changed["tm_update"] > changed["tm_create"]
    status, emptied = await api.send("PUT", "/v1.0/customer", json={"name": "n"})
    assert (status, emptied["webhook_uri"], emptied["detail"]) == (200, "", "")
    _, after = await api.get("/v1.0/customer")
    assert (after["name"], after["webhook_secret"]) == ("n", before["webhook_secret"])


@pytest.mark.parametrize(
    "body",
    [
        {"webhook_method": "PATCH"},
        {"webhook_uri": "ftp://example.org"},
        {"webhook_uri": "https://"},
        {"webhook_uri": "example.org/hook"},
        {"webhook_uri": "http://[::1"},
        {"name": 1},
    ],
)
async def test_put_customer_rejects_invalid_bodies(api: ApiClient, body: dict[str, Any]) -> None:
    assert (await api.send("PUT", "/v1.0/customer", json=body))[0] == 400


async def test_agent_create_get_update_delete(api: ApiClient) -> None:
    tags, addresses = [str(uuid4())], [{"type": "sip", "target": "ann"}]
    body = {"username": "ann@example.org", "password": PASSWORD, "name": "Ann", "permission": 64}
    status, ann = await api.post("/v1.0/agents", body | {"tag_ids": tags, "addresses": addresses})
    assert status == 200
    path = f"/v1.0/agents/{ann['id']}"
    assert await api.get(path) == (200, ann)
    assert (await api.get("/v1.0/agents"))[1]["result"] == [ann]
    assert "password" not in str(ann)
    assert ann.items() >= {"username": "ann@example.org", "name": "Ann", "permission": 64}.items()
    assert (ann["tag_ids"], ann["addresses"], ann["ring_method"]) == (tags, addresses, "ringall")
    status, changed = await api.send("PUT", path, json={"detail": "d", "ring_method": "linear"})
    assert (status, changed["name"], changed["detail"], changed["ring_method"]) == (200, "", "d", "linear")
    status, gone = await api.send("DELETE", path)
    assert (status, gone["tm_delete"] != UNSET) == (200, True)
    assert await api.send("DELETE", path) == (200, gone)
    assert (await api.get("/v1.0/agents"))[1]["result"] == []
    assert await api.get(path) == (200, gone)


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""},
        {"username": None},
        {"username": "x" * 256},
        {"password": "short"},
        {"password": "x" * 1025},
        {"permission": -1},
        {"permission": 65536},
        {"permission": "32"},
        {"ring_method": "loud"},
        {"tag_ids": ["x"]},
    ],
)
async def test_create_agent_rejects_invalid_bodies(api: ApiClient, change: dict[str, Any]) -> None:
    body = {"username": "ann", "password": PASSWORD} | change
    assert (await api.post("/v1.0/agents", body))[0] == 400


async def test_username_is_unique_across_customers_and_deleted_agents(api: ApiClient) -> None:
    ann = {"username": "ann", "password": PASSWORD}
    _, made = await api.post("/v1.0/agents", ann)
    status, refusal = await api.send("POST", "/v1.0/agents", token=await api.other_customer(), json=ann)
    assert (status, refusal["error"]["status"]) == (409, "ALREADY_EXISTS")
    await api.send("DELETE", f"/v1.0/agents/{made['id']}")
    assert (await api.post("/v1.0/agents", ann))[0] == 409


async def test_agent_gets_and_updates_itself(api: ApiClient, admin: str) -> None:
    await hire(api, admin, "ann", Permission.CUSTOMER_AGENT)
    token = await log_in(api, "ann")
    status, me = await api.send("GET", "/v1.0/me", token=token)
    assert (status, me["username"], me["permission"]) == (200, "ann", 16)
    status, me = await api.send("PUT", "/v1.0/me", token=token, json={"name": "Ann"})
    assert (status, me["name"]) == (200, "Ann")
    status, _ = await api.send("PUT", "/v1.0/me/password", token=token, json={"password": "another one"})
    assert status == 200
    assert (await api.send("GET", "/v1.0/me", token=token))[0] == 401
    again = await log_in(api, "ann", "another one")
    assert (await api.send("GET", "/v1.0/me", token=again))[0] == 200


async def test_session_has_the_current_permission(api: ApiClient, admin: str) -> None:
    ann = await hire(api, admin, "ann", Permission.CUSTOMER_MANAGER)
    token, path = await log_in(api, "ann"), f"/v1.0/agents/{ann['id']}"
    assert (await api.send("GET", "/v1.0/conferences", token=token))[0] == 200
    await api.send("PUT", f"{path}/permission", token=admin, json={"permission": 16})
    assert (await api.send("GET", "/v1.0/conferences", token=token))[0] == 403
    await api.send("DELETE", path, token=admin)
    status, answer = await api.send("GET", "/v1.0/me", token=token)
    assert (status, answer["error"]["reason"]) == (401, "INVALID_CREDENTIALS")


async def test_agent_cannot_grant_or_revoke_a_permission_it_lacks(api: ApiClient, admin: str) -> None:
    boss = await api.send("GET", "/v1.0/me", token=admin)
    await hire(api, admin, "ann", Permission.CUSTOMER_ADMIN)
    above = f"/v1.0/agents/{boss[1]['id']}"
    for token in (await log_in(api, "ann"), None):
        options = {"token": token} if token else {}
        for method, path, body in (
            ("POST", "/v1.0/agents", {"username": "x", "password": PASSWORD, "permission": 1}),
            ("PUT", f"{above}/password", {"password": "mine now!"}),
            ("PUT", f"{above}/permission", {"permission": 0}),
            ("PUT", above, {"name": "fool"}),
            ("DELETE", above, {}),
        ):
            status, answer = await api.send(method, path, json=body, **options)
            assert (status, answer["error"]["reason"]) == (403, "PERMISSION_DENIED"), (method, path)
    assert await api.send("GET", "/v1.0/me", token=admin) == boss


async def test_agent_cannot_delete_itself_or_change_its_permission(api: ApiClient, admin: str) -> None:
    _, me = await api.send("GET", "/v1.0/me", token=admin)
    path = f"/v1.0/agents/{me['id']}"
    assert (await api.send("DELETE", path, token=admin))[0] == 409
    assert (await api.send("PUT", f"{path}/permission", token=admin, json={"permission": 0}))[0] == 409


async def test_put_access_key_replaces_name_and_detail(api: ApiClient) -> None:
    _, key = await api.post("/v1.0/accesskeys", {"name": "n", "detail": "d", "expire": 86400})
    status, changed = await api.send("PUT", f"/v1.0/accesskeys/{key['id']}", json={"name": "m"})
    assert (status, changed["name"], changed["detail"]) == (200, "m", "")
    assert changed["tm_expire"] == key["tm_expire"]
