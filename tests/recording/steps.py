"""Steps of the recording tests: start, talk, stop, decode."""

from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import av
import numpy as np
from numpy.typing import NDArray

from mixminus.model.call import Call
from mixminus.model.conference import Conference
from mixminus.model.ids import RecordingId
from mixminus.model.recording import Recording, RecordingOptions, RecordingStatus
from tests.support.backend import Backend
from tests.support.legs import PcmLeg

__all__ = ["RATE", "TICK", "decoded", "folder", "level", "run", "start", "stop", "talk"]

RATE = 16000
TICK = RATE * 20 // 1000


def decoded(path: Path | BinaryIO) -> NDArray[np.int16]:
    """Return (channels, samples) as FFmpeg decodes them."""
    with av.open(str(path) if isinstance(path, Path) else path, "r") as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16p", layout=stream.layout, rate=RATE)
        frames = [
            each.to_ndarray() for frame in container.decode(stream) for each in resampler.resample(frame)
        ]
        frames += [each.to_ndarray() for each in resampler.resample(None)]
    return np.concatenate(frames, axis=1) if frames else np.zeros((1, 0), np.int16)


def level(pcm: NDArray[np.int16], hz: float) -> float:
    """Return the amplitude of one frequency."""
    wave = np.exp(-2j * np.pi * hz * np.arange(pcm.size) / RATE)
    return float(2 * abs(np.dot(pcm.astype(float), wave)) / pcm.size)


def talk(backend: Backend, voices: dict[PcmLeg, float], ticks: int) -> None:
    """Write each leg's tone to its port for this many ticks."""
    samples = np.arange(TICK * ticks)
    tones = {leg: 6000 * np.sin(2 * np.pi * hz * samples / RATE) for leg, hz in voices.items()}
    for at in range(0, samples.size, TICK):
        for leg, tone in tones.items():
            leg.port.write(tone[at : at + TICK].astype(np.int16))
        backend.tick()


async def start(backend: Backend, room: Conference, options: RecordingOptions | None = None) -> UUID:
    options = options or RecordingOptions()
    return (await backend.conferences.recording_start(backend.customer_id, room.id, options)).recording_id


async def stop(backend: Backend, room: Conference, recording_id: UUID) -> Recording:
    await backend.conferences.recording_stop(backend.customer_id, room.id)
    return await backend.recording(recording_id, RecordingStatus.ENDED)


async def run(backend: Backend, call: Call, options: RecordingOptions | None = None) -> UUID:
    """Start to record a call."""
    options = options or RecordingOptions()
    return (await backend.services.call_recordings.start(backend.customer_id, call.id, options)).recording_id


def folder(backend: Backend, recording_id: UUID) -> Path:
    return backend.recordings_directory / str(RecordingId(recording_id))
