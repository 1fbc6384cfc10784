"""36: /v1 is an alias of /v1.0, an unknown route is a 404 with an error envelope, and X-Request-Id is echoed or replaced."""

import re

import pytest

from tests.api.client import ApiClient

UNKNOWN = "3d9f5f3e-6d3b-4f0e-9a61-0d6f0f8f2b11"


async def test_18_36_v1_is_an_alias(api: ApiClient) -> None:
    status, room = await api.post("/v1/conferences", {"type": "conference"})
    assert status == 200
    status, seen = await api.get(f"/v1.0/conferences/{room['id']}")
    assert (status, seen["id"]) == (200, room["id"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/index"),
        ("GET", "/v2/conferences"),
        ("GET", "/v1.0"),
        ("GET", "/v1.0/conversations/setup"),
        ("PATCH", "/v1.0/calls"),
        ("POST", "/v1/recordings"),
        ("DELETE", "/ping"),
        ("POST", "/v1.0/auth/login"),
        ("GET", "/v1/auth/login"),
    ],
)
async def test_18_36_unknown_route_is_a_404(api: ApiClient, method: str, path: str) -> None:
    async with api.request(method, path) as response:
        assert response.status == 404
        answer = await response.json()
    assert answer.keys() == {"error"}
    assert answer["error"].keys() == {"status", "reason", "message", "request_id"}
    assert (answer["error"]["status"], answer["error"]["reason"]) == ("NOT_FOUND", "ROUTE_NOT_FOUND")


async def test_18_36_login_at_a_wrong_path_names_the_right_one(api: ApiClient) -> None:
    for path in ("/v1.0/auth/login", "/v1/auth/login"):
        status, answer = await api.send("POST", path, token="", json={})
        assert (status, "POST /auth/login" in answer["error"]["message"]) == (404, True)


@pytest.mark.parametrize("given", ["a", "Z-9_", "x" * 64])
@pytest.mark.parametrize("path", ["/v1.0/conferences", f"/v1.0/conferences/{UNKNOWN}", "/nowhere", "/ping"])
async def test_18_36_a_safe_request_id_is_echoed(api: ApiClient, path: str, given: str) -> None:
    async with api.request("GET", path, headers={"X-Request-Id": given}) as response:
        assert response.headers["X-Request-Id"] == given
        assert (await response.json()).get("error", {"request_id": given})["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", "\u00e4", "../.."])
async def test_18_36_an_unsafe_request_id_is_replaced(api: ApiClient, given: str) -> None:
    async with api.request("GET", "/nowhere", headers={"X-Request-Id": given}) as response:
        made = response.headers["X-Request-Id"]
        assert re.fullmatch(r"req_[A-Z2-7]{26}", made)
        assert (await response.json())["error"]["request_id"] == made
