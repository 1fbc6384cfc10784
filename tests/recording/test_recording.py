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
from tests.support.house import House
from tests.support.legs import PcmLeg
from tests.support.waiting import until

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


def talk(house: House, voices: dict[PcmLeg, float], ticks: int) -> None:
    """Write each leg's tone to its port for this many ticks."""
    samples = np.arange(TICK * ticks)
    tones = {leg: 6000 * np.sin(2 * np.pi * hz * samples / RATE) for leg, hz in voices.items()}
    for at in range(0, samples.size, TICK):
        for leg, tone in tones.items():
            leg.port.write(tone[at : at + TICK].astype(np.int16))
        house.engine.tick()


async def start(house: House, room: Conference, options: RecordingOptions | None = None) -> UUID:
    options = options or RecordingOptions()
    started = await house.conferences.recording_start(house.customer_id, room.id, options)
    return started.recording_id


async def stop(house: House, room: Conference, recording_id: UUID) -> Path:
    await house.conferences.recording_stop(house.customer_id, room.id)
    await house.recording(recording_id, RecordingStatus.ENDED)
    return await house.recordings.file(house.customer_id, RecordingId(recording_id))


async def test_recording_starts_at_once_and_is_as_long_as_wall_time(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room)
    house.engine.tick(100)
    legs = await house.join(room, 2)
    talk(house, dict(zip(legs, (400.0, 1000.0), strict=True)), 100)
    path = await stop(house, room, recording_id)
    pcm = read(path)
    assert pcm.size == 200 * TICK
    assert not pcm[: 100 * TICK].any()
    spoken = pcm[150 * TICK :]
    for hz in (400, 1000):
        assert level(spoken, hz) == pytest.approx(6000, rel=0.05)
    assert level(spoken, 700) < 60


async def test_stems_add_up_to_the_mix(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room, RecordingOptions(stems=True))
    house.engine.tick(10)
    first, second = await house.join(room, 2)
    talk(house, {first: 400.0}, 50)
    talk(house, {first: 400.0, second: 1000.0}, 50)
    path = await stop(house, room, recording_id)
    mix = read(path)
    stems = [read(path.with_name(f"port-{leg.port.id}.wav")) for leg in (first, second)]
    assert {stem.size for stem in stems} == {mix.size}
    assert np.array_equal(sum(stem.astype(np.int32) for stem in stems), mix)
    assert level(stems[0][80 * TICK :], 1000) < 60 < level(stems[1][80 * TICK :], 1000)


async def test_recording_rows_and_events(house: House) -> None:
    room = await house.room()
    first = await start(house, room)
    found = await house.conferences.get(house.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (first, (first,))
    recording = await house.recordings.get(house.customer_id, RecordingId(first))
    assert (recording.status, recording.reference_id) == (RecordingStatus.RECORDING, room.id)
    stopped = await house.conferences.recording_stop(house.customer_id, room.id)
    assert (stopped.recording_id, stopped.recording_ids) == (NIL, (first,))
    await house.recording(first, RecordingStatus.ENDED)
    second = await start(house, room)
    found = await house.conferences.get(house.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (second, (first, second))
    assert (await house.event_types(room.id))[2:] == [
        "recording_started",
        "conference_updated",
        "conference_updated",
        "recording_finished",
        "recording_started",
        "conference_updated",
    ]


async def test_second_recording_is_refused(house: House) -> None:
    room = await house.room()
    with pytest.raises(Conflict) as refusal:
        await house.conferences.recording_stop(house.customer_id, room.id)
    assert refusal.value.reason == "RECORDING_NOT_ACTIVE"
    recording_id = await start(house, room)
    with pytest.raises(Conflict) as refusal:
        await start(house, room)
    assert refusal.value.reason == "RECORDING_ALREADY_ACTIVE"
    found = await house.conferences.get(house.customer_id, room.id)
    assert found.recording_ids == (recording_id,)


async def test_ended_room_cannot_be_recorded(house: House) -> None:
    room = await house.room()
    await house.conferences.delete(house.customer_id, room.id)
    for command in (start(house, room), house.conferences.recording_stop(house.customer_id, room.id)):
        with pytest.raises(Conflict) as refusal:
            await command
        assert refusal.value.reason == "STATE_INVALID"


async def test_file_is_available_after_the_recording_has_ended(house: House) -> None:
    room = await house.room()
    recording_id = RecordingId(await start(house, room))
    with pytest.raises(Conflict) as refusal:
        await house.recordings.file(house.customer_id, recording_id)
    assert refusal.value.reason == "STATE_INVALID"
    path = await stop(house, room, recording_id)
    with pytest.raises(RecordingNotFound):
        await house.recordings.file(CustomerId(new_id()), recording_id)
    with pytest.raises(RecordingNotFound):
        await house.recordings.get(house.customer_id, RecordingId(new_id()))
    path.unlink()
    with pytest.raises(FileNotFound) as missing:
        await house.recordings.file(house.customer_id, recording_id)
    assert missing.value.reason == "FILE_NOT_FOUND"


async def test_duration_limit_is_exact_to_the_sample(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room, RecordingOptions(duration_s=5))
    for _ in range(6):
        house.engine.tick(50)
        house.clock.advance(1)
        await until(lambda: house.clock.sleepers > 0)
    recording = await house.recording(recording_id, RecordingStatus.ENDED)
    path = await house.recordings.file(house.customer_id, recording.id)
    assert read(path).size == 5 * RATE
    found = await house.conferences.get(house.customer_id, room.id)
    assert (found.recording_id, found.recording_ids) == (NIL, (recording_id,))
    assert (await house.event_types(room.id))[-2:] == ["recording_finished", "conference_updated"]


async def test_recording_ends_with_its_room(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room)
    house.engine.tick(25)
    deleted = await house.conferences.delete(house.customer_id, room.id)
    assert (deleted.status, deleted.recording_id) == (ConferenceStatus.TERMINATED, NIL)
    recording = await house.recordings.get(house.customer_id, RecordingId(recording_id))
    assert recording.status is RecordingStatus.ENDED
    assert read(await house.recordings.file(house.customer_id, recording.id)).size == 25 * TICK
    assert (await house.event_types(room.id))[-3:] == [
        "recording_finished",
        "conference_updated",
        "conference_deleted",
    ]


async def test_gap_in_the_tap_is_silence_in_the_file(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room)
    (leg,) = await house.join(room)
    # The tap's ring holds ten seconds; it is not read for fifteen.
    talk(house, {leg: 400.0}, 750)
    await house.written(recording_id, 15)
    talk(house, {leg: 400.0}, 50)
    pcm = read(await stop(house, room, recording_id))
    assert pcm.size == 800 * TICK
    assert level(pcm[100 * TICK : 400 * TICK], 400) == pytest.approx(6000, rel=0.05)
    assert not pcm[600 * TICK : 740 * TICK].any()
    assert level(pcm[760 * TICK :], 400) > 3000


async def test_muted_participant_is_not_recorded(house: House) -> None:
    room = await house.room()
    recording_id = await start(house, room)
    (leg,) = await house.join(room)
    (id_,) = await house.joined(room)
    call = await house.call_of(id_)
    talk(house, {leg: 400.0}, 50)
    await house.calls.set_mute(house.customer_id, call.id, MuteDirection.IN, True)
    talk(house, {leg: 400.0}, 50)
    await house.calls.set_mute(house.customer_id, call.id, MuteDirection.IN, False)
    talk(house, {leg: 400.0}, 50)
    pcm = read(await stop(house, room, recording_id))
    assert level(pcm[25 * TICK : 50 * TICK], 400) > 5000
    assert level(pcm[60 * TICK : 100 * TICK], 400) < 10
    assert level(pcm[125 * TICK :], 400) > 5000
