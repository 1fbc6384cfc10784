"""Transcriptions of recordings, wherever they are stored."""

from pathlib import Path

import fsspec
import pytest

from mixminus.model.ids import RecordingId, new_id
from mixminus.model.recording import RecordingOptions
from mixminus.model.transcription import TranscribeOptions
from mixminus.recording.errors import FileNotFound
from tests.recording.steps import folder, start, stop
from tests.support.clock import ManualClock
from tests.support.house import open_house
from tests.support.talk import done, heard, speak, whistle
from tests.support.tone_engine import word

ENGLISH, KOREAN = TranscribeOptions("en-US"), TranscribeOptions("ko")
HZ = (440, 1000)


@pytest.mark.parametrize("remote", [pytest.param(False, id="here"), pytest.param(True, id="elsewhere")])
@pytest.mark.parametrize("stems", [True, False])
async def test_recording_is_transcribed(tmp_path: Path, remote: bool, stems: bool) -> None:
    url = f"memory://{new_id()}" if remote else ""
    async with open_house(tmp_path, ManualClock(), recording_storage_url=url) as house:
        room = await house.room()
        id_ = RecordingId(await start(house, room, RecordingOptions(format="flac", stems=stems)))
        legs = await house.join(room, 2)
        ids = await house.joined(room)
        for leg, hz in zip(legs, HZ, strict=True):
            speak(house, {leg: whistle(hz, 1.0)})
        await stop(house, room, id_)
        assert folder(house, id_).exists() is not remote
        transcribe = await house.services.transcription.begin_recording(house.customer_id, id_, ENGLISH)
        await done(house, transcribe.id)
        transcripts = await heard(house, transcribe.id, len(HZ))
        assert [each.message for each in transcripts] == [word(hz) for hz in HZ]
        if stems:
            assert tuple(each.conferencecall_id for each in transcripts) == ids


async def test_missing_recording_file_is_reported(tmp_path: Path) -> None:
    url = f"memory://{new_id()}"
    async with open_house(tmp_path, ManualClock(), recording_storage_url=url) as house:
        room = await house.room()
        id_ = RecordingId(await start(house, room))
        await stop(house, room, id_)
        files = fsspec.filesystem("memory")
        files.rm(url.removeprefix("memory://"), recursive=True)
        with pytest.raises(FileNotFound):
            await house.services.transcription.begin_recording(house.customer_id, id_, KOREAN)
