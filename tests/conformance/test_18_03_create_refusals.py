"""3: an invalid conference is refused with 400 and an error envelope; type is the only required field."""

import pytest

from tests.api.client import ApiClient


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="no type"),
        pytest.param(b'{"type":"foo"}', id="unknown type"),
        pytest.param(b'{"type":', id="broken JSON"),
        pytest.param(b'{"type":"conference","timeout":"abc"}', id="timeout not a number"),
    ],
)
async def test_18_03_create_refuses_an_invalid_body(api: ApiClient, body: bytes) -> None:
    status, answer = await api.send("POST", "/v1.0/conferences", data=body)
    assert status == 400
    assert answer["error"].keys() >= {"status", "reason", "message", "request_id"}


async def test_18_03_type_alone_is_enough(api: ApiClient) -> None:
    status, room = await api.post("/v1.0/conferences", {"type": "connect"})
    assert (status, room["type"]) == (200, "connect")


async def test_18_03_both_types_are_listed(api: ApiClient) -> None:
    for type_ in ("conference", "connect"):
        await api.post("/v1.0/conferences", {"type": type_})
    _, page = await api.get("/v1.0/conferences")
    assert [room["type"] for room in page["result"]] == ["connect", "conference"]
