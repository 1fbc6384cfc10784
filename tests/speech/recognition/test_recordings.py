"""Transcriptions of recordings, wherever they are stored."""

from pathlib import Path

import fsspec
import pytest

from mixminus.model.ids import RecordingId, new_id
from mixminus.model.recording import RecordingOptions
from mixminus.model.transcription import TranscribeOptions
from mixminus.recording.errors import FileNotFound
from tests.recording.steps import folder, start, stop
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.talk import done, heard, speak, whistle
from tests.support.tone_engine import word

ENGLISH, KOREAN = TranscribeOptions("en-US"), TranscribeOptions("ko")
HZ = (440, 1000)


@pytest.mark.parametrize("remote", [pytest.param(False, id="here"), pytest.param(True, id="elsewhere")])
@pytest.mark.parametrize("stems", [True, False])
async def test_recording_is_transcribed(tmp_path: Path, remote: bool, stems: bool) -> None:
    url = f"memory://{new_id()}" if remote else ""
    async with open_backend(tmp_path, ManualClock(), recording_storage_url=url) as backend:
        room = await backend.room()
        id_ = RecordingId(await start(backend, room, RecordingOptions(format="flac", stems=stems)))
        legs = await backend.join(room, 2)
        ids = await backend.joined(room)
        for leg, hz in zip(legs, HZ, strict=True):
            speak(backend, {leg: whistle(hz, 1.0)})
        await stop(backend, room, id_)
        assert folder(backend, id_).exists() is not remote
        transcribe = await backend.services.transcription.begin_recording(backend.customer_id, id_, ENGLISH)
        await done(backend, transcribe.id)
        transcripts = await heard(backend, transcribe.id, len(HZ))
        assert [each.message for each in transcripts] == [word(hz) for hz in HZ]
        if stems:
            assert tuple(each.conferencecall_id for each in transcripts) == ids


async def test_missing_recording_file_is_reported(tmp_path: Path) -> None:
    url = f"memory://{new_id()}"
    async with open_backend(tmp_path, ManualClock(), recording_storage_url=url) as backend:
        room = await backend.room()
        id_ = RecordingId(await start(backend, room))
        await stop(backend, room, id_)
        files = fsspec.filesystem("memory")
        files.rm(url.removeprefix("memory://"), recursive=True)
        with pytest.raises(FileNotFound):
            await backend.services.transcription.begin_recording(backend.customer_id, id_, KOREAN)
