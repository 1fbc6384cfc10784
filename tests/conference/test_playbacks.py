"""What is said and played to a room or to one participant: who hears it, how loud, and what is published."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mixminus.model.conference import Conference
from mixminus.model.recording import RecordingOptions, RecordingStatus
from tests.api.client import ApiClient
from tests.support.caller import RATE_HZ, Caller, run, run_until
from tests.support.site import Site, open_site, site
from tests.support.tones import level_db, read_wav, tone, write_wav
from tests.support.waiting import pace, until

__all__ = ["site"]

VOICE_HZ, FILE_HZ, OTHER_HZ = 440.0, 1130.0, 1950.0
SILENT_DB = -70.0
TICK_S = 0.02


@dataclass
class Hall:
    """A room with callers, and files to play."""

    site: Site
    room: Conference
    callers: list[Caller] = field(default_factory=list)

    @property
    def api(self) -> ApiClient:
        return self.site.api

    @property
    def path(self) -> str:
        return f"/v1.0/conferences/{self.room.id}"

    async def dial(self) -> str:
        """Let one more caller join; return the participant's id."""
        backend = self.site.backend
        self.callers.append(await Caller.dial(backend, self.room.id))

        async def joined() -> bool:
            return len(await backend.joined(self.room)) == len(self.callers)

        await run_until(backend, self.callers, joined)
        return str((await backend.joined(self.room))[-1])

    async def run(self, seconds: float) -> None:
        """Forget what was heard, and run."""
        for caller in self.callers:
            caller.forget()
        for _ in range(round(seconds / TICK_S)):
            await run(self.site.backend, self.callers, TICK_S)
            await pace(TICK_S / 8)  # files are decoded in threads, which need time as well

    async def becomes(self, playback: dict[str, Any], status: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            _, found = await self.api.get(f"/v1.0/playbacks/{playback['id']}")
            return found if found["status"] == status else None

        found: list[dict[str, Any]] = []

        async def note() -> bool:
            found.extend(filter(None, [await look()]))
            return bool(found)

        await run_until(self.site.backend, self.callers, note)
        return found[0]

    async def published(self, count: int) -> list[str]:
        """Return the events of playbacks, when there are so many: they follow the status."""

        async def look() -> list[str] | None:
            types = await self.site.backend.event_types(self.room.id)
            found = [each for each in types if each.startswith("playback_")]
            return found if len(found) >= count else None

        found: list[str] = await until(look)
        return found


async def open_hall(site: Site, callers: int) -> Hall:
    folder = site.backend.sounds_directory
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / "one.wav", tone(FILE_HZ, 1.0, sample_rate_hz=RATE_HZ), RATE_HZ)
    write_wav(folder / "long.wav", tone(FILE_HZ, 30.0, sample_rate_hz=RATE_HZ), RATE_HZ)
    write_wav(folder / "other.wav", tone(OTHER_HZ, 1.0, sample_rate_hz=RATE_HZ), RATE_HZ)
    (folder / "text.wav").write_text("this is no audio")
    hall = Hall(site, await site.backend.room())
    for _ in range(callers):
        await hall.dial()
    return hall


@pytest.fixture
async def hall(site: Site) -> AsyncIterator[Hall]:
    opened = await open_hall(site, 2)
    yield opened
    for caller in opened.callers:
        caller.close()


def db(caller: Caller, frequency_hz: float, last_s: float = 0.5) -> float:
    return level_db(caller.heard[-round(last_s * RATE_HZ) :], frequency_hz, sample_rate_hz=RATE_HZ)


async def test_a_file_is_heard_by_all_and_recorded_and_ends_with_an_event(hall: Hall, tmp_path: Path) -> None:
    backend = hall.site.backend
    recorded = await backend.conferences.recording_start(
        backend.customer_id, hall.room.id, RecordingOptions()
    )
    status, playback = await hall.api.post(f"{hall.path}/play", {"stream_urls": ["one.wav", "other.wav"]})
    assert (status, playback["type"], playback["conferencecall_id"]) == (
        200,
        "play",
        "0" * 8 + "-0000" * 3 + "-" + "0" * 12,
    )
    await hall.becomes(playback, "playing")
    await hall.run(0.7)
    for caller in hall.callers:
        assert db(caller, FILE_HZ, 0.4) > -20
        assert db(caller, OTHER_HZ, 0.4) < SILENT_DB
    await hall.run(1.0)
    for caller in hall.callers:
        assert db(caller, OTHER_HZ, 0.4) > -20
    done = await hall.becomes(playback, "finished")
    assert done["error"] == "" and done["tm_start"] < done["tm_end"]
    assert await hall.published(2) == ["playback_started", "playback_finished"]
    await backend.conferences.recording_stop(backend.customer_id, hall.room.id)
    await backend.recording(recorded.recording_id, RecordingStatus.ENDED, step_s=0.1)
    pcm, rate_hz = read_wav(backend.recordings_directory / str(recorded.recording_id) / "mix.wav")
    assert level_db(pcm, FILE_HZ, sample_rate_hz=rate_hz) > -40
    assert level_db(pcm, OTHER_HZ, sample_rate_hz=rate_hz) > -40


async def test_a_file_for_one_participant_is_neither_heard_by_others_nor_recorded(hall: Hall) -> None:
    backend = hall.site.backend
    first = (await backend.joined(hall.room))[0]
    recorded = await backend.conferences.recording_start(
        backend.customer_id, hall.room.id, RecordingOptions()
    )
    _, playback = await hall.api.post(f"/v1.0/conferencecalls/{first}/play", {"stream_urls": ["one.wav"]})
    assert playback["conferencecall_id"] == str(first)
    await hall.becomes(playback, "playing")
    await hall.run(0.6)
    assert db(hall.callers[0], FILE_HZ, 0.4) > -20
    assert db(hall.callers[1], FILE_HZ, 0.4) < SILENT_DB
    await hall.becomes(playback, "finished")
    await backend.conferences.recording_stop(backend.customer_id, hall.room.id)
    await backend.recording(recorded.recording_id, RecordingStatus.ENDED, step_s=0.1)
    pcm, rate_hz = read_wav(backend.recordings_directory / str(recorded.recording_id) / "mix.wav")
    assert len(pcm) > rate_hz
    assert level_db(pcm, FILE_HZ, sample_rate_hz=rate_hz) < SILENT_DB


@pytest.mark.parametrize("to_one", [False, True])
async def test_talkers_are_ducked_while_it_plays_and_only_then(hall: Hall, to_one: bool) -> None:
    third = await hall.dial()
    hall.callers[0].speaks = tone(VOICE_HZ, 1.0, sample_rate_hz=RATE_HZ)
    await hall.run(1.0)
    before = db(hall.callers[2], VOICE_HZ)
    assert before > -20
    place = f"/v1.0/conferencecalls/{third}" if to_one else hall.path
    body = {"stream_urls": ["long.wav"], "duck_db": 20, "gain_db": -6}
    _, playback = await hall.api.post(f"{place}/play", body)
    await hall.becomes(playback, "playing")
    await hall.run(1.0)
    assert db(hall.callers[2], VOICE_HZ) == pytest.approx(before - 20, abs=1.5)
    assert db(hall.callers[2], FILE_HZ) == pytest.approx(before - 6, abs=1.5)
    assert db(hall.callers[1], VOICE_HZ) == pytest.approx(before - (0 if to_one else 20), abs=1.5)
    late = await hall.dial()
    await hall.run(1.0)
    assert db(hall.callers[3], VOICE_HZ) == pytest.approx(before - (0 if to_one else 20), abs=1.5), late
    status, stopped = await hall.api.post(f"/v1.0/playbacks/{playback['id']}/stop", {})
    assert (status, stopped["status"]) == (200, "stopped")
    await hall.run(1.0)
    for caller in hall.callers[1:]:
        assert db(caller, VOICE_HZ) == pytest.approx(before, abs=1.0)
        assert db(caller, FILE_HZ) < SILENT_DB
    status, refusal = await hall.api.post(f"/v1.0/playbacks/{playback['id']}/stop", {})
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")
    assert await hall.published(2) == ["playback_started", "playback_stopped"]


async def test_a_file_is_repeated_without_a_gap(hall: Hall) -> None:
    _, playback = await hall.api.post(f"{hall.path}/play", {"stream_urls": ["one.wav"], "loop": 3})
    await hall.becomes(playback, "playing")
    await hall.run(3.4)
    assert (await hall.becomes(playback, "finished"))["loop"] == 3
    heard = hall.callers[0].heard
    loud = np.flatnonzero(np.abs(heard) > 300)
    assert len(loud) / RATE_HZ > 2.0
    assert np.diff(loud).max() < RATE_HZ * 0.02, "a second follows the other"


async def test_it_plays_without_end_until_it_is_stopped_and_the_next_follows(hall: Hall) -> None:
    _, endless = await hall.api.post(f"{hall.path}/play", {"stream_urls": ["one.wav"], "loop": 0})
    _, dropped = await hall.api.post(f"{hall.path}/play", {"stream_urls": ["long.wav"]})
    _, following = await hall.api.post(f"{hall.path}/play", {"stream_urls": ["other.wav"]})
    await hall.becomes(endless, "playing")
    await hall.run(5.0)
    assert db(hall.callers[0], FILE_HZ) > -20
    await hall.api.post(f"/v1.0/playbacks/{dropped['id']}/stop", {})
    await hall.api.post(f"/v1.0/playbacks/{endless['id']}/stop", {})
    await hall.becomes(following, "finished")
    _, listed = await hall.api.get(f"{hall.path}/playbacks")
    assert [each["status"] for each in listed["result"]] == ["stopped", "stopped", "finished"]
    names = [
        "playback_started",
        "playback_stopped",
        "playback_stopped",
        "playback_started",
        "playback_finished",
    ]
    assert await hall.published(len(names)) == names


async def test_a_text_is_said_to_the_room(hall: Hall) -> None:
    status, playback = await hall.api.post(
        f"{hall.path}/talk", {"text": "Lunch is ready.", "language": "en-US"}
    )
    assert (status, playback["type"], playback["text"]) == (200, "talk", "Lunch is ready.")
    await hall.becomes(playback, "playing")
    await hall.run(0.8)
    first, second = (caller.heard for caller in hall.callers)
    assert np.abs(first).max() > 1000 and np.abs(second).max() > 1000
    await hall.becomes(playback, "finished")
    for body, reason in (
        ({"text": ""}, "INVALID_ARGUMENT"),
        ({"text": "a", "language": "xx"}, "LANGUAGE_NOT_SPOKEN"),
    ):
        status, refusal = await hall.api.post(f"{hall.path}/talk", body)
        assert (status, refusal["error"]["reason"]) == (400, reason)


@pytest.mark.parametrize("name", ["missing.wav", "../outside.wav", "text.wav"])
async def test_what_cannot_be_played_fails_with_its_reason(hall: Hall, name: str) -> None:
    _, playback = await hall.api.post(f"{hall.path}/play", {"stream_urls": [name]})
    assert (await hall.becomes(playback, "failed"))["error"]
    assert await hall.published(1) == ["playback_failed"]


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_url_of_a_private_address_is_fetched_only_if_that_is_allowed(
    tmp_path: Path, allowed: bool
) -> None:
    requests = 0
    source = write_wav(tmp_path / "web.wav", tone(FILE_HZ, 1.0, sample_rate_hz=RATE_HZ), RATE_HZ)

    async def serve(_: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        return web.Response(body=source.read_bytes())

    app = web.Application()
    app.router.add_get("/web.wav", serve)
    async with TestServer(app) as server, open_site(tmp_path, private_targets=allowed) as site:
        hall = await open_hall(site, 0)
        body = {"stream_urls": [str(server.make_url("/web.wav"))], "loop": 2}
        _, playback = await hall.api.post(f"{hall.path}/play", body)
        ended = await hall.becomes(playback, "finished" if allowed else "failed")
        assert requests == (1 if allowed else 0), "once for both repetitions"
        assert bool(ended["error"]) is not allowed


async def test_the_queue_of_a_room_is_bounded(hall: Hall) -> None:
    body = {"stream_urls": ["long.wav"]}
    answers = [await hall.api.post(f"{hall.path}/play", body) for _ in range(17)]
    assert [status for status, _ in answers] == [200] * 16 + [409]
    assert answers[-1][1]["error"]["reason"] == "PLAYBACK_QUEUE_FULL"
    participant = (await hall.site.backend.joined(hall.room))[0]
    status, _ = await hall.api.post(f"/v1.0/conferencecalls/{participant}/play", body)
    assert status == 200, "a participant has a queue of its own"


async def test_it_stops_when_its_participant_leaves_and_when_its_room_ends(hall: Hall) -> None:
    first = (await hall.site.backend.joined(hall.room))[0]
    body = {"stream_urls": ["long.wav"]}
    _, to_one = await hall.api.post(f"/v1.0/conferencecalls/{first}/play", body)
    _, to_all = await hall.api.post(f"{hall.path}/play", body)
    for each in (to_one, to_all):
        await hall.becomes(each, "playing")
    hall.callers[0].leg.bye()
    await hall.becomes(to_one, "stopped")
    assert (await hall.api.get(f"/v1.0/playbacks/{to_all['id']}"))[1]["status"] == "playing"
    await hall.api.send("DELETE", hall.path)
    await hall.becomes(to_all, "stopped")
    status, _ = await hall.api.post(f"{hall.path}/play", body)
    assert status == 409
    status, _ = await hall.api.post(f"/v1.0/conferencecalls/{first}/play", body)
    assert status == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"stream_urls": []},
        {"stream_urls": ["a"] * 6},
        {"stream_urls": ["a"], "loop": -1},
        {"stream_urls": ["a"], "gain_db": 13},
        {"stream_urls": ["a"], "duck_db": -1},
    ],
)
async def test_invalid_requests_are_refused(hall: Hall, wrong: dict[str, Any]) -> None:
    assert (await hall.api.post(f"{hall.path}/play", wrong))[0] == 400
