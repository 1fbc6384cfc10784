"""5: a credential is accepted in five places; a missing and an invalid one are different 401s."""

import itertools

import pytest
from aiohttp import hdrs

from tests.api.client import KEY, ApiClient

API = "/v1.0/conferences"
IN_ORDER = ["cookie token", "query token", "bearer", "cookie accesskey", "query accesskey"]
TAKES_SESSIONS = {"query token", "bearer", "cookie token"}


async def present(api: ApiClient, *ways: tuple[str, str]) -> tuple[int, str]:
    """Send a request with these credentials; return status and reason."""
    query, headers, cookies = {}, {}, []
    for way, credential in ways:
        kind, _, name = way.partition(" ")
        if kind == "query":
            query[name] = credential
        elif kind == "cookie":
            cookies.append(f"{name}={credential}")
        else:
            headers[hdrs.AUTHORIZATION] = f"Bearer {credential}"
    if cookies:
        headers[hdrs.COOKIE] = "; ".join(cookies)
    async with api.request("GET", API, token="", params=query, headers=headers) as response:
        body = await response.json()
        return response.status, body["error"]["reason"] if response.status != 200 else ""


async def session(api: ApiClient) -> str:
    await api.access.ensure_admin("a password")
    _, login = await api.post("/auth/login", {"username": "admin", "password": "a password"})
    api.client.session.cookie_jar.clear()
    return str(login["token"])


@pytest.mark.parametrize("way", IN_ORDER)
async def test_access_key_is_accepted_in_every_place(api: ApiClient, way: str) -> None:
    assert await present(api, (way, KEY)) == (200, "")


@pytest.mark.parametrize("way", IN_ORDER)
async def test_session_token_is_accepted_wherever_a_token_is(api: ApiClient, way: str) -> None:
    expected = (200, "") if way in TAKES_SESSIONS else (401, "INVALID_CREDENTIALS")
    assert await present(api, (way, await session(api))) == expected


@pytest.mark.parametrize("way", IN_ORDER)
async def test_unknown_token_is_invalid_credentials(api: ApiClient, way: str) -> None:
    for garbage in ("garbage", "vb_garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        assert await present(api, (way, garbage)) == (401, "INVALID_CREDENTIALS")


async def test_undecodable_token_is_invalid_credentials(api: ApiClient) -> None:
    for query in ("token=%FF", "accesskey=%FF", "token=%00", "token=%C3%A9"):
        status, answer = await api.send("GET", f"{API}?{query}", token="")
        assert (status, answer["error"]["reason"]) == (401, "INVALID_CREDENTIALS"), query


async def test_missing_credentials_is_authentication_required(api: ApiClient) -> None:
    assert await present(api) == (401, "AUTHENTICATION_REQUIRED")
    assert await present(api, ("query token", "")) == (401, "AUTHENTICATION_REQUIRED")


async def test_first_credential_in_order_decides(api: ApiClient) -> None:
    for first, second in itertools.pairwise(IN_ORDER):
        assert await present(api, (first, KEY), (second, "garbage")) == (200, "")
        assert await present(api, (first, "garbage"), (second, KEY)) == (401, "INVALID_CREDENTIALS")
