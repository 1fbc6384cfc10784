"""46: a login that fails is a 400 without a body; one that succeeds returns a token and sets a cookie."""

from io import BytesIO

import jwt
import pytest

from tests.api.client import ApiClient

PATH = "/auth/login"
GOOD = {"username": "admin", "password": "a password"}


@pytest.fixture(autouse=True)
async def admin(api: ApiClient) -> None:
    await api.access.ensure_admin(GOOD["password"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="broken"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b'{"username":"admin"}', id="no password"),
        pytest.param(b'{"password":"a password"}', id="no username"),
        pytest.param(b'{"username":"admin","password":null}', id="null"),
        pytest.param(b'{"username":1,"password":"a password"}', id="number"),
        pytest.param(b'{"username":"admin","password":"wrong"}', id="wrong password"),
        pytest.param(b'{"username":"nobody","password":"a password"}', id="unknown username"),
        pytest.param(b'{"username":"admin","password":"\\ud800"}', id="not Unicode"),
        pytest.param(b'{"username":"a\\u0000","password":"x"}', id="NUL"),
    ],
)
async def test_any_failure_is_an_empty_400(api: ApiClient, body: bytes) -> None:
    async with api.request("POST", PATH, token="", data=body) as response:
        assert (response.status, await response.read()) == (400, b"")
        assert "Set-Cookie" not in response.headers


async def test_oversized_body_is_an_empty_400(api: ApiClient) -> None:
    async with api.request("POST", PATH, token="", data=BytesIO(b" " * (2 << 20))) as response:
        assert (response.status, await response.read()) == (400, b"")


async def test_success_returns_username_token_and_cookie(api: ApiClient) -> None:
    async with api.request("POST", PATH, token="", json=GOOD) as response:
        assert response.status == 200
        body = await response.json()
        cookie = response.cookies["token"]
    assert set(body) == {"username", "token"}
    assert body["username"] == "admin"
    assert cookie.value == body["token"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["max-age"], cookie["path"]) == (str(7 * 24 * 3600), "/")
    status, me = await api.send("GET", "/v1.0/me", token=body["token"])
    assert (status, me["username"]) == (200, "admin")
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert (claims["type"], claims["agent"]) == ("agent", me)


async def test_body_is_json_with_any_content_type(api: ApiClient) -> None:
    body = b'{"username":"admin","password":"a password"}'
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await api.send("POST", PATH, token="", data=body, headers=headers))[0] == 200


@pytest.mark.parametrize("path", ["/v1.0/auth/login", "/v1/auth/login", "/auth/boot"])
async def test_other_login_paths_are_not_found(api: ApiClient, path: str) -> None:
    status, answer = await api.send("POST", path, token="", json=GOOD)
    assert (status, answer["error"]["reason"]) == (404, "ROUTE_NOT_FOUND")
