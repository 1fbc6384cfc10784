"""1: POST /conferences returns 200 with every key of api.md section 2.1."""

from typing import Final

from tests.api.client import ApiClient

NIL: Final = "00000000-0000-0000-0000-000000000000"
UNSET: Final = "9999-01-01 00:00:00.000000"


async def test_18_01_create_returns_every_key(api: ApiClient) -> None:
    status, room = await api.post("/v1.0/conferences", {"type": "conference", "name": "x"})
    assert status == 200
    for key in ("pre_actions", "post_actions", "conferencecall_ids", "recording_ids", "transcribe_ids"):
        assert room[key] == []
    for key in ("pre_flow_id", "post_flow_id", "recording_id", "transcribe_id"):
        assert room[key] == NIL
    for key in ("tm_update", "tm_delete", "tm_end"):
        assert room[key] == UNSET
    assert (room["type"], room["name"], room["detail"], room["data"]) == ("conference", "x", "", {})
    assert room["timeout"] == 0
    assert {"id", "customer_id", "status", "direct_hash", "tm_create"} <= room.keys()
