"""/transcribes and /transcripts by HTTP, with tones instead of speech."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.backend import backend
from tests.support.endings import copied_values, copying_flow, finished
from tests.support.site import Site, site
from tests.support.talk import done, heard, speak, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until

__all__ = ["backend", "site"]

LANGUAGE = {"language": "en-US"}


async def transcribed(site: Site) -> tuple[str, str]:
    """Return a room with two utterances, and the transcribe that is done."""
    room = await site.backend.room()
    path = f"/v1.0/conferences/{room.id}"
    (alice,) = await site.backend.join(room)
    (id_,) = await site.backend.joined(room)
    await site.api.send("PATCH", f"/v1.0/conferencecalls/{id_}", json={"label": "A <b>\n& c"})
    _, started = await site.api.post(f"{path}/transcribe_start", LANGUAGE)
    transcribe_id = started["transcribe_id"]
    speak(site.backend, {alice: whistle(440, 1.0)})
    speak(site.backend, {alice: whistle(1000, 1.0)})
    await heard(site.backend, transcribe_id, 2)
    await site.api.post(f"{path}/transcribe_stop", None)
    await done(site.backend, transcribe_id)
    return str(room.id), transcribe_id


async def test_transcribe_list_get_stop_delete(site: Site) -> None:
    room_id, transcribe_id = await transcribed(site)
    _, shown = await site.api.get(f"/v1.0/transcribes/{transcribe_id}")
    assert (shown["status"], shown["reference_type"], shown["reference_id"], shown["direction"]) == (
        "done",
        "confbridge",
        room_id,
        "in",
    )
    reference = f"reference_type=confbridge&reference_id={room_id}"
    for query in ("", f"?{reference}"):
        _, page = await site.api.get(f"/v1.0/transcribes{query}")
        assert [each["id"] for each in page["result"]] == [transcribe_id]
    _, page = await site.api.get(f"/v1.0/transcribes?reference_type=call&reference_id={room_id}")
    assert page["result"] == []
    assert await site.api.post(f"/v1.0/transcribes/{transcribe_id}/stop", None) == (200, shown)
    status, deleted = await site.api.send("DELETE", f"/v1.0/transcribes/{transcribe_id}")
    assert (status, deleted["tm_delete"] > shown["tm_create"]) == (200, True)
    _, page = await site.api.get("/v1.0/transcribes")
    assert page["result"] == []
    _, page = await site.api.get(f"/v1.0/transcripts?transcribe_id={transcribe_id}")
    assert page["result"] == []


async def test_search_transcripts(site: Site) -> None:
    _, transcribe_id = await transcribed(site)
    _, page = await site.api.get("/v1.0/transcripts/search?q=TONE%201000")
    assert [(each["message"], each["transcribe_id"]) for each in page["result"]] == [
        (word(1000), transcribe_id)
    ]


async def test_export_transcripts(site: Site) -> None:
    _, transcribe_id = await transcribed(site)
    files = {}
    for kind, media_type in (
        ("vtt", "text/vtt"),
        ("srt", "application/x-subrip"),
        ("txt", "text/plain"),
        ("json", "application/json"),
    ):
        path = f"/v1.0/transcribes/{transcribe_id}/export?format={kind}"
        async with site.api.request("GET", path) as response:
            assert (response.status, response.content_type) == (200, media_type)
            files[kind] = await response.text()
    vtt = files["vtt"].split("\n\n")
    assert (vtt[0], len(vtt)) == ("WEBVTT", 3)
    id_, times, line = vtt[1].split("\n")
    assert (id_ != "", times[:6], times[12:17]) == (True, "00:00:", " --> ")
    assert line == f"<v A &lt;b &amp; c>{word(440)}"
    number, times, line = files["srt"].split("\n\n")[1].strip().split("\n")
    assert (number, times[8], line) == ("2", ",", f"A <b> & c: {word(1000)}")
    assert files["txt"].splitlines()[0].endswith(f"] A <b> & c: {word(440)}")
    _, page = await site.api.get(f"/v1.0/transcripts?transcribe_id={transcribe_id}")
    assert await site.api.get(f"/v1.0/transcribes/{transcribe_id}/export?format=json") == (
        200,
        {"result": page["result"][::-1], "chat": []},  # the list is newest first
    )


async def test_transcribe_of_a_call_hears_only_the_call(site: Site) -> None:
    room = await site.backend.room()
    (alice,) = await site.backend.join(room)
    (bob,) = await site.backend.join(room)
    ids = await site.backend.joined(room)
    call = await site.backend.call_of(ids[1])
    body = {"reference_type": "call", "reference_id": str(call.id), "direction": "in", **LANGUAGE}
    _, started = await site.api.post("/v1.0/transcribes", body)
    assert (started["status"], started["direction"]) == ("progressing", "in")
    status, refusal = await site.api.post("/v1.0/transcribes", body)
    assert (status, refusal["error"]["reason"]) == (409, "TRANSCRIBE_ALREADY_PROGRESSING")
    speak(site.backend, {alice: whistle(440, 1.0), bob: whistle(1000, 1.0)})
    (transcript,) = await heard(site.backend, started["id"], 1)
    await site.api.post(f"/v1.0/transcribes/{started['id']}/stop", None)
    await done(site.backend, started["id"])
    assert len(await heard(site.backend, started["id"], 1)) == 1
    assert (transcript.message, transcript.call_id) == (word(1000), call.id)


async def test_transcribe_of_a_call_in_both_directions(site: Site) -> None:
    room = await site.backend.room()
    (alice,) = await site.backend.join(room)
    (bob,) = await site.backend.join(room)
    call = await site.backend.call_of((await site.backend.joined(room))[1])
    body = {"reference_type": "call", "reference_id": str(call.id), "direction": "IN", **LANGUAGE}
    _, started = await site.api.post("/v1.0/transcribes", body)
    assert started["direction"] == "both"
    speak(site.backend, {alice: whistle(440, 1.0), bob: whistle(1000, 1.0)})
    found = await heard(site.backend, started["id"], 2)
    assert {(each.message, each.direction) for each in found} == {(word(440), "out"), (word(1000), "in")}


async def test_recording_is_transcribed_once(site: Site) -> None:
    room = await site.backend.room()
    path = f"/v1.0/conferences/{room.id}"
    (alice,) = await site.backend.join(room)
    (bob,) = await site.backend.join(room)
    ids = [str(id_) for id_ in await site.backend.joined(room)]
    _, recorded = await site.api.post(f"{path}/recording_start", {"stems": True})
    recording_id = recorded["recording_id"]
    body = {"reference_type": "recording", "reference_id": recording_id, **LANGUAGE}
    status, refusal = await site.api.post("/v1.0/transcribes", body)
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")
    speak(site.backend, {alice: whistle(440, 1.5), bob: whistle(1000, 1.5)})
    await site.api.post(f"{path}/recording_stop", None)
    await site.backend.conferences.delete(site.backend.customer_id, room.id)
    await site.becomes(str(room.id), "terminated")
    _, started = await site.api.post("/v1.0/transcribes", body)
    await done(site.backend, started["id"])
    found = await heard(site.backend, started["id"], 2)
    assert {(each.message, str(each.conferencecall_id)) for each in found} == {
        (word(440), ids[0]),
        (word(1000), ids[1]),
    }
    _, again = await site.api.post("/v1.0/transcribes", body)
    assert (again["id"], again["status"]) == (started["id"], "done")


async def test_language_of_the_room_is_recognised_where_none_is_named(site: Site) -> None:
    room = await site.backend.room()
    path = f"/v1.0/conferences/{room.id}"
    whole = {"reference_type": "confbridge", "reference_id": str(room.id)}
    for where, body in ((f"{path}/transcribe_start", {}), ("/v1.0/transcribes", whole)):
        status, refusal = await site.api.post(where, body)
        assert (status, refusal["error"]["reason"]) == (400, "LANGUAGE_NOT_SUPPORTED")
        assert "set the language of the conference" in refusal["error"]["message"]
    _, shown = await site.api.get(path)
    await site.api.send("PUT", path, json={"name": shown["name"], "language": "ko-KR"})

    async def language(started: dict[str, Any]) -> str:
        _, transcribe = await site.api.get(f"/v1.0/transcribes/{started['transcribe_id']}")
        await site.api.post(f"{path}/transcribe_stop", None)
        await done(site.backend, started["transcribe_id"])
        return str(transcribe["language"])

    for body, expected in (({}, "ko-KR"), ({"language": "en-GB"}, "en-GB")):
        _, started = await site.api.post(f"{path}/transcribe_start", body)
        assert await language(started) == expected
    _, begun = await site.api.post("/v1.0/transcribes", whole)
    assert (begun["language"], await language({"transcribe_id": begun["id"]})) == ("ko-KR", "ko-KR")


async def test_recording_of_a_room_is_transcribed_in_its_language(site: Site) -> None:
    room = await site.backend.room()
    path = f"/v1.0/conferences/{room.id}"
    await site.backend.join(room)
    _, recorded = await site.api.post(f"{path}/recording_start", {})
    await site.api.post(f"{path}/recording_stop", None)
    body = {"reference_type": "recording", "reference_id": recorded["recording_id"]}

    async def ended() -> bool:
        _, shown = await site.api.get(f"/v1.0/recordings/{recorded['recording_id']}")
        return bool(shown["status"] == "ended")

    await until(ended, within_s=60)
    status, refusal = await site.api.post("/v1.0/transcribes", body)
    assert (status, refusal["error"]["reason"]) == (400, "LANGUAGE_NOT_SUPPORTED")
    await site.api.send("PUT", path, json={"language": "ko"})
    _, started = await site.api.post("/v1.0/transcribes", body)
    assert started["language"] == "ko"
    await done(site.backend, started["id"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        pytest.param("GET", "/transcripts", None, 400, "MISSING_REQUEST_PARAMETER", id="transcripts of what"),
        pytest.param(
            "GET", "/transcripts?transcribe_id=x", None, 400, "INVALID_REQUEST_PARAMETER", id="no id"
        ),
        pytest.param("GET", "/transcripts/search", None, 400, "MISSING_REQUEST_PARAMETER", id="no words"),
        pytest.param("GET", "/transcripts/search?q=%00", None, 400, "INVALID_REQUEST_PARAMETER", id="NUL"),
        pytest.param(
            "GET", "/transcribes?reference_type=call", None, 400, "INVALID_REQUEST_PARAMETER", id="half"
        ),
        pytest.param("GET", f"/transcribes/{uuid4()}", None, 404, "TRANSCRIBE_NOT_FOUND", id="unknown"),
        pytest.param("POST", "/transcribes", {}, 400, "INVALID_ARGUMENT", id="nothing said"),
        pytest.param(
            "POST",
            "/transcribes",
            {"reference_type": "call", "reference_id": str(uuid4()), **LANGUAGE},
            404,
            "CALL_NOT_FOUND",
            id="unknown call",
        ),
        pytest.param(
            "POST",
            "/transcribes",
            {"reference_type": "confbridge", "reference_id": str(uuid4()), **LANGUAGE},
            404,
            "CONFERENCE_NOT_FOUND",
            id="unknown conference",
        ),
    ],
)
async def test_transcribe_errors_name_the_problem(
    site: Site, method: str, path: str, body: Any, status: int, reason: str
) -> None:
    answered, refusal = await site.api.send(method, f"/v1.0{path}", json=body)
    assert (answered, refusal["error"]["reason"]) == (status, reason)


async def test_on_end_flow_runs_with_the_transcribe(site: Site) -> None:
    flow_id = await copying_flow(site.api, "voipbin.transcribe", ("id", "language", "direction"))
    room = await site.backend.room()
    path = f"/v1.0/conferences/{room.id}"
    body = {"language": "en-GB", "direction": "in", "on_end_flow_id": flow_id}
    _, started = await site.api.post(f"{path}/transcribe_start", body)
    transcribe_id = started["transcribe_id"]
    assert (await site.api.get("/v1.0/activeflows"))[1]["result"] == []
    await site.api.post(f"{path}/transcribe_stop", None)
    await done(site.backend, transcribe_id)
    activeflow = await finished(site.api)
    assert (activeflow["reference_type"], activeflow["reference_id"]) == ("transcribe", transcribe_id)
    assert activeflow["flow_id"] == flow_id
    assert copied_values(activeflow) == {"id": transcribe_id, "language": "en-GB", "direction": "in"}
