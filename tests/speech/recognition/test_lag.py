"""When recognition is behind, it reports the delay, queues audio on the disk, and catches up."""

from pathlib import Path

from mixminus.model.ids import TranscribeId
from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.recognition.command_queue import QueueLimits
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.speech import tone_config
from tests.support.talk import converse, done, heard, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until

SMALL = QueueLimits(memory_bytes=1 << 16)
ENGLISH = TranscribeOptions("en", "in")


async def test_stalled_worker_loses_no_audio(tmp_path: Path) -> None:
    spill = tmp_path / "speech"
    late = tmp_path / "late"
    config = tone_config(spill, limits=SMALL, model_folder=str(late))
    async with open_backend(tmp_path, ManualClock(), speech=config) as backend:
        room = await backend.room()
        (alice,) = await backend.join(room)
        started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
        transcribe_id = TranscribeId(started.transcribe_id)
        transcription = backend.services.transcription
        for hz in (440, 1000, 1500):
            await converse(backend, {alice: whistle(hz, 4.0)})
        assert transcription.behind_s(transcribe_id) > 10
        assert transcription.counters["speech.behind"] == 1
        assert list(spill.glob("*.spill"))
        late.touch()
        found = await heard(backend, transcribe_id, 3)
        assert [each.message for each in found] == [word(440), word(1000), word(1500)]
        await until(lambda: transcription.behind_s(transcribe_id) == 0)
        assert not list(spill.glob("*.spill"))
        assert transcription.counters["speech.records_dropped"] == 0
        await backend.conferences.transcribe_stop(backend.customer_id, room.id)
        await done(backend, transcribe_id)
