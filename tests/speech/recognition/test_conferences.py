"""Transcriptions of conferences: text, speaker and time."""

import asyncio
import os
import signal
from collections.abc import Awaitable
from pathlib import Path

import pytest

from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from mixminus.model.ids import NIL, TranscribeId
from mixminus.model.transcription import Transcribe, TranscribeOptions, TranscribeStatus
from mixminus.speech.recognition.errors import (
    LanguageNotSupported,
    TranscribeAlreadyProgressing,
    TranscribeNotActive,
)
from mixminus.store.database import Store
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.database import database_url
from tests.support.talk import done, event_data, heard, speak, whistle
from tests.support.tone_engine import DEADLY_HZ, word
from tests.support.waiting import run_ready_tasks, until

ENGLISH = TranscribeOptions("en-US", "in")
LOW, HIGH = 440.0, 1000.0


async def test_simultaneous_participants_are_transcribed_separately(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    (bob,) = await backend.join(room)
    ids = await backend.joined(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    assert started.transcribe_ids == (started.transcribe_id,)
    speak(backend, {alice: whistle(LOW, 1.0), bob: whistle(HIGH, 1.0)})
    first, second = await heard(backend, started.transcribe_id, 2)
    assert {(each.message, each.conferencecall_id) for each in (first, second)} == {
        (word(LOW), ids[0]),
        (word(HIGH), ids[1]),
    }
    assert {first.call_id, second.call_id} == {(await backend.call_of(id_)).id for id_ in ids}
    for each in (first, second):
        assert each.start_us <= 320_000
        assert 1_000_000 <= each.end_us <= 1_500_000


async def test_times_are_in_the_rooms_sample_clock(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    backend.tick(200)
    speak(backend, {alice: whistle(LOW, 1.0)})
    backend.tick(100)
    speak(backend, {alice: whistle(HIGH, 1.0)})
    first, second = await heard(backend, started.transcribe_id, 2)
    # 4 s of silence, then 1 s of speech, 1.5 and 2 s of silence; an utterance begins up to 0.3 s early.
    assert 3_600_000 <= first.start_us <= 4_100_000
    assert 8_100_000 <= second.start_us <= 8_600_000
    assert (first.message, second.message) == (word(LOW), word(HIGH))


async def test_speech_events_are_published_during_speech(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 2.0)})
    (transcript,) = await heard(backend, started.transcribe_id, 1)
    await backend.conferences.transcribe_stop(backend.customer_id, room.id)
    await done(backend, started.transcribe_id)
    events = await backend.events(room.id)
    types = [event.type for event in events if "transc" in event.type]
    assert types[:3] == ["transcribe_created", "transcribe_progressing", "transcribe_speech_started"]
    assert types[-1] == "transcribe_done"
    assert types.index("transcribe_speech_ended") < types.index("transcript_created")
    speech = event_data(events, "transcribe_speech")
    assert {each["id"] for each in speech} == {str(transcript.id)}
    assert {each["conferencecall_id"] for each in speech} == {str(transcript.conferencecall_id)}
    assert all("message" not in each for each in event_data(events, "transcribe_speech_started"))


async def test_interim_text_is_published_during_an_utterance(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 3.0)}, rest_s=0.0)

    async def interim() -> list[object]:
        backend.clock.advance(0.1)
        return [
            each["message"] for each in event_data(await backend.events(room.id), "transcribe_speech_interim")
        ]

    assert (await until(interim, within_s=60))[0] == word(LOW)
    await backend.conferences.transcribe_stop(backend.customer_id, room.id)
    await done(backend, started.transcribe_id)
    (transcript,) = await heard(backend, started.transcribe_id, 1)
    assert transcript.message == word(LOW)


async def test_stop_stores_the_utterance_in_progress(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 1.0)}, rest_s=0.0)
    stopped = await backend.conferences.transcribe_stop(backend.customer_id, room.id)
    assert (stopped.transcribe_id, stopped.transcribe_ids) == (NIL, (started.transcribe_id,))
    await done(backend, started.transcribe_id)
    (transcript,) = await heard(backend, started.transcribe_id, 1)
    assert transcript.message == word(LOW)


async def test_second_transcription_or_unsupported_language_is_refused(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(LanguageNotSupported):
        await backend.conferences.transcribe_start(backend.customer_id, room.id, TranscribeOptions("de-DE"))
    with pytest.raises(TranscribeNotActive):
        await backend.conferences.transcribe_stop(backend.customer_id, room.id)
    await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    with pytest.raises(TranscribeAlreadyProgressing):
        await backend.conferences.transcribe_start(backend.customer_id, room.id, TranscribeOptions("ko-KR"))


async def test_of_transcriptions_of_a_call_that_begin_at_once_one_a_language_is_made(
    backend: Backend,
) -> None:
    room = await backend.room()
    await backend.join(room)
    (participant,) = await backend.joined(room)
    call = await backend.call_of(participant)

    def begin(language: str) -> Awaitable[Transcribe]:
        options = TranscribeOptions(language)
        return backend.services.transcription.begin_call(backend.customer_id, call.id, options)

    languages = ("en-US", "en-GB", "en-US", "ko-KR")
    results = await asyncio.gather(*map(begin, languages), return_exceptions=True)
    assert [isinstance(each, TranscribeAlreadyProgressing) for each in results].count(True) == 2
    listed = await backend.services.transcription.list(backend.customer_id, EVERYTHING, ("call", call.id))
    assert sorted(each.language[:2] for each in listed) == ["en", "ko"]


async def test_transcription_ends_with_the_room(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 1.0)}, rest_s=0.0)
    await backend.conferences.delete(backend.customer_id, room.id)
    ended = await backend.conference(room.id, ConferenceStatus.TERMINATED)
    assert (ended.transcribe_id, ended.transcribe_ids) == (NIL, (started.transcribe_id,))
    await done(backend, started.transcribe_id)
    assert [each.message for each in await heard(backend, started.transcribe_id, 1)] == [word(LOW)]


async def test_transcript_keeps_its_speaker_after_they_left(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    for _ in range(10):
        await run_ready_tasks()  # the session waits for audio
    speak(backend, {alice: whistle(LOW, 1.0)}, rest_s=0.0)
    await backend.clock.run_cycle(0.1)  # the session has read what the engine had for it
    alice.bye()
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    backend.tick(100)
    (transcript,) = await heard(backend, started.transcribe_id, 1)
    assert transcript.conferencecall_id == id_


async def test_audio_that_crashes_workers_is_skipped_and_counted(backend: Backend) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 1.0)})
    assert [each.message for each in await heard(backend, started.transcribe_id, 1)] == [word(LOW)]
    speak(backend, {alice: whistle(DEADLY_HZ, 1.0)})
    counters = backend.services.transcription.counters

    async def left_out() -> bool:
        backend.clock.advance(0.1)
        return counters["speech.records_dropped"] > 0

    await until(left_out, within_s=60)
    assert counters["speech.worker_losses"] == 3
    speak(backend, {alice: whistle(HIGH, 1.0)})
    first, second = await heard(backend, started.transcribe_id, 2)
    assert (first.message, second.message) == (word(LOW), word(HIGH))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_killed_or_stopped_worker_loses_no_audio(backend: Backend, number: signal.Signals) -> None:
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    speak(backend, {alice: whistle(LOW, 1.0)})
    await heard(backend, started.transcribe_id, 1)
    speak(backend, {alice: whistle(HIGH, 1.0)}, rest_s=0.0)
    await backend.clock.run_cycle(0.1)  # the session has read what the engine had for it
    (pid,) = backend.services.transcription.pids
    os.kill(pid, number)
    backend.tick(100)
    messages = [each.message for each in await heard(backend, started.transcribe_id, 2)]
    assert messages == [word(LOW), word(HIGH)]


async def test_restart_ends_transcriptions_in_progress(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_backend(tmp_path, clock) as backend:
        room = await backend.room()
        started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
        async with backend.store.snapshot() as tx:
            running = await tx.transcribes.find(TranscribeId(started.transcribe_id))
        assert running is not None
    store = Store(database_url(tmp_path))
    async with store.transaction() as tx:
        # As a killed server leaves it.
        await tx.transcribes.save(running)
    await store.close()
    async with open_backend(tmp_path, clock) as again:
        ended = await again.services.transcription.get(again.customer_id, running.id)
        assert ended.status is TranscribeStatus.DONE
        conference = await again.conferences.get(again.customer_id, room.id)
        assert (conference.transcribe_id, conference.transcribe_ids) == (NIL, (running.id,))
