"""Cookies of sessions: their flags, and that pages of other origins cannot use them."""

import pytest

from mixminus.model.permissions import Permission
from tests.api.client import ApiClient
from tests.api.test_permissions import session

SOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}


async def test_the_cookie_of_a_login_is_out_of_reach_of_scripts_and_other_sites(api: ApiClient) -> None:
    await session(api, Permission.CUSTOMER_ADMIN, "ann")
    body = {"username": "ann", "password": "long enough"}
    async with api.request("POST", "/auth/login", token="", json=body) as login:
        cookie = login.cookies["token"]
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/"
        assert not cookie["domain"], "no other host gets it"
        assert int(cookie["max-age"]) == 7 * 86_400
        assert login.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        pytest.param({}, True, id="a program"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": "http://own"}, True, id="our page"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, False, id="another host of our site"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, False, id="another site"),
        pytest.param({"Origin": "http://{host}"}, True, id="our page without TLS"),
        pytest.param({"Origin": "http://evil.example"}, False, id="another site, without TLS"),
        pytest.param({"Origin": "null"}, False, id="a sandboxed frame"),
        pytest.param({"Origin": "http://{host}.evil.example"}, False, id="a similar name"),
    ],
)
async def test_a_cookie_works_from_our_own_pages_alone(
    api: ApiClient, headers: dict[str, str], allowed: bool
) -> None:
    token = await session(api, Permission.CUSTOMER_ADMIN)
    host = f"127.0.0.1:{api.client.port}"
    sent = {name: value.replace("{host}", host) for name, value in headers.items()}
    cookie = {"Cookie": f"token={token}"}
    status, answer = await api.send(
        "POST", "/v1.0/flows", token="", json={"name": "a"}, headers=sent | cookie
    )
    assert (status == 200) == allowed, answer
    if not allowed:
        assert (status, answer["error"]["reason"]) == (403, "PERMISSION_DENIED")
        _, listed = await api.get("/v1.0/flows")
        assert listed["result"] == []
        status, _ = await api.send("GET", "/v1.0/ws", token="", headers=sent | cookie | SOCKET)
        assert status == 403
    assert (await api.send("POST", "/v1.0/flows", token=token, json={"name": "a"}, headers=sent))[0] == 200
    assert (await api.send("GET", "/v1.0/flows", token="", headers=sent | cookie))[0] == 200
