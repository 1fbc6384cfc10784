"""Permissions of agents and access keys for each operation (api.md section 1.6)."""

from typing import Any

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.api.operation import Operation, Resource
from mixminus.model.access import AgentSpec, Identity
from mixminus.model.permissions import Permission
from tests.api.client import KEY, OPERATOR, ApiClient

ADMIN, MANAGER = Permission.CUSTOMER_ADMIN, Permission.CUSTOMER_MANAGER
ANY = {
    *("conferences", "conferencecalls", "calls", "recordings", "recordingfiles"),
    *("flows", "activeflows", "numbers", "extensions", "trunks"),
    *("transcribes", "transcripts"),
}


async def session(api: ApiClient, permission: Permission, name: str = "agent") -> str:
    """Return the token of an agent of the first customer who has this permission."""
    first = await api.access.authenticate(KEY)
    granting = Identity(first.customer_id, OPERATOR.permission)
    await api.access.agents.create(granting, AgentSpec(name, "long enough", permission=permission))
    return (await api.access.log_in(name, "long enough")).token


@pytest.mark.parametrize(
    ("method", "route", "bits"),
    [
        ("GET", "/v1.0/accesskeys", ADMIN),
        ("DELETE", "/v1.0/accesskeys/{id}", ADMIN),
        ("GET", "/v1.0/customer", ADMIN),
        ("PUT", "/v1.0/customer", ADMIN),
        ("GET", "/v1.0/customers", ADMIN),
        ("GET", "/v1.0/agents", ADMIN | MANAGER),
        ("GET", "/v1.0/agents/{id}", ADMIN | MANAGER),
        ("POST", "/v1.0/agents", ADMIN),
        ("PUT", "/v1.0/agents/{id}/permission", ADMIN),
        ("GET", "/v1.0/me", Permission.NONE),
        ("GET", "/v1.0/ws", Permission.NONE),
        ("GET", "/v1.0/service_agents/ws", Permission.NONE),
        ("GET", "/metrics", ADMIN | MANAGER),
        ("POST", "/v1.0/calls/{id}/trace", ADMIN),
        ("POST", "/v1.0/traces", ADMIN),
        ("GET", "/v1.0/traces/{id}/pcapng", ADMIN),
    ],
)
def test_operation_needs_permission(method: str, route: str, bits: Permission) -> None:
    (operation,) = (each for each in OPERATIONS if (each.method, each.full_path) == (method, route))
    assert operation.needed == bits


def test_operation_needs_an_admin_or_a_manager_by_default() -> None:
    assert Operation(Resource("New"), "GET", "/something/new", summary="").needed == ADMIN | MANAGER


def test_operations_on_rooms_need_an_admin_or_a_manager() -> None:
    for operation in OPERATIONS:
        if operation.path.split("/")[1] in ANY and operation.path != "/calls/{id}/trace":
            assert operation.needed == ADMIN | MANAGER


async def test_both_roots_need_the_same_permission(api: ApiClient) -> None:
    token = await session(api, MANAGER)
    for root in ("/v1.0", "/v1"):
        assert (await api.send("GET", f"{root}/accesskeys", token=token))[0] == 403
        assert (await api.send("GET", f"{root}/agents", token=token))[0] == 200


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (Permission.NONE, {"me": 200, "conferences": 403, "agents": 403, "accesskeys": 403, "customer": 403}),
        (Permission.CUSTOMER_AGENT, {"me": 200, "conferences": 403, "calls": 403, "recordings": 403}),
        (MANAGER, {"conferences": 200, "calls": 200, "agents": 200, "accesskeys": 403, "customer": 403}),
        (ADMIN, {"conferences": 200, "recordings": 200, "agents": 200, "accesskeys": 200, "customer": 200}),
        (Permission.PROJECT_SUPER_ADMIN, {"conferences": 200, "accesskeys": 200, "customers": 200}),
    ],
)
async def test_permission_decides_what_an_agent_can_list(
    api: ApiClient, permission: Permission, expected: dict[str, int]
) -> None:
    token = await session(api, permission)
    found = {name: (await api.send("GET", f"/v1.0/{name}", token=token))[0] for name in expected}
    assert found == expected


async def test_access_key_acts_as_its_customer_without_an_agent(api: ApiClient) -> None:
    for resource in (
        *ANY - {"recordingfiles", "transcripts"},
        "accesskeys",
        "agents",
        "customer",
        "customers",
    ):
        assert (await api.get(f"/v1.0/{resource}"))[0] == 200, resource
    status, answer = await api.get("/v1.0/me")
    assert (status, answer["error"]["reason"]) == (403, "AGENT_AUTH_REQUIRED")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("POST", "/{id}/freeze"), ("POST", "/{id}/recover")]
)
async def test_create_and_freeze_customer_need_the_super_admin(
    api: ApiClient, method: str, path: str
) -> None:
    customer_id = (await api.access.authenticate(KEY)).customer_id
    url = f"/v1.0/customers{path.format(id=customer_id)}"
    for token in (KEY, await session(api, Permission.CUSTOMER_ALL)):
        status, answer = await api.send(method, url, token=token, json={})
        assert (status, answer["error"]["reason"]) == (403, "PERMISSION_DENIED")


async def test_frozen_customer_is_refused_until_recovered(api: ApiClient) -> None:
    boss = await session(api, Permission.ALL, "boss")
    clerk = await session(api, ADMIN, "clerk")
    customer_id = (await api.access.authenticate(KEY)).customer_id
    path = f"/v1.0/customers/{customer_id}"
    status, frozen = await api.send("POST", f"{path}/freeze", token=boss)
    assert (status, frozen["status"]) == (200, "frozen")
    for token in (KEY, clerk):
        status, answer = await api.send("GET", "/v1.0/conferences", token=token)
        assert (status, answer["error"]["reason"]) == (403, "ACCOUNT_FROZEN")
    async with api.request(
        "POST", "/auth/login", json={"username": "clerk", "password": "long enough"}
    ) as login:
        assert (login.status, await login.read()) == (400, b"")
    assert (await api.send("POST", f"{path}/freeze", token=boss))[0] == 409
    status, recovered = await api.send("POST", f"{path}/recover", token=boss)
    assert (status, recovered["status"]) == (200, "active")
    assert (await api.get("/v1.0/conferences"))[0] == 200


def test_permission_bits_match_the_contract() -> None:
    assert [int(bits) for bits in Permission.__members__.values()] == [0, 1, 15, 16, 32, 64, 128, 240, 65535]


async def test_unknown_path_is_404_without_permission(api: ApiClient) -> None:
    token = await session(api, Permission.NONE)
    answers: list[Any] = [
        await api.send("GET", path, token=token) for path in ("/v1.0/nowhere", "/v1.0/me/x")
    ]
    assert [(status, body["error"]["reason"]) for status, body in answers] == [(404, "ROUTE_NOT_FOUND")] * 2
