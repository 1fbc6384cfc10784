"""The timeline records every event with its sample, and detects changes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from mixminus.app.main import main
from mixminus.model.call import MuteDirection
from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording, RecordingOptions
from mixminus.recording.journal import link
from mixminus.recording.verify import verify
from tests.recording.steps import RATE, TICK, folder, start, stop, talk
from tests.support.backend import Backend


async def recorded(backend: Backend, format_: str = "wav") -> tuple[Recording, Path]:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(format=format_, stems=True))
    backend.tick(50)
    (leg,) = await backend.join(room)
    (conferencecall_id,) = await backend.joined(room)
    talk(backend, {leg: 400.0}, 50)
    leg.bye()
    await backend.gone(conferencecall_id)
    backend.tick(25)
    recording = await stop(backend, room, recording_id)
    return recording, folder(backend, recording_id)


def events(timeline: dict[str, Any]) -> list[tuple[str, int]]:
    return [
        (line["entry"]["event"], line["entry"]["at"])
        for line in timeline["entries"]
        if line["entry"]["type"] == "event"
    ]


async def test_timeline_has_events_with_their_samples(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    backend.tick(50)
    (leg,) = await backend.join(room)
    (conferencecall_id,) = await backend.joined(room)
    call = await backend.call_of(conferencecall_id)
    talk(backend, {leg: 400.0}, 50)
    await backend.calls.set_mute(backend.customer_id, call.id, MuteDirection.IN, True)
    talk(backend, {leg: 400.0}, 50)
    await backend.calls.set_mute(backend.customer_id, call.id, MuteDirection.IN, False)
    backend.tick(25)
    leg.bye()
    await backend.gone(conferencecall_id)
    recording = await stop(backend, room, recording_id)
    timeline = await backend.services.library.timeline(backend.customer_id, recording.id)
    found = events(timeline)
    assert [each for each in found if not each[0].startswith("talking")] == [
        ("joined", 50 * TICK),
        ("muted", 100 * TICK),
        ("unmuted", 150 * TICK),
        ("left", 175 * TICK),
    ]
    talking = [each for each in found if each[0].startswith("talking")]
    assert [each[0] for each in talking] == ["talking_started", "talking_ended"]
    assert 50 * TICK < talking[0][1] < 60 * TICK
    joined = next(line["entry"] for line in timeline["entries"] if line["entry"].get("event") == "joined")
    assert (joined["conferencecall_id"], joined["call_id"]) == (str(conferencecall_id), str(call.id))
    begin, end = timeline["entries"][0]["entry"], timeline["entries"][-2]["entry"]
    assert (begin["recording_id"], begin["sample_rate_hz"]) == (str(recording_id), RATE)
    assert (end["type"], end["samples"], end["note"]) == ("end", 175 * TICK, "")
    assert (timeline["seal"], recording.seal) == (timeline["entries"][-1]["hash"], timeline["seal"])


async def test_timeline_of_a_recording_in_progress(backend: Backend) -> None:
    room = await backend.room()
    recording_id = RecordingId(await start(backend, room))
    await backend.join(room)
    backend.tick(30)
    await backend.written(recording_id, 0.5)
    timeline = await backend.services.library.timeline(backend.customer_id, recording_id)
    assert (timeline["seal"], events(timeline)[0][0]) == ("", "joined")


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    timeline = orjson.loads(path.read_bytes())
    change(timeline)
    path.write_bytes(orjson.dumps(timeline))


def backdate(timeline: dict[str, Any]) -> None:
    next(line for line in timeline["entries"] if line["entry"].get("event") == "joined")["entry"]["at"] = 0


def drop(timeline: dict[str, Any]) -> None:
    del timeline["entries"][1]


def forge(timeline: dict[str, Any]) -> None:
    """Change an entry and recompute the whole chain."""
    backdate(timeline)
    before = ""
    for line in timeline["entries"]:
        before = line["hash"] = link(before, line["entry"])
    timeline["seal"] = before


async def test_verify_locates_a_flipped_byte(backend: Backend, tmp_path: Path) -> None:
    recording, directory = await recorded(backend)
    assert verify(directory, recording.seal) == []
    for number, name in enumerate(each["name"] for each in recording.files):
        copy = tmp_path / f"copy {number}"
        shutil.copytree(directory, copy)
        flip(copy / name, 44 + 2 * 60 * TICK)
        findings = [(each.what, each.where) for each in verify(copy, recording.seal)]
        assert findings == [
            ("a file was changed", name),
            ("a segment was changed", f"{name}, samples 0 to {125 * TICK}"),
        ]


async def test_verify_finds_a_flipped_byte_in_a_compressed_file(backend: Backend) -> None:
    recording, directory = await recorded(backend, "flac")
    flip(directory / "mix.flac", (directory / "mix.flac").stat().st_size // 2)
    findings = verify(directory, recording.seal)
    assert findings[0].what == "a file was changed"


@pytest.mark.parametrize("change", [backdate, drop], ids=lambda each: each.__name__)
async def test_verify_finds_an_edited_timeline(
    backend: Backend, change: Callable[[dict[str, Any]], None]
) -> None:
    _recording, directory = await recorded(backend)
    edit(directory / "timeline.json", change)
    assert verify(directory)[0].what == "the timeline's chain breaks"


async def test_verify_finds_a_recomputed_chain_by_the_stored_seal(backend: Backend) -> None:
    recording, directory = await recorded(backend)
    edit(directory / "timeline.json", forge)
    assert verify(directory) == []
    (finding,) = await backend.services.library.verify(backend.customer_id, recording.id)
    assert finding.what == "the seal differs from the expected one"


async def test_verify_command(backend: Backend, capsys: pytest.CaptureFixture[str]) -> None:
    recording, directory = await recorded(backend)
    assert main(["verify-recording", str(directory), "--seal", recording.seal]) == 0
    assert capsys.readouterr().out == "intact\n"
    flip(directory / "mix.wav", 1000)
    assert main(["verify-recording", str(directory)]) == 1
    assert "a file was changed: mix.wav" in capsys.readouterr().out
