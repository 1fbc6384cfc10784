"""Who reads /metrics, which concern the whole server: its operators, and the holder of a token that does nothing else."""

import pytest

from mixminus.access.operators import Operators
from mixminus.api.application import OPERATIONS
from mixminus.model.access import AgentSpec, Identity
from mixminus.model.permissions import Permission
from tests.api.client import KEY, METRICS_TOKEN, OPERATOR, ApiClient
from tests.api.test_matrix import SECURED, send
from tests.api.test_permissions import session


async def status(api: ApiClient, token: str, method: str = "GET") -> int:
    async with api.request(method, "/metrics", token=token) as response:
        return response.status


async def session_of_another(api: ApiClient, permission: Permission) -> str:
    """Return the token of an agent of a customer that is not the first."""
    other = await api.access.authenticate(await api.other_customer())
    granting = Identity(other.customer_id, OPERATOR.permission)
    await api.access.agents.create(granting, AgentSpec("theirs", "long enough", permission=permission))
    return (await api.access.log_in("theirs", "long enough")).token


async def test_the_first_customer_reads_them(api: ApiClient) -> None:
    assert await status(api, KEY) == 200
    assert await status(api, await session(api, Permission.CUSTOMER_VIEWER)) == 200


async def test_another_customer_does_not(api: ApiClient) -> None:
    code, body = await api.send("GET", "/metrics", token=await api.other_customer())
    assert (code, body["error"]["reason"]) == (403, "PERMISSION_DENIED")
    assert "MIXMINUS_METRICS_TOKEN" in body["error"]["message"]


async def test_another_customer_s_admin_does_not_and_cannot_name_the_first(api: ApiClient) -> None:
    token = await session_of_another(api, Permission.CUSTOMER_ALL)
    first = (await api.access.authenticate(KEY)).customer_id
    for query in ("", f"?customer_id={first}"):
        assert (await api.send("GET", f"/metrics{query}", token=token))[0] == 403
    assert await status(api, token, "HEAD") == 403


async def test_a_super_admin_of_any_customer_reads_them(api: ApiClient) -> None:
    assert await status(api, await session_of_another(api, Permission.PROJECT_SUPER_ADMIN)) == 200


@pytest.mark.parametrize("place", ["Bearer", "token"])
async def test_the_metrics_token_reads_them(api: ApiClient, place: str) -> None:
    query, token = ("", METRICS_TOKEN) if place == "Bearer" else (f"?token={METRICS_TOKEN}", "")
    async with api.request("GET", f"/metrics{query}", token=token) as response:
        assert response.status == 200
        assert "mixminus_conferences 0\n" in await response.text()
    assert await status(api, METRICS_TOKEN, "HEAD") == 200


@pytest.mark.parametrize("token", [METRICS_TOKEN[:-1], METRICS_TOKEN + "x", METRICS_TOKEN.upper(), "\udc80"])
async def test_no_other_token_does(api: ApiClient, token: str) -> None:
    assert not api.access.operators.is_metrics_token(token)
    if token.isprintable():
        assert await status(api, token) == 401


async def test_the_metrics_token_does_nothing_else(api: ApiClient) -> None:
    for name in SECURED.keys() - {"GET /metrics"}:
        assert await send(api, name, METRICS_TOKEN) == (401, "INVALID_CREDENTIALS"), name


async def test_without_a_metrics_token_an_empty_one_is_refused(api: ApiClient) -> None:
    assert not Operators(api.store, "").is_metrics_token("")


def test_nothing_else_is_for_operators_only() -> None:
    assert [each.full_path for each in OPERATIONS if each.operators] == ["/metrics"]
