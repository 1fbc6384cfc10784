"""Recordings in an S3-compatible store: moto's server, over real HTTP."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from mixminus.errors import InvalidArgument
from mixminus.model.recording import Recording, RecordingOptions
from mixminus.recording.errors import FileNotFound, RecordingUnavailable
from mixminus.recording.storage import open_storage
from tests.recording.steps import TICK, folder, start, stop, talk
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.s3 import BUCKET, keys


async def recorded(backend: Backend, **options: Any) -> Recording:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(**options))
    (leg,) = await backend.join(room)
    talk(backend, {leg: 400.0}, 100)
    return await stop(backend, room, recording_id)


async def test_ended_recording_is_uploaded_and_readable(tmp_path: Path, bucket: Any) -> None:
    url = f"s3://{BUCKET}/calls"
    async with open_backend(tmp_path, ManualClock(), recording_storage_url=url) as backend:
        recording = await recorded(backend, format="flac", stems=True)
        names = {each["name"] for each in recording.files} | {"timeline.json"}
        assert keys(bucket) == {f"calls/{recording.id}/{name}" for name in names}
        assert not folder(backend, recording.id).exists()
        library = backend.services.library
        sound = await library.sound(backend.customer_id, recording.id)
        assert (sound.path, sound.size) == (None, recording.files[0]["bytes"])
        whole = sound.read(0, sound.size)
        assert (whole[:4], len(whole)) == (b"fLaC", sound.size)
        assert sound.read(100, 200) == whole[100:200]
        with_progress = await library.peaks(backend.customer_id, recording.id, 10)
        assert (with_progress["length"], with_progress["sample_rate"]) == (20, 16000)
        assert max(with_progress["data"]) > 20
        timeline = await library.timeline(backend.customer_id, recording.id)
        assert timeline["seal"] == recording.seal
        assert await library.verify(backend.customer_id, recording.id) == []
        body = bucket.get_object(Bucket=BUCKET, Key=f"calls/{recording.id}/mix.flac")["Body"].read()
        forged = bytes([*body[:-1], body[-1] ^ 1])
        bucket.put_object(Bucket=BUCKET, Key=f"calls/{recording.id}/mix.flac", Body=forged)
        findings = await library.verify(backend.customer_id, recording.id)
        assert findings[0].what == "a file was changed"
        await library.delete(backend.customer_id, recording.id)
        assert keys(bucket) == set()
        with pytest.raises(FileNotFound):
            await library.sound(backend.customer_id, recording.id)


async def test_failed_upload_is_retried(tmp_path: Path, bucket: Any) -> None:
    url = f"s3://{BUCKET}"
    async with open_backend(tmp_path, ManualClock(), recording_storage_url=url) as backend:
        bucket.delete_bucket(Bucket=BUCKET)
        recording = await recorded(backend)
        assert backend.recordings.counters["recording.not_stored"] == 1
        sound = await backend.services.library.sound(backend.customer_id, recording.id)
        assert sound.path is not None
        assert sound.size == 44 + 2 * 100 * TICK
        bucket.create_bucket(Bucket=BUCKET)
        await backend.services.library.run_maintenance()
        assert f"{recording.id}/mix.wav" in keys(bucket)
        assert not folder(backend, recording.id).exists()
        sound = await backend.services.library.sound(backend.customer_id, recording.id)
        assert (sound.path, sound.size) == (None, 44 + 2 * 100 * TICK)


async def test_expired_recording_is_deleted(tmp_path: Path) -> None:
    async with open_backend(tmp_path, ManualClock(), recording_retention_days=30) as backend:
        old = await recorded(backend)
        backend.clock.advance(29 * 86_400)
        new = await recorded(backend)
        await backend.services.library.run_maintenance()
        assert len(await backend.recordings.list(backend.customer_id, EVERYTHING)) == 2
        backend.clock.advance(2 * 86_400)
        await backend.services.library.run_maintenance()
        assert [each.id for each in await backend.recordings.list(backend.customer_id, EVERYTHING)] == [
            new.id
        ]
        assert not folder(backend, old.id).exists()
        assert folder(backend, new.id).exists()
        gone = await backend.recordings.get(backend.customer_id, old.id)
        assert gone.tm_delete is not None


async def test_a_recording_that_cannot_be_deleted_says_so_and_keeps_no_other(tmp_path: Path) -> None:
    async with open_backend(tmp_path, ManualClock(), recording_retention_days=30) as backend:
        stuck, other = await recorded(backend), await recorded(backend)
        kept = folder(backend, stuck.id)
        shutil.rmtree(kept)
        kept.write_text("no folder")
        with pytest.raises(RecordingUnavailable):
            await backend.services.library.delete(backend.customer_id, stuck.id)
        backend.clock.advance(31 * 86_400)
        await backend.services.library.run_maintenance()
        left = await backend.recordings.list(backend.customer_id, EVERYTHING)
        assert [each.id for each in left] == [stuck.id]
        assert not folder(backend, other.id).exists()
        kept.unlink()
        await backend.services.library.run_maintenance()
        assert await backend.recordings.list(backend.customer_id, EVERYTHING) == []


def test_unsupported_storage_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="recording_storage_url"):
        open_storage("nothing://bucket", tmp_path)
