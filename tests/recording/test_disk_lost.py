"""A disk is lost while a recording runs: what the storage has of it becomes the recording."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from mixminus.model.ids import ConferenceId
from mixminus.model.recording import Recording, RecordingOptions, RecordingStatus
from mixminus.recording.completion import TIMELINE
from tests.recording.steps import RATE, TICK, decoded, folder, level, start, stop, talk
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.s3 import BUCKET, keys
from tests.support.waiting import until

PART_S = 10
TALK_TICKS = 100
URL = f"s3://{BUCKET}/calls"


def made(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    return directory


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Backend]:
    async with open_backend(
        made(directory), ManualClock(), recording_storage_url=URL, recording_part_s=PART_S
    ) as backend:
        yield backend


def parts(bucket: Any) -> set[str]:
    return {key for key in keys(bucket) if "/parts/" in key}


def count(backend: Backend, name: str) -> int:
    return backend.recordings.counters[f"recording.{name}"]


async def after_parts(backend: Backend, look: Callable[[], bool]) -> None:
    """Let the time of parts pass until there is what was looked for."""

    def passed() -> bool:
        found = look()
        if not found:
            backend.clock.advance(1)
        return found

    await until(passed)


async def part_stored(backend: Backend, bucket: Any, recording_id: UUID) -> None:
    """Wait until the storage has all that is recorded so far."""
    journal = f"calls/parts/{recording_id}/journal.jsonl/"
    before = {key for key in keys(bucket) if key.startswith(journal)}
    samples = backend.samples(folder(backend, recording_id) / "mix.wav")
    await after_parts(backend, lambda: {key for key in keys(bucket) if key.startswith(journal)} > before)
    await until(lambda: backend.recordings.parts_lag_s() <= 1)
    assert samples > 0


class Talk:
    """A room that is recorded while two phones talk."""

    def __init__(self, backend: Backend, bucket: Any) -> None:
        self.backend = backend
        self._bucket = bucket
        self._legs: list[Any] = []
        self._said = 0

    async def begin(self, **options: Any) -> tuple[UUID, UUID]:
        """Return the room and its recording."""
        self.room = await self.backend.room()
        recording_id = await start(self.backend, self.room, RecordingOptions(stems=True, **options))
        self._legs = await self.backend.join(self.room, 2)
        return self.room.id, recording_id

    async def say(self, recording_id: UUID) -> None:
        """Talk for two seconds, and wait until they are on the disk."""
        talk(self.backend, dict(zip(self._legs, (400.0, 1000.0), strict=True)), TALK_TICKS)
        self._said += TALK_TICKS * TICK
        await self.backend.written(recording_id, self._said / RATE)

    async def stored(self, recording_id: UUID) -> None:
        await part_stored(self.backend, self._bucket, recording_id)


async def killed(directory: Path, bucket: Any, **options: Any) -> tuple[UUID, UUID]:
    """Record four seconds, of which two reach the storage, and copy the data as they are: a server that dies."""
    async with opened(directory / "living") as backend:
        speaking = Talk(backend, bucket)
        room, recording_id = await speaking.begin(**options)
        await speaking.say(recording_id)
        await speaking.stored(recording_id)
        await speaking.say(recording_id)
        shutil.copytree(directory / "living", directory / "dead")
        kept = {key: bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys(bucket)}
    for key in keys(bucket):
        bucket.delete_object(Bucket=BUCKET, Key=key)
    for key, body in kept.items():
        bucket.put_object(Bucket=BUCKET, Key=key, Body=body)
    return room, recording_id


def lose_disk(directory: Path) -> None:
    """Delete what a server has beside its database."""
    shutil.rmtree(directory / "dead" / "recordings")


def download(bucket: Any, recording: Recording, name: str, target: Path) -> np.ndarray[Any, Any]:
    target.write_bytes(bucket.get_object(Bucket=BUCKET, Key=f"calls/{recording.id}/{name}")["Body"].read())
    return decoded(target)


@pytest.mark.parametrize("format_", ["wav", "flac", "ogg"])
async def test_recording_of_a_lost_disk_is_completed_from_its_parts(
    tmp_path: Path, bucket: Any, format_: str
) -> None:
    room, recording_id = await killed(tmp_path, bucket, format=format_)
    lose_disk(tmp_path)
    async with opened(tmp_path / "dead") as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        assert (recording.error, [each["track"] for each in recording.files]) == (
            "repaired",
            ["mix", "port-1", "port-2"],
        )
        assert recording.tm_start
        assert recording.tm_end
        assert 1.9 < (recording.tm_end - recording.tm_start).total_seconds() < 3.1
        for number, (file, tones) in enumerate(
            zip(recording.files, ((400, 1000), (400,), (1000,)), strict=True)
        ):
            pcm = download(bucket, recording, file["name"], tmp_path / f"{number}-{file['name']}")
            assert 1.9 * RATE < pcm.shape[1] < 3.1 * RATE
            assert [hz for hz in (400, 1000) if level(pcm[0][: 2 * RATE], hz) > 4000] == list(tones)
        assert await backend.services.library.verify(backend.customer_id, recording.id) == []
        types = await backend.event_types(ConferenceId(room))
        assert types.count("recording_finished") == 1
        await until(lambda: parts(bucket) == set())
        assert not folder(backend, recording_id).exists()
        assert (count(backend, "restored"), count(backend, "lost")) == (1, 0)


async def test_the_disk_comes_first(tmp_path: Path, bucket: Any) -> None:
    _, recording_id = await killed(tmp_path, bucket)
    async with opened(tmp_path / "dead") as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        pcm = download(bucket, recording, "mix.wav", tmp_path / "whole.wav")
        assert pcm.shape[1] >= 4 * RATE
        assert count(backend, "restored") == 0
        await until(lambda: parts(bucket) == set())


async def test_a_recording_without_parts_is_lost(tmp_path: Path, bucket: Any) -> None:
    room, recording_id = await killed(tmp_path, bucket)
    lose_disk(tmp_path)
    for key in keys(bucket):
        bucket.delete_object(Bucket=BUCKET, Key=key)
    async with opened(tmp_path / "dead") as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        assert (recording.error, recording.files, recording.seal) == ("lost", (), "")
        assert (count(backend, "restored"), count(backend, "lost")) == (0, 1)
        assert (await backend.event_types(ConferenceId(room))).count("recording_finished") == 1


async def test_a_stored_recording_whose_end_was_not_written_is_ended_as_it_is(
    tmp_path: Path, bucket: Any
) -> None:
    """The server dies between the last file of the recording in the storage and the row."""
    _, recording_id = await killed(tmp_path, bucket)
    shutil.copytree(tmp_path / "dead", tmp_path / "first")
    before = parts(bucket)
    kept = {key: bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in before}
    async with opened(tmp_path / "first") as backend:
        first = await backend.recording(recording_id, RecordingStatus.ENDED)
        await until(lambda: parts(bucket) == set())
    for key, body in kept.items():
        bucket.put_object(Bucket=BUCKET, Key=key, Body=body)
    lose_disk(tmp_path)
    async with opened(tmp_path / "dead") as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        assert (recording.seal, recording.files) == (first.seal, first.files)
        assert await backend.services.library.verify(backend.customer_id, recording.id) == []
        await until(lambda: parts(bucket) == set())


async def test_a_disk_that_comes_back_is_set_apart_and_deleted(tmp_path: Path, bucket: Any) -> None:
    _, recording_id = await killed(tmp_path, bucket)
    (tmp_path / "dead" / "recordings").rename(tmp_path / "unmounted")
    async with opened(tmp_path / "dead") as backend:
        recording = await backend.recording(recording_id, RecordingStatus.ENDED)
        await until(lambda: parts(bucket) == set())
    shutil.rmtree(tmp_path / "dead" / "recordings")
    (tmp_path / "unmounted").rename(tmp_path / "dead" / "recordings")
    stored = keys(bucket)
    async with opened(tmp_path / "dead") as backend:
        assert count(backend, "superseded") == 1
        sound = await backend.services.library.sound(backend.customer_id, recording.id)
        assert (sound.path, sound.size) == (None, recording.files[0]["bytes"])
        assert await backend.services.library.verify(backend.customer_id, recording.id) == []
        await backend.services.library.run_maintenance()
        assert list(backend.recordings_directory.iterdir()) == []
        assert await backend.recordings.get(backend.customer_id, recording.id) == recording
    assert keys(bucket) == stored


async def test_a_storage_that_is_away_is_caught_up_with(tmp_path: Path, bucket: Any) -> None:
    async with opened(tmp_path) as backend:
        speaking = Talk(backend, bucket)
        _, recording_id = await speaking.begin()
        bucket.delete_bucket(Bucket=BUCKET)
        await speaking.say(recording_id)
        await after_parts(backend, lambda: count(backend, "parts_failed") == 2)
        assert backend.recordings.parts_lag_s() >= 2
        assert count(backend, "parts_stored") == 0
        bucket.create_bucket(Bucket=BUCKET)
        await speaking.say(recording_id)
        await speaking.stored(recording_id)
        assert count(backend, "parts_stored") >= 4
        stopped = await stop(backend, speaking.room, recording_id)
        await until(lambda: parts(bucket) == set())
        assert {f"calls/{stopped.id}/{TIMELINE}", f"calls/{stopped.id}/mix.wav"} <= keys(bucket)
        assert backend.recordings.parts_lag_s() == 0


async def test_parts_that_were_not_deleted_are_deleted_later_and_those_of_others_stay(
    tmp_path: Path, bucket: Any
) -> None:
    async with opened(tmp_path) as backend:
        speaking = Talk(backend, bucket)
        _, recording_id = await speaking.begin()
        await speaking.say(recording_id)
        await speaking.stored(recording_id)
        left = parts(bucket)
        await stop(backend, speaking.room, recording_id)
        await until(lambda: parts(bucket) == set())
        foreign = f"calls/parts/{UUID(int=1)}/mix.wav/000000000000000"
        for key in (*left, foreign):
            bucket.put_object(Bucket=BUCKET, Key=key, Body=b"left")
        await backend.services.library.run_maintenance()
        assert parts(bucket) == {foreign}


async def test_no_parts_are_stored_without_a_length(tmp_path: Path, bucket: Any) -> None:
    async with open_backend(
        tmp_path, ManualClock(), recording_storage_url=URL, recording_part_s=0
    ) as backend:
        speaking = Talk(backend, bucket)
        _, recording_id = await speaking.begin()
        await speaking.say(recording_id)
        backend.clock.advance(60)
        await speaking.say(recording_id)
        assert keys(bucket) == set()
        await stop(backend, speaking.room, recording_id)
        assert count(backend, "parts_stored") == 0
