"""27: transcribe_start needs a language, unless the conference has one, and refuses a second start; transcribe_stop clears the id and refuses without one."""

from tests.api.client import ApiClient

NIL = "00000000-0000-0000-0000-000000000000"


async def test_18_27_one_transcription_at_a_time(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    for body in ({}, {"language": ""}, {"language": None}):
        status, refusal = await api.post(f"{path}/transcribe_start", body)
        assert (status, refusal["error"]["status"]) == (400, "INVALID_ARGUMENT")
    status, refusal = await api.send("POST", f"{path}/transcribe_stop")
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")
    status, started = await api.post(f"{path}/transcribe_start", {"language": "en-US"})
    transcribe_id = started["transcribe_id"]
    assert (status, transcribe_id != NIL, started["transcribe_ids"]) == (200, True, [transcribe_id])
    for language in ("en-US", "ko-KR"):
        status, refusal = await api.post(f"{path}/transcribe_start", {"language": language})
        assert (status, refusal["error"]["reason"]) == (409, "TRANSCRIBE_ALREADY_PROGRESSING")
    status, stopped = await api.send("POST", f"{path}/transcribe_stop")
    assert (status, stopped["transcribe_id"], stopped["transcribe_ids"]) == (200, NIL, [transcribe_id])
    status, refusal = await api.send("POST", f"{path}/transcribe_stop")
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")
    _, again = await api.post(f"{path}/transcribe_start", {"language": "ko-KR"})
    assert again["transcribe_ids"] == [transcribe_id, again["transcribe_id"]]
