"""3: an invalid conference is refused with 400 and an error envelope; type is the only required field."""

import pytest

from tests.api.door import Door


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="no type"),
        pytest.param(b'{"type":"foo"}', id="unknown type"),
        pytest.param(b'{"type":"queue"}', id="internal type"),
        pytest.param(b'{"type":', id="broken JSON"),
        pytest.param(b'{"type":"conference","timeout":"abc"}', id="timeout not a number"),
    ],
)
async def test_18_03_create_refuses_an_invalid_body(door: Door, body: bytes) -> None:
    status, answer = await door.send("POST", "/v1.0/conferences", data=body)
    assert status == 400
    assert answer["error"].keys() >= {"status", "reason", "message", "request_id"}


async def test_18_03_type_alone_is_enough(door: Door) -> None:
    status, room = await door.post("/v1.0/conferences", {"type": "connect"})
    assert (status, room["type"]) == (200, "connect")


async def test_18_03_both_types_are_listed(door: Door) -> None:
    for type_ in ("conference", "connect"):
        await door.post("/v1.0/conferences", {"type": type_})
    _, page = await door.get("/v1.0/conferences")
    assert [room["type"] for room in page["result"]] == ["connect", "conference"]
