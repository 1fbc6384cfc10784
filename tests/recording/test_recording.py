"""Recordings of a real bridge: what is in the files, and what is in the database."""

import wave
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from mixminus.errors import Conflict
from mixminus.model.call import MuteDirection
from mixminus.model.conference import Conference, ConferenceStatus
from mixminus.model.ids import NIL, CustomerId, RecordingId, new_id
from mixminus.model.recording import RecordingOptions, RecordingStatus
from mixminus.recording.errors import FileNotFound, RecordingNotFound
from tests.support.backend import Backend
from tests.support.legs import PcmLeg

RATE = 16000
TICK = RATE * 20 // 1000


def read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def level(pcm: NDArray[np.int16], hz: float) -> float:
    """Return the amplitude of one frequency."""
    wave_ = np.exp(-2j * np.pi * hz * np.arange(pcm.size) / RATE)
    return float(2 * abs(np.dot(pcm.astype(float), wave_)) / pcm.size)


def talk(backend: Backend, voices: dict[PcmLeg, float], ticks: int) -> None:
    """Write each leg's tone to its port for this many ticks."""
    samples = np.arange(TICK * ticks)
    tones = {leg: 6000 * np.sin(2 * np.pi * hz * samples / RATE) for leg, hz in voices.items()}
    for at in range(0, samples.size, TICK):
        for leg, tone in tones.items():
            leg.port.write(tone[at : at + TICK].astype(np.int16))
        backend.engine.tick()


async def start(backend: Backend, room: Conference, options: RecordingOptions | None = None) -> UUID:
    options = options or RecordingOptions()
    started = await backend.conferences.recording_start(backend.customer_id, room.id, options)
    return started.recording_id


async def stop(backend: Backend, room: Conference, recording_id: UUID) -> Path:
    await backend.conferences.recording_stop(backend.customer_id, room.id)
    await backend.recording(recording_id, RecordingStatus.ENDED)
    return await backend.recordings.file(backend.customer_id, RecordingId(recording_id))


async def test_recording_starts_at_once_and_is_as_long_as_wall_time(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    backend.engine.tick(100)
    legs = await backend.join(room, 2)
    talk(backend, dict(zip(legs, (400.0, 1000.0), strict=True)), 100)
    path = await stop(backend, room, recording_id)
    pcm = read(path)
    assert pcm.size == 200 * TICK
    assert not pcm[: 100 * TICK].any()
    spoken = pcm[150 * TICK :]
    for hz in (400, 1000):
        assert level(spoken, hz) == pytest.approx(6000, rel=0.05)
    assert level(spoken, 700) < 60


async def test_stems_add_up_to_the_mix(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(stems=True))
    backend.engine.tick(10)
    first, second = await backend.join(room, 2)
    talk(backend, {first: 400.0}, 50)
    talk(backend, {first: 400.0, second: 1000.0}, 50)
    path = await stop(backend, room, recording_id)
    mix = read(path)
    stems = [read(path.with_name(f"port-{leg.port.id}.wav")) for leg in (first, second)]
    assert {stem.size for stem in stems} == {mix.size}
    assert np.array_equal(sum(stem.astype(np.int32) for stem in stems), mix)
    assert level(stems[0][80 * TICK :], 1000) < 60 < level(stems[1][80 * TICK :], 1000)


async def test_recording_rows_and_events(backend: Backend) -> None:
    room = await backend.room()
    first = await start(backend, room)
    found = await backend.conferences.get(backend.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (first, (first,))
    recording = await backend.recordings.get(backend.customer_id, RecordingId(first))
    assert (recording.status, recording.reference_id) == (RecordingStatus.RECORDING, room.id)
    stopped = await backend.conferences.recording_stop(backend.customer_id, room.id)
    assert (stopped.recording_id, stopped.recording_ids) == (NIL, (first,))
    await backend.recording(first, RecordingStatus.ENDED)
    second = await start(backend, room)
    found = await backend.conferences.get(backend.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (second, (first, second))
    assert (await backend.event_types(room.id))[2:] == [
        "recording_started",
        "conference_updated",
        "conference_updated",
        "recording_finished",
        "recording_started",
        "conference_updated",
    ]


async def test_second_recording_is_refused(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(Conflict) as refusal:
        await backend.conferences.recording_stop(backend.customer_id, room.id)
    assert refusal.value.reason == "RECORDING_NOT_ACTIVE"
    recording_id = await start(backend, room)
    with pytest.raises(Conflict) as refusal:
        await start(backend, room)
    assert refusal.value.reason == "RECORDING_ALREADY_ACTIVE"
    found = await backend.conferences.get(backend.customer_id, room.id)
    assert found.recording_ids == (recording_id,)


async def test_ended_room_cannot_be_recorded(backend: Backend) -> None:
    room = await backend.room()
    await backend.conferences.delete(backend.customer_id, room.id)
    for command in (start(backend, room), backend.conferences.recording_stop(backend.customer_id, room.id)):
        with pytest.raises(Conflict) as refusal:
            await command
        assert refusal.value.reason == "STATE_INVALID"


async def test_file_is_available_after_the_recording_has_ended(backend: Backend) -> None:
    room = await backend.room()
    recording_id = RecordingId(await start(backend, room))
    with pytest.raises(Conflict) as refusal:
        await backend.recordings.file(backend.customer_id, recording_id)
    assert refusal.value.reason == "STATE_INVALID"
    path = await stop(backend, room, recording_id)
    with pytest.raises(RecordingNotFound):
        await backend.recordings.file(CustomerId(new_id()), recording_id)
    with pytest.raises(RecordingNotFound):
        await backend.recordings.get(backend.customer_id, RecordingId(new_id()))
    path.unlink()
    with pytest.raises(FileNotFound) as missing:
        await backend.recordings.file(backend.customer_id, recording_id)
    assert missing.value.reason == "FILE_NOT_FOUND"


async def test_duration_limit_is_exact_to_the_sample(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(duration_s=5))
    backend.engine.tick(300)
    recording = await backend.recording(recording_id, RecordingStatus.ENDED, step_s=1)
    path = await backend.recordings.file(backend.customer_id, recording.id)
    assert read(path).size == 5 * RATE
    found = await backend.conferences.get(backend.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (NIL, (recording_id,))
    assert (await backend.event_types(room.id))[-2:] == ["recording_finished", "conference_updated"]


async def test_recording_ends_with_its_room(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    backend.engine.tick(25)
    deleted = await backend.conferences.delete(backend.customer_id, room.id)
    assert (deleted.status, deleted.recording_id) == (ConferenceStatus.TERMINATED, NIL)
    recording = await backend.recordings.get(backend.customer_id, RecordingId(recording_id))
    assert recording.status is RecordingStatus.ENDED
    assert read(await backend.recordings.file(backend.customer_id, recording.id)).size == 25 * TICK
    assert (await backend.event_types(room.id))[-3:] == [
        "recording_finished",
        "conference_updated",
        "conference_deleted",
    ]


async def test_gap_in_the_tap_is_silence_in_the_file(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    (leg,) = await backend.join(room)
    # The tap's ring holds ten seconds; it is not read for fifteen.
    talk(backend, {leg: 400.0}, 750)
    await backend.written(recording_id, 15)
    talk(backend, {leg: 400.0}, 50)
    pcm = read(await stop(backend, room, recording_id))
    assert pcm.size == 800 * TICK
    assert level(pcm[100 * TICK : 400 * TICK], 400) == pytest.approx(6000, rel=0.05)
    assert not pcm[600 * TICK : 740 * TICK].any()
    assert level(pcm[760 * TICK :], 400) > 3000


async def test_muted_participant_is_not_recorded(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    call = await backend.call_of(id_)
    talk(backend, {leg: 400.0}, 50)
    await backend.calls.set_mute(backend.customer_id, call.id, MuteDirection.IN, True)
    talk(backend, {leg: 400.0}, 50)
    await backend.calls.set_mute(backend.customer_id, call.id, MuteDirection.IN, False)
    talk(backend, {leg: 400.0}, 50)
    pcm = read(await stop(backend, room, recording_id))
    assert level(pcm[25 * TICK : 50 * TICK], 400) > 5000
    assert level(pcm[60 * TICK : 100 * TICK], 400) < 10
    assert level(pcm[125 * TICK :], 400) > 5000
