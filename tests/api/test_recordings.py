"""Recordings by HTTP: while they run, when they have ended, and when they are deleted."""

import io
import wave
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import numpy as np
import pytest
from multidict import CIMultiDict

from mixminus.api.recordings import Peaks, Timeline
from mixminus.model.ids import ConferenceId, RecordingId
from tests.recording.steps import TICK, talk
from tests.support.backend import Backend
from tests.support.endings import copied_values, copying_flow, finished
from tests.support.site import Site, site
from tests.support.waiting import until

__all__ = ["site"]

NIL = "00000000-0000-0000-0000-000000000000"


async def begin(site: Site, body: dict[str, Any] | None = None) -> tuple[str, str]:
    """Return a room and what records it."""
    room = await site.api.room()
    status, started = await site.api.post(f"/v1.0/conferences/{room['id']}/recording_start", body or {})
    assert status == 200, started
    return f"/v1.0/conferences/{room['id']}", started["recording_id"]


async def end(site: Site, room: str, recording_id: str) -> dict[str, Any]:
    await site.api.send("POST", f"{room}/recording_stop")
    return await ended(site, recording_id)


async def ended(site: Site, recording_id: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        _, seen = await site.api.get(f"/v1.0/recordings/{recording_id}")
        return seen if seen["status"] == "ended" else None

    found = await until(look)
    assert isinstance(found, dict)
    return found


async def speak(backend: Backend, room: str, ticks: int = 100) -> None:
    id_ = ConferenceId(UUID(room.rsplit("/", 1)[1]))
    conference = await backend.conferences.get(backend.customer_id, id_)
    (leg,) = await backend.join(conference)
    talk(backend, {leg: 400.0}, ticks)


async def fetch(
    site: Site, path: str, headers: dict[str, str] | None = None
) -> tuple[int, CIMultiDict[str], bytes]:
    async with site.api.request("GET", path, headers=headers) as response:
        return response.status, response.headers.copy(), await response.read()


async def test_recording_file_has_the_media_type_of_its_format(site: Site) -> None:
    room, recording_id = await begin(site, {"format": "ogg", "stems": True, "channels": "mono"})
    await speak(site.backend, room)
    recording = await end(site, room, recording_id)
    assert (recording["format"], recording["stems"], recording["progress"]) == ("ogg", True, None)
    status, headers, body = await fetch(site, f"/v1.0/recordingfiles/{recording_id}")
    assert (status, headers["Content-Type"], body[:4]) == (200, "audio/ogg", b"OggS")
    assert headers["Content-Disposition"] == f'attachment; filename="{recording_id}.ogg"'
    track = recording["files"][1]["track"]
    status, headers, _ = await fetch(site, f"/v1.0/recordingfiles/{recording_id}?track={track}")
    assert (status, headers["Content-Disposition"]) == (
        200,
        f'attachment; filename="{recording_id}.{track}.ogg"',
    )
    status, _, _ = await fetch(site, f"/v1.0/recordingfiles/{recording_id}?track=../../etc")
    assert status == 404


async def test_recording_file_with_a_current_tag_is_304(site: Site) -> None:
    room, recording_id = await begin(site)
    await speak(site.backend, room)
    await end(site, room, recording_id)
    path = f"/v1.0/recordingfiles/{recording_id}"
    _, headers, whole = await fetch(site, path)
    status, again, body = await fetch(site, path, {"If-None-Match": headers["ETag"]})
    assert (status, again["ETag"], body) == (304, headers["ETag"], b"")
    status, part, body = await fetch(site, path, {"Range": "bytes=100-199", "If-Range": headers["ETag"]})
    assert (status, part["Content-Range"]) == (206, f"bytes 100-199/{len(whole)}")
    assert body == whole[100:200]


async def test_live_recording_file_has_the_audio_so_far(site: Site) -> None:
    room, recording_id = await begin(site)
    path = f"/v1.0/recordingfiles/{recording_id}"
    await speak(site.backend, room)
    await site.backend.written(UUID(recording_id), 2)
    assert (await fetch(site, path))[0] == 409
    status, headers, whole = await fetch(site, f"{path}?live=true")
    assert (status, headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(whole)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (1, 16000, 100 * TICK)
        assert np.any(np.frombuffer(file.readframes(file.getnframes()), np.int16))
    for wanted, expected in (
        ("bytes=0-9", whole[:10]),
        ("bytes=40-49", whole[40:50]),
        ("bytes=-10", whole[-10:]),
        ("bytes=60000-", whole[60000:]),
    ):
        status, headers, body = await fetch(site, f"{path}?live=true", {"Range": wanted})
        assert (status, body) == (206, expected)
    status, _, body = await fetch(site, f"{path}?live=true", {"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")
    status, headers, _ = await fetch(site, f"{path}?live=true", {"Range": "bytes=9999999-"})
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
    await end(site, room, recording_id)
    assert (await fetch(site, f"{path}?live=true"))[0] == 409


async def test_pause_and_resume_a_recording(site: Site) -> None:
    room, recording_id = await begin(site)
    status, answer = await site.api.post(f"{room}/recording_pause", {"mode": "loud"})
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    status, shown = await site.api.post(f"{room}/recording_pause", {"mode": "cut"})
    assert (status, shown["recording_id"]) == (200, recording_id)
    assert (await site.api.get(f"/v1.0/recordings/{recording_id}"))[1]["paused"] == "cut"
    assert (await site.api.send("POST", f"{room}/recording_pause"))[0] == 409
    assert (await site.api.send("POST", f"{room}/recording_resume"))[0] == 200
    assert (await site.api.send("POST", f"{room}/recording_resume"))[0] == 409


async def test_recording_timeline_peaks_and_verification(site: Site) -> None:
    room, recording_id = await begin(site)
    await speak(site.backend, room)
    recording = await end(site, room, recording_id)
    path = f"/v1.0/recordings/{recording_id}"
    status, timeline = await site.api.get(f"{path}/timeline")
    assert (status, timeline["seal"]) == (200, recording["seal"])
    Timeline.model_validate(timeline)
    status, peaks = await site.api.get(f"{path}/peaks?per_second=20")
    assert (status, peaks["length"], len(peaks["data"])) == (200, 40, 80)
    Peaks.model_validate(peaks)
    assert (min(peaks["data"]), max(peaks["data"])) == pytest.approx((-24, 23), abs=2)
    assert await site.api.get(f"{path}/verification") == (200, {"intact": True, "findings": []})
    for wrong in ("0", "-1", "1001", "x", "10.5"):
        assert (await site.api.get(f"{path}/peaks?per_second={wrong}"))[0] == 400


async def test_deleted_recording_has_no_file(site: Site) -> None:
    room, recording_id = await begin(site)
    path = f"/v1.0/recordings/{recording_id}"
    assert (await site.api.send("DELETE", path))[0] == 409
    await end(site, room, recording_id)
    directory = site.backend.recordings_directory / recording_id
    assert directory.is_dir()
    status, deleted = await site.api.send("DELETE", path)
    assert status == 200
    assert deleted["tm_delete"] != deleted["tm_end"]
    assert not directory.exists()
    assert (await site.api.send("DELETE", path))[0] == 200
    assert (await site.api.get("/v1.0/recordings"))[1]["result"] == []
    assert (await site.api.get(path))[0] == 200
    for what in (f"/v1.0/recordingfiles/{recording_id}", f"{path}/timeline", f"{path}/peaks"):
        status, answer = await site.api.get(what)
        assert (status, answer["error"]["reason"]) == (404, "FILE_NOT_FOUND")
    events = await site.backend.events(UUID(room.rsplit("/", 1)[1]))
    assert [each.type for each in events][-1] == "recording_deleted"


async def listed(site: Site, query: str) -> list[str]:
    """Return the ids of all recordings that a query has, page by page."""
    found: list[str] = []
    token = ""
    while True:
        status, page = await site.api.get(f"/v1.0/recordings?{query}&page_token={quote(token)}")
        assert status == 200, page
        found += [each["id"] for each in page["result"]]
        if not (token := page["next_page_token"]):
            return found


async def test_a_room_has_its_newest_recordings_and_the_list_has_all(site: Site) -> None:
    room, first = await begin(site)
    await end(site, room, first)
    async with site.backend.store.transaction() as tx:
        model = await tx.recordings.find(UUID(first))
        assert model is not None
        older = [
            replace(model, id=RecordingId(uuid4()), tm_create=model.tm_create - timedelta(minutes=age))
            for age in range(1, 121)
        ]
        for each in older:
            await tx.recordings.add(each)
    history = [str(each.id) for each in reversed(older)] + [first]
    _, started = await site.api.send("POST", f"{room}/recording_start")
    active = started["recording_id"]
    newest = [*history[-99:], active]
    assert started["recording_ids"] == newest
    assert (await site.api.get(room))[1]["recording_ids"] == newest
    events = await site.backend.events(UUID(room.rsplit("/", 1)[1]))
    assert events[-1].type == "conference_updated"
    assert events[-1].data["recording_ids"] == newest
    room_id = room.rsplit("/", 1)[1]
    assert await listed(site, f"reference_type=confbridge&reference_id={room_id}") == [active, *history[::-1]]
    assert await listed(site, f"reference_type=call&reference_id={room_id}") == []
    assert await listed(site, f"reference_type=confbridge&reference_id={uuid4()}") == []
    status, stopped = await site.api.send("POST", f"{room}/recording_stop")
    assert (status, stopped["recording_id"], stopped["recording_ids"]) == (200, NIL, newest)


@pytest.mark.parametrize(
    "query",
    [
        "reference_type=call",
        "reference_id=ad1d02a8-93a2-4de5-a4d9-e0dc3f8ca7e2",
        "reference_type=recording&reference_id=ad1d02a8-93a2-4de5-a4d9-e0dc3f8ca7e2",
        "reference_type=call&reference_id=x",
    ],
)
async def test_a_reference_that_is_not_whole_is_refused(site: Site, query: str) -> None:
    status, answer = await site.api.get(f"/v1.0/recordings?{query}")
    assert (status, answer["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")


async def test_record_a_call(site: Site) -> None:
    room = await site.api.room()
    await speak(site.backend, f"/{room['id']}", 10)
    (joined,) = await site.participants(room["id"], "joined")
    call = f"/v1.0/calls/{joined['reference_id']}"
    status, answer = await site.api.send("POST", f"{call}/recording_stop")
    assert (status, answer["error"]["reason"]) == (409, "RECORDING_NOT_ACTIVE")
    status, shown = await site.api.post(
        f"{call}/recording_start", {"format": "wav", "end_of_key": "#", "channels": "stereo"}
    )
    assert status == 200
    recording_id = shown["recording_id"]
    assert shown["recording_ids"] == [recording_id]
    status, answer = await site.api.send("POST", f"{call}/recording_start")
    assert (status, answer["error"]["reason"]) == (409, "RECORDING_ALREADY_ACTIVE")
    assert (await site.api.send("POST", f"{call}/recording_pause"))[0] == 200
    assert (await site.api.send("POST", f"{call}/recording_resume"))[0] == 200
    site.backend.tick(10)
    status, shown = await site.api.send("POST", f"{call}/recording_stop")
    assert (status, shown["recording_id"], shown["recording_ids"]) == (200, NIL, [recording_id])
    recording = await ended(site, recording_id)
    assert (recording["reference_type"], recording["channels"]) == ("call", "stereo")
    for body in ({"format": "aiff"}, {"end_of_key": "12"}, {"end_of_silence": -1}):
        assert (await site.api.post(f"{call}/recording_start", body))[0] == 400
    await site.api.send("POST", f"{call}/hangup")
    status, answer = await site.api.send("POST", f"{call}/recording_start")
    assert (status, answer["error"]["reason"]) == (409, "CALL_STATE_INVALID")


async def test_on_end_flow_runs_with_the_recording(site: Site) -> None:
    names = ("id", "reference_type", "reference_id", "format", "recording_name", "filenames")
    flow_id = await copying_flow(site.api, "voipbin.recording", names)
    room, recording_id = await begin(site, {"on_end_flow_id": flow_id, "format": "flac", "stems": True})
    await speak(site.backend, room)
    recording = await end(site, room, recording_id)
    activeflow = await finished(site.api)
    assert (activeflow["reference_type"], activeflow["reference_id"]) == ("recording", recording_id)
    assert activeflow["flow_id"] == flow_id
    assert copied_values(activeflow) == {
        "id": recording_id,
        "reference_type": "confbridge",
        "reference_id": room.rsplit("/", 1)[1],
        "format": "flac",
        "recording_name": recording_id,
        "filenames": ",".join(f"{each['track']}.flac" for each in recording["files"]),
    }
