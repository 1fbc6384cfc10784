"""47: an access key's token is returned once, lives at least a day, and is refused after the key is deleted."""

import re
from typing import Any

import pytest

from tests.api.door import Door

PATH = "/v1.0/accesskeys"
DAY_S = 86_400


async def create(door: Door, **fields: Any) -> dict[str, Any]:
    status, key = await door.post(PATH, {"name": "n", "detail": "d", "expire": DAY_S} | fields)
    assert status == 200, key
    return dict(key)


async def test_token_is_returned_once(door: Door) -> None:
    key = await create(door)
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
    assert await door.get(f"{PATH}/{key['id']}") == (200, key)
    _, listed = await door.get(PATH)
    assert listed["result"][0] == key
    assert token not in str(listed)
    assert (await door.send("GET", PATH, token=token))[0] == 200


@pytest.mark.parametrize("expire", [DAY_S - 1, 0, -1, None, 2**31])
async def test_expiry_under_a_day_is_refused(door: Door, expire: int | None) -> None:
    _, before = await door.get(PATH)
    status, answer = await door.post(PATH, {"name": "n", "expire": expire})
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert await door.get(PATH) == (200, before)


async def test_deleted_key_is_refused(door: Door) -> None:
    key = await create(door)
    status, gone = await door.send("DELETE", f"{PATH}/{key['id']}", token=key["token"])
    assert (status, gone["id"]) == (200, key["id"])
    assert gone["tm_delete"] < "9999"
    status, answer = await door.send("GET", PATH, token=key["token"])
    assert (status, answer["error"]["reason"]) == (401, "INVALID_CREDENTIALS")
    _, listed = await door.get(PATH)
    assert key["id"] not in str(listed)
    assert await door.get(f"{PATH}/{key['id']}") == (200, gone)
