"""6: an unknown conference and another customer's are the same 404; a malformed id is a 400.

``tests/api/test_isolation.py`` tests the same for every route of every other resource.
"""

from uuid import uuid4

import pytest

from tests.api.client import ApiClient

UNKNOWN = "3d9f5f3e-6d3b-4f0e-9a61-0d6f0f8f2b11"

NIL = "00000000-0000-0000-0000-000000000000"


async def test_unknown_conference_is_not_found(api: ApiClient) -> None:
    status, answer = await api.get(f"/v1.0/conferences/{uuid4()}")
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
    assert answer["error"]["reason"] == "CONFERENCE_NOT_FOUND"


async def test_conference_of_another_customer_is_not_found(api: ApiClient) -> None:
    room = (await api.room())["id"]
    other_key, unknown = await api.other_customer(), str(uuid4())
    for method in ("GET", "DELETE"):
        status, foreign = await api.send(method, f"/v1.0/conferences/{room}", token=other_key)
        unknown_answer = (await api.send(method, f"/v1.0/conferences/{unknown}", token=other_key))[1]
        for answer in (foreign, unknown_answer):
            answer["error"].pop("request_id")
        assert status == 404
        assert str(foreign).replace(room, unknown) == str(unknown_answer)
    assert (await api.get(f"/v1.0/conferences/{room}"))[1]["status"] == "progressing"


@pytest.mark.parametrize(
    "bad", [NIL, "room", UNKNOWN.replace("-", ""), "1", UNKNOWN[:-1], f"{UNKNOWN}0", "%00"]
)
async def test_malformed_id_is_refused(api: ApiClient, bad: str) -> None:
    status, answer = await api.get(f"/v1.0/conferences/{bad}")
    assert (status, answer["error"]["status"], answer["error"]["reason"]) == (
        400,
        "INVALID_ARGUMENT",
        "INVALID_ID",
    )


async def test_id_is_case_insensitive(api: ApiClient) -> None:
    room = await api.room()
    status, found = await api.get(f"/v1.0/conferences/{room['id'].upper()}")
    assert (status, found["id"]) == (200, room["id"])
