import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import ApiClient
from tests.support.waiting import until

UNKNOWN = "3d9f5f3e-6d3b-4f0e-9a61-0d6f0f8f2b11"

NIL = "00000000-0000-0000-0000-000000000000"
UNSET = "9999-01-01 00:00:00.000000"
LEGACY = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


async def test_create_answers_200_with_every_key(api: ApiClient) -> None:
    status, room = await api.post("/v1.0/conferences", {"type": "conference", "name": "n"})
    assert status == 200
    assert LEGACY.fullmatch(room.pop("tm_create"))
    assert re.fullmatch(r"direct\.[0-9a-f]{12}", room.pop("direct_hash"))
    assert room.pop("id") != room.pop("customer_id")
    assert room == {
        "type": "conference",
        "status": "starting",
        "name": "n",
        "detail": "",
        "data": {},
        "timeout": 0,
        "pre_actions": [],
        "post_actions": [],
        "pre_flow_id": NIL,
        "post_flow_id": NIL,
        "conferencecall_ids": [],
        "recording_id": NIL,
        "recording_ids": [],
        "transcribe_id": NIL,
        "transcribe_ids": [],
        "max_participants": 0,
        "pin": "",
        "moderator_pin": "",
        "locked": False,
        "wait_for_moderator": False,
        "lobby": False,
        "breakout_of": NIL,
        "end_when_moderator_leaves": False,
        "entry_tone": False,
        "exit_tone": False,
        "music_when_alone": False,
        "record_on_start": False,
        "announce": "",
        "prompts": "pin",
        "language": "",
        "prompt_texts": {},
        "dtmf_menu": {},
        "relay_digits": False,
        "levelling": False,
        "noise_suppression": False,
        "tm_end": UNSET,
        "tm_update": UNSET,
        "tm_delete": UNSET,
    }


async def test_conference_becomes_progressing(api: ApiClient) -> None:
    room = await api.room()
    _, seen = await api.get(f"/v1.0/conferences/{room['id']}")
    assert seen["status"] == "progressing"
    assert seen["tm_update"] > seen["tm_create"]


def deep_data(depth: int) -> bytes:
    """Return a body whose data are so many objects in each other."""
    return b'{"type":"conference","data":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"


async def test_data_may_be_deep(api: ApiClient) -> None:
    status, room = await api.send("POST", "/v1.0/conferences", data=deep_data(63))
    assert (status, room["data"]["a"]["a"]["a"].keys()) == (200, {"a"})


async def test_body_that_is_not_encoded_as_it_says_is_refused(api: ApiClient) -> None:
    status, answer = await api.send(
        "POST", "/v1.0/conferences", data=b"abc", headers={"Content-Encoding": "gzip"}
    )
    assert (status, answer["error"]["reason"]) == (400, "INVALID_ARGUMENT")
    assert "Content-Encoding" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "INVALID_JSON_BODY", id="empty"),
        pytest.param(b"{", "INVALID_JSON_BODY", id="broken"),
        pytest.param(b"[]", "INVALID_JSON_BODY", id="not an object"),
        pytest.param(b'{"type":"conference","name":1}', "INVALID_JSON_BODY", id="number for a string"),
        pytest.param(b'{"type":"conference","timeout":"abc"}', "INVALID_JSON_BODY", id="string for a number"),
        pytest.param(b'{"type":"conference","data":[]}', "INVALID_JSON_BODY", id="array for an object"),
        pytest.param(b'{"type":"conference","name":"\xff"}', "INVALID_JSON_BODY", id="not UTF-8"),
        pytest.param(b'{"type":"conference","timeout":NaN}', "INVALID_JSON_BODY", id="NaN"),
        pytest.param(b"[" * 100_000, "INVALID_JSON_BODY", id="too deep to be read"),
        pytest.param(deep_data(64), "INVALID_JSON_BODY", id="too deep"),
        pytest.param(deep_data(900), "INVALID_JSON_BODY", id="too deep to be rendered"),
        pytest.param(b'{"name":"x"}', "INVALID_ARGUMENT", id="no type"),
        pytest.param(b'{"type":null}', "INVALID_ARGUMENT", id="null type"),
        pytest.param(b'{"type":"party"}', "INVALID_ARGUMENT", id="unknown type"),
        pytest.param(b'{"type":"conference","timeout":-1}', "INVALID_ARGUMENT", id="negative timeout"),
        pytest.param(b'{"type":"conference","timeout":9999999999}', "INVALID_ARGUMENT", id="endless timeout"),
        pytest.param(b'{"type":"conference","id":"1"}', "INVALID_ARGUMENT", id="id is no UUID"),
        pytest.param(b'{"type":"conference","name":"a\\u0000"}', "INVALID_ARGUMENT", id="NUL in the name"),
    ],
)
async def test_create_rejects_invalid_bodies(api: ApiClient, body: bytes, reason: str) -> None:
    status, answer = await api.send("POST", "/v1.0/conferences", data=body)
    assert (status, answer["error"]["reason"]) == (400, reason)


async def test_error_names_the_invalid_field(api: ApiClient) -> None:
    _, answer = await api.post("/v1.0/conferences", {"type": "conference", "timeout": "abc"})
    assert "timeout" in answer["error"]["message"]


async def test_body_ignores_unknown_keys_nulls_and_content_type(api: ApiClient) -> None:
    body = b'{"type":"connect","name":null,"colour":"blue"}'
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, room = await api.send("POST", "/v1.0/conferences", data=body, headers=headers)
    assert (status, room["type"], room["name"]) == (200, "connect", "")


async def test_create_accepts_an_id_once(api: ApiClient) -> None:
    chosen = str(uuid4())
    status, room = await api.post("/v1.0/conferences", {"type": "conference", "id": chosen.upper()})
    assert (status, room["id"]) == (200, chosen)
    status, answer = await api.post("/v1.0/conferences", {"type": "conference", "id": chosen})
    assert (status, answer["error"]["status"]) == (409, "ALREADY_EXISTS")


@pytest.mark.parametrize(("asked", "kept"), [(0, 0), (1, 86400), (59, 86400), (60, 60), (3600, 3600)])
async def test_timeout_under_a_minute_means_a_day(api: ApiClient, asked: int, kept: int) -> None:
    _, room = await api.post("/v1.0/conferences", {"type": "conference", "timeout": asked})
    assert room["timeout"] == kept


async def test_delete_of_an_empty_room_terminates_and_is_idempotent(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    status, gone = await api.send("DELETE", path)
    assert (status, gone["status"]) == (200, "terminated")
    assert gone["tm_delete"] != UNSET
    assert gone["tm_end"] != UNSET
    assert await api.send("DELETE", path) == (200, gone)
    assert await api.get(path) == (200, gone)
    _, listed = await api.get("/v1.0/conferences")
    assert listed["result"] == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("room", "status", "reason"),
    [
        (UNKNOWN, 404, "CONFERENCE_NOT_FOUND"),
        (NIL, 400, "INVALID_ID"),
        ("room", 400, "INVALID_ID"),
        ("{" + UNKNOWN + "}", 404, "ROUTE_NOT_FOUND"),
        (UNKNOWN.replace("-", ""), 400, "INVALID_ID"),
    ],
)
async def test_invalid_and_unknown_ids(
    api: ApiClient, method: str, room: str, status: int, reason: str
) -> None:
    found, answer = await api.send(method, f"/v1.0/conferences/{room}")
    assert (found, answer["error"]["reason"]) == (status, reason)


async def test_foreign_room_is_not_found(api: ApiClient) -> None:
    room = await api.room()
    other_key = await api.other_customer()
    ours = await api.get(f"/v1.0/conferences/{uuid4()}")
    theirs = await api.send("GET", f"/v1.0/conferences/{room['id']}", token=other_key)
    assert theirs[0] == ours[0] == 404
    assert theirs[1]["error"]["reason"] == ours[1]["error"]["reason"]


async def test_pages_are_newest_first_without_gaps_or_duplicates(api: ApiClient) -> None:
    made = [(await api.room())["id"] for _ in range(7)]
    found: list[str] = []
    token = ""
    while True:
        _, page = await api.get(f"/v1.0/conferences?page_size=3&page_token={token}")
        found += [room["id"] for room in page["result"]]
        token = page["next_page_token"]
        if not token:
            break
    assert found == made[::-1]


async def test_page_after_the_last_is_empty(api: ApiClient) -> None:
    room = await api.room()
    assert await api.get(f"/v1.0/conferences?page_token={room['tm_create']}") == (
        200,
        {"result": [], "next_page_token": ""},
    )


@pytest.mark.parametrize("size", ["", "0", "-1", "1000", "100"])
async def test_out_of_range_page_size_means_100(api: ApiClient, size: str) -> None:
    for _ in range(3):
        await api.room()
    _, page = await api.get(f"/v1.0/conferences?page_size={size}")
    assert len(page["result"]) == 3


@pytest.mark.parametrize("query", ["page_size=abc", "page_size=1.5", "page_token=yesterday"])
async def test_invalid_page_parameters_are_rejected(api: ApiClient, query: str) -> None:
    status, answer = await api.get(f"/v1.0/conferences?{query}")
    assert (status, answer["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")


async def test_page_token_accepts_both_timestamp_formats(api: ApiClient) -> None:
    first, second = await api.room(), await api.room()
    for token in (second["tm_create"], second["tm_create"].replace(" ", "T") + "Z"):
        _, page = await api.get(f"/v1.0/conferences?page_token={token}")
        assert [room["id"] for room in page["result"]] == [first["id"]]


async def test_recording_starts_without_participants_and_only_once(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    status, started = await api.send("POST", f"{path}/recording_start")
    assert status == 200
    recording = started["recording_id"]
    assert started["recording_ids"] == [recording]

    status, answer = await api.post(f"{path}/recording_start", {"format": "wav"})
    assert (status, answer["error"]["reason"]) == (409, "RECORDING_ALREADY_ACTIVE")
    status, answer = await api.get(f"/v1.0/recordingfiles/{recording}")
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")

    status, stopped = await api.send("POST", f"{path}/recording_stop")
    assert (status, stopped["recording_id"], stopped["recording_ids"]) == (200, NIL, [recording])
    status, answer = await api.send("POST", f"{path}/recording_stop")
    assert (status, answer["error"]["reason"]) == (409, "RECORDING_NOT_ACTIVE")


async def test_recording_file_is_wav_whole_and_by_range(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await api.send("POST", f"{path}/recording_start")
    recording = started["recording_id"]
    await api.send("POST", f"{path}/recording_stop")

    async def ended() -> bool:
        _, seen = await api.get(f"/v1.0/recordings/{recording}")
        return bool(seen["status"] == "ended")

    await until(ended)
    async with api.request("GET", f"/v1.0/recordingfiles/{recording}") as response:
        body = await response.read()
        assert (response.status, response.content_type) == (200, "audio/wav")
        assert f"{recording}.wav" in response.headers["Content-Disposition"]
        assert response.headers["X-Request-Id"]
        assert (body[:4], body[8:12]) == (b"RIFF", b"WAVE")
    headers = {"Range": "bytes=8-11"}
    async with api.request("GET", f"/v1.0/recordingfiles/{recording}", headers=headers) as response:
        assert (response.status, await response.read()) == (206, b"WAVE")
    _, listed = await api.get("/v1.0/recordings")
    assert [each["id"] for each in listed["result"]] == [recording]
    assert listed["result"][0]["reference_id"] == room["id"]


@pytest.mark.parametrize("body", [{"format": "aiff"}, {"duration": -1}])
async def test_start_recording_rejects_invalid_options(api: ApiClient, body: dict[str, Any]) -> None:
    room = await api.room()
    status, answer = await api.post(f"/v1.0/conferences/{room['id']}/recording_start", body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_start_recording_in_a_terminated_room_is_a_conflict(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    await api.send("DELETE", path)
    status, answer = await api.send("POST", f"{path}/recording_start")
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")


async def test_talking_of_an_empty_room_is_empty(api: ApiClient) -> None:
    room = await api.room()
    assert await api.get(f"/v1.0/conferences/{room['id']}/talking") == (200, {"result": []})


async def test_concurrent_deletes_agree(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    answers = await asyncio.gather(*(api.send("DELETE", path) for _ in range(20)))
    assert {(status, answer["status"]) for status, answer in answers} == {(200, "terminated")}


ACTIONS = ("pre_actions", "post_actions")


@pytest.mark.parametrize("field", ACTIONS)
@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param({"type": "dance"}, "INVALID_ACTION_TYPE", id="unknown type"),
        pytest.param({"option": {}}, "INVALID_ACTION_TYPE", id="no type"),
        pytest.param({"type": "sleep", "option": "long"}, "INVALID_ARGUMENT", id="option is no object"),
        pytest.param({"type": "answer", "id": 1}, "INVALID_ARGUMENT", id="id is no text"),
        pytest.param("answer", "INVALID_JSON_BODY", id="no object"),
    ],
)
async def test_create_and_update_reject_invalid_actions(
    api: ApiClient, field: str, action: object, reason: str
) -> None:
    room = await api.room()
    body = {"type": "conference", field: [{"type": "answer"}, action]}
    for method, path in (("POST", "/v1.0/conferences"), ("PUT", f"/v1.0/conferences/{room['id']}")):
        status, answer = await api.send(method, path, json=body)
        assert (status, answer["error"]["reason"]) == (400, reason)


async def test_actions_have_every_key(api: ApiClient) -> None:
    talk = {"type": "talk", "option": {"text": "Hello.", "language": "en-US"}}
    body = {"type": "conference", "pre_actions": [talk], "post_actions": [{"type": "hangup"}]}
    _, room = await api.post("/v1.0/conferences", body)
    assert room["pre_actions"] == [{"id": NIL, "next_id": NIL, **talk}]
    assert room["post_actions"] == [{"id": NIL, "next_id": NIL, "type": "hangup", "option": {}}]
