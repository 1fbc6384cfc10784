"""47: an access key's token is returned once, lives at least a day, and is refused after the key is deleted."""

import re
from typing import Any

import pytest

from tests.api.client import ApiClient

PATH = "/v1.0/accesskeys"
DAY_S = 86_400


async def create(api: ApiClient, **fields: Any) -> dict[str, Any]:
    status, key = await api.post(PATH, {"name": "n", "detail": "d", "expire": DAY_S} | fields)
    assert status == 200, key
    return dict(key)


async def test_token_is_returned_once(api: ApiClient) -> None:
    key = await create(api)
    token = key.pop("token")
    assert re.fullmatch(r"vb_[A-Za-z0-9_-]{32,}", token)
    assert key["token_prefix"] == token[:11]
    assert set(key) == {
        "id",
        "customer_id",
        "name",
        "detail",
        "token_prefix",
        "tm_expire",
        "tm_create",
        "tm_update",
        "tm_delete",
    }
    assert await api.get(f"{PATH}/{key['id']}") == (200, key)
    _, listed = await api.get(PATH)
    assert listed["result"][0] == key
    assert token not in str(listed)
    assert (await api.send("GET", PATH, token=token))[0] == 200


@pytest.mark.parametrize("expire", [DAY_S - 1, 0, -1, None, 2**31])
async def test_expiry_under_a_day_is_refused(api: ApiClient, expire: int | None) -> None:
    _, before = await api.get(PATH)
    status, answer = await api.post(PATH, {"name": "n", "expire": expire})
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert await api.get(PATH) == (200, before)


async def test_deleted_key_is_refused(api: ApiClient) -> None:
    key = await create(api)
    status, gone = await api.send("DELETE", f"{PATH}/{key['id']}", token=key["token"])
    assert (status, gone["id"]) == (200, key["id"])
    assert gone["tm_delete"] < "9999"
    status, answer = await api.send("GET", PATH, token=key["token"])
    assert (status, answer["error"]["reason"]) == (401, "INVALID_CREDENTIALS")
    _, listed = await api.get(PATH)
    assert key["id"] not in str(listed)
    assert await api.get(f"{PATH}/{key['id']}") == (200, gone)
