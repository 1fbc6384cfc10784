"""Long recordings on a virtual clock are correct to the sample."""

import random
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import PcmPort
from mixminus.model.recording import RecordingOptions
from mixminus.recording.verify import verify
from tests.recording.steps import RATE, TICK, folder, start, stop
from tests.support.backend import Backend


def pieces(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


async def test_stems_add_up_to_the_mix_over_ten_random_minutes(backend: Backend) -> None:
    """Participants talk, join, leave, are muted and change volume at random; the seed determines how."""
    chance, noise = random.Random(5), np.random.default_rng(5)
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(stems=True))
    bridge = backend.rooms.find(room.id).bridge  # type: ignore[union-attr]
    ports: list[PcmPort] = [backend.engine.open_pcm_port(rate) for rate in (8000, 16000, 48000) * 3]
    for second in range(600):
        for port in ports:
            if chance.random() < 0.2:
                (port.leave if port.bridge else lambda port=port: port.join(bridge))()
            if chance.random() < 0.05:
                port.set_muted(not port.muted)
            if chance.random() < 0.05:
                port.set_gain_db(chance.choice((-6.0, 0.0, 3.0)))
            if port.bridge and chance.random() < 0.4:
                samples = int(port.sample_rate_hz * chance.uniform(0.1, 0.9))
                port.write(noise.integers(-1500, 1500, samples).astype(np.int16))
        backend.tick(50)
        for port in ports:
            port.read()
        if second % 4 == 3:
            await backend.written(recording_id, second + 1)
    recording = await stop(backend, room, recording_id)
    directory = folder(backend, recording_id)
    mix = pieces(directory / "mix.wav")
    stems = [pieces(directory / each["name"]) for each in recording.files[1:]]
    assert len(stems) == len(ports)
    assert mix.size == 600 * RATE
    assert {stem.size for stem in stems} == {mix.size}
    total = np.zeros(mix.size, np.int32)
    for stem in stems:
        total += stem
    assert np.array_equal(total, mix)
    assert np.count_nonzero(mix) > mix.size // 4
    timeline = await backend.services.library.timeline(backend.customer_id, recording.id)
    events = [line["entry"]["event"] for line in timeline["entries"] if "event" in line["entry"]]
    assert min(events.count(each) for each in ("joined", "left", "muted", "unmuted")) > 50
    assert verify(directory, recording.seal) == []
    for port in ports:
        port.close()


async def test_two_hour_recording_is_exact_to_the_sample(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room)
    (leg,) = await backend.join(room)
    word = np.full(TICK, 3000, np.int16)
    for eighth in range(1, 7200 // 8 + 1):
        backend.tick(400)
        if eighth % 100 == 0:
            leg.port.write(word)
        leg.port.read()
        await backend.written(recording_id, eighth * 8)
    recording = await stop(backend, room, recording_id)
    path = folder(backend, recording_id) / "mix.wav"
    assert backend.samples(path) == 7200 * RATE
    assert path.stat().st_size == 44 + 2 * 7200 * RATE
    assert path.stat().st_blocks * 512 < path.stat().st_size // 50, "silence takes no place"
    assert verify(path.parent, recording.seal) == []
