"""GET /audits: every request that changes something is recorded with its sender; nothing secret is."""

from typing import Any

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.model.ids import NIL
from mixminus.model.permissions import Permission
from tests.api.client import KEY, ApiClient
from tests.api.test_permissions import session

PASSWORD = "never-in-an-audit"


async def audits(api: ApiClient, token: str = KEY) -> list[dict[str, Any]]:
    status, answer = await api.send("GET", "/v1.0/audits", token=token)
    assert status == 200, answer
    found: list[dict[str, Any]] = answer["result"]
    return found


async def test_a_change_is_recorded_with_its_sender_object_and_outcome(api: ApiClient) -> None:
    identity = await api.access.authenticate(KEY)
    body = {"extension": "100", "password": PASSWORD}
    async with api.request("POST", "/v1.0/extensions", json=body, headers={"X-Request-Id": "mine-1"}) as made:
        created = await made.json()
        request_id = made.headers["X-Request-Id"]
    await api.send("DELETE", f"/v1.0/extensions/{created['id']}")
    await api.post("/v1.0/extensions", {"extension": "", "password": PASSWORD})
    refused, deleted, first = await audits(api)
    assert first == {
        "id": first["id"],
        "customer_id": str(identity.customer_id),
        "agent_id": str(NIL),
        "access_key_id": str(identity.access_key_id),
        "guest_link_id": str(NIL),
        "operation": "createExtension",
        "resource_id": created["id"],
        "source": "127.0.0.1",
        "http_status": 200,
        "reason": "",
        "request_id": request_id,
        "tm_create": first["tm_create"],
    }
    assert (deleted["operation"], deleted["resource_id"]) == ("deleteExtension", created["id"])
    assert (refused["http_status"], refused["reason"]) == (400, "INVALID_ARGUMENT")
    assert PASSWORD not in str([refused, deleted, first])


async def test_reading_is_not_recorded(api: ApiClient) -> None:
    await api.get("/v1.0/conferences")
    await api.get("/v1.0/audits")
    await api.send("OPTIONS", "/v1.0/conferences")
    assert await audits(api) == []


async def test_a_refused_request_of_an_agent_is_recorded(api: ApiClient) -> None:
    token = await session(api, Permission.CUSTOMER_AGENT)
    agent_id = (await api.access.authenticate(token)).agent_id
    assert (await api.send("POST", "/v1.0/conferences", token=token, json={}))[0] == 403
    assert (await api.send("POST", "/v1.0/conferences", token="vb_unknown", json={}))[0] == 401
    (refused,) = await audits(api)
    assert (refused["agent_id"], refused["http_status"], refused["reason"]) == (
        str(agent_id),
        403,
        "PERMISSION_DENIED",
    )


async def test_logins_of_an_agent_are_recorded_also_those_that_fail(api: ApiClient) -> None:
    token = await session(api, Permission.CUSTOMER_AGENT, "ann")
    agent_id = str((await api.access.authenticate(token)).agent_id)
    for username, password in (("ann", "long enough"), ("ann", PASSWORD), ("unknown", PASSWORD)):
        await api.send("POST", "/auth/login", token="", json={"username": username, "password": password})
    found = [(each["operation"], each["agent_id"], each["http_status"]) for each in await audits(api)]
    assert found == [("logIn", agent_id, 400), ("logIn", agent_id, 200)]


async def test_a_guest_is_recorded_by_its_link(api: ApiClient) -> None:
    room = await api.room()
    _, link = await api.post(f"/v1.0/conferences/{room['id']}/guest_links", {})
    path = f"/v1.0/conferences/{room['id']}/whip"
    await api.send("POST", path, token=link["token"], data="v=0", headers={"Content-Type": "text/plain"})
    newest = (await audits(api))[0]
    assert (newest["operation"], newest["guest_link_id"]) == ("joinByWhip", link["id"])
    assert newest["http_status"] >= 400


async def test_audits_are_of_the_own_customer_and_for_admins(api: ApiClient) -> None:
    await api.room()
    other = await api.other_customer()
    assert await audits(api, other) == []
    manager = await session(api, Permission.CUSTOMER_MANAGER)
    assert (await api.send("GET", "/v1.0/audits", token=manager))[0] == 403
    admin = await session(api, Permission.CUSTOMER_ADMIN, "admin 2")
    assert await audits(api, admin)


async def test_what_the_super_admin_does_for_a_customer_is_recorded_there(api: ApiClient) -> None:
    await api.access.ensure_admin("long enough")
    _, login = await api.post("/auth/login", {"username": "admin", "password": "long enough"})
    other = await api.other_customer()
    customer_id = (await api.access.authenticate(other)).customer_id
    path = f"/v1.0/flows?customer_id={customer_id}"
    assert (await api.send("POST", path, token=login["token"], json={"name": "a"}))[0] == 200
    (recorded,) = await audits(api, other)
    assert (recorded["operation"], recorded["customer_id"]) == ("createFlow", str(customer_id))
    assert recorded["agent_id"] != str(NIL)


@pytest.mark.parametrize("root", ["/v1.0", "/v1"])
async def test_audits_come_in_pages_under_both_roots(api: ApiClient, root: str) -> None:
    for _ in range(5):
        await api.post("/v1.0/flows", {"name": "a"})
    _, first = await api.send("GET", f"{root}/audits?page_size=3")
    _, rest = await api.send("GET", f"{root}/audits?page_size=3&page_token={first['next_page_token']}")
    ids = [each["id"] for each in first["result"] + rest["result"]]
    assert (len(first["result"]), len(rest["result"]), len(set(ids))) == (3, 2, 5)


def test_every_operation_but_a_reading_get_changes_something() -> None:
    speaking = {each.path for each in OPERATIONS if each.acts}
    assert speaking == {"/conferences/{id}/media_stream", "/calls/{id}/media_stream"}
    assert all(each.changes for each in OPERATIONS if each.method != "GET")
