"""Restart after a kill: the files are copied while the first server still runs, and a second one starts on them."""

from pathlib import Path

from mixminus.model.call import CallStatus, HangupBy
from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from mixminus.model.recording import RecordingOptions, RecordingStatus
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.database import copy_directory


def as_killed(directory: Path) -> Path:
    """Return a copy of all files as they are on the disk now."""
    return copy_directory(directory / "first", directory / "second")


async def test_rooms_are_reopened_without_their_lost_calls(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        room = await first.room(name="kept")
        await first.join(room, 2)
        ids = await first.joined(room)
        copy = as_killed(tmp_path)
    async with open_backend(copy, clock) as second:
        found = await second.conferences.get(second.customer_id, room.id)
        assert (found.name, found.status) == ("kept", ConferenceStatus.PROGRESSING)
        assert found.conferencecall_ids == ()
        for id_ in ids:
            await second.participant(id_, ConferencecallStatus.LEAVED)
            call = await second.call_of(id_)
            assert (call.status, call.hangup_by) == (CallStatus.HANGUP, HangupBy.LOCAL)
        assert (await second.event_types(room.id))[-5:] == [
            "conferencecall_leaving",
            "conferencecall_leaved",
            "conferencecall_leaving",
            "conferencecall_leaved",
            "conference_updated",
        ]
        await second.join(found)


async def test_terminating_room_is_terminated(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        room = await first.room()
        await first.join(room)
        (id_,) = await first.joined(room)
        await first.conferences.delete(first.customer_id, room.id)
        # No task has run since: the participant is leaving, and has not left.
        copy = as_killed(tmp_path)
    async with open_backend(copy, clock) as second:
        ended = await second.conferences.get(second.customer_id, room.id)
        assert ended.status is ConferenceStatus.TERMINATED
        assert ended.tm_end is not None
        await second.participant(id_, ConferencecallStatus.LEAVED)
        assert (await second.event_types(room.id))[-1] == "conference_deleted"


async def test_timeouts_continue_with_the_remaining_time(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        soon, later = await first.room(timeout_s=100), await first.room(timeout_s=1000)
        clock.advance(60)
        copy = as_killed(tmp_path)
    async with open_backend(copy, clock) as second:
        clock.advance(39)
        await second.join(soon)
        clock.advance(1)
        await second.conference(soon.id, ConferenceStatus.TERMINATED)
        copy = copy_directory(copy, tmp_path / "third")
    clock.advance(10_000)
    async with open_backend(copy, clock) as third:
        await third.conference(later.id, ConferenceStatus.TERMINATED)


async def test_recording_is_repaired_to_its_last_second(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        room = await first.room()
        started = await first.conferences.recording_start(first.customer_id, room.id, RecordingOptions())
        first.engine.tick(500)
        await first.written(started.recording_id, 10.0)
        copy = as_killed(tmp_path)
    async with open_backend(copy, clock) as second:
        found = await second.conferences.get(second.customer_id, room.id)
        assert (found.recording_id.int, found.recording_ids) == (0, (started.recording_id,))
        recording = await second.recording(started.recording_id, RecordingStatus.ENDED)
        assert recording.tm_start is not None
        assert recording.tm_end is not None
        assert (recording.tm_end - recording.tm_start).total_seconds() == 10.0
        assert (await second.event_types(room.id))[-2:] == ["recording_finished", "conference_updated"]
        path = await second.recordings.file(second.customer_id, recording.id)
        assert second.samples(path) == 160_000


async def test_orderly_stop_ends_recordings_and_keeps_rooms(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_backend(tmp_path, clock) as first:
        room = await first.room()
        await first.join(room)
        started = await first.conferences.recording_start(first.customer_id, room.id, RecordingOptions())
        first.engine.tick(50)
    async with open_backend(tmp_path, clock) as second:
        found = await second.conferences.get(second.customer_id, room.id)
        assert found.status is ConferenceStatus.PROGRESSING
        assert found.conferencecall_ids == ()
        recording = await second.recording(started.recording_id, RecordingStatus.ENDED)
        path = await second.recordings.file(second.customer_id, recording.id)
        assert second.samples(path) == 16_000
