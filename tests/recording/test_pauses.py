"""Pauses: no audio of a pause is kept, and the timeline records where it was."""

import numpy as np
import pytest

from mixminus.errors import Conflict
from mixminus.model.recording import PauseMode, RecordingOptions, RecordingStatus
from tests.recording.steps import TICK, decoded, folder, level, start, stop, talk
from tests.support.backend import Backend


@pytest.mark.parametrize(("mode", "seconds"), [(PauseMode.SILENCE, 3), (PauseMode.CUT, 2)])
async def test_pause_omits_audio_and_is_in_the_timeline(
    backend: Backend, mode: PauseMode, seconds: int
) -> None:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(stems=True))
    (leg,) = await backend.join(room)
    talk(backend, {leg: 400.0}, 50)
    await backend.conferences.recording_pause(backend.customer_id, room.id, mode)
    with_progress = await backend.recording(recording_id, RecordingStatus.RECORDING)
    assert with_progress.paused == mode
    talk(backend, {leg: 1000.0}, 50)
    await backend.conferences.recording_resume(backend.customer_id, room.id)
    talk(backend, {leg: 1600.0}, 50)
    recording = await stop(backend, room, recording_id)
    for name in ("mix", f"port-{leg.port.id}"):
        (pcm,) = decoded(folder(backend, recording_id) / f"{name}.wav")
        assert pcm.size == seconds * 50 * TICK
        assert level(pcm[: 50 * TICK], 400) > 5000
        assert level(pcm[-45 * TICK :], 1600) > 5000
        assert level(pcm, 1000) < 30
        if mode is PauseMode.SILENCE:
            assert not np.any(pcm[50 * TICK : 100 * TICK])
    timeline = await backend.services.library.timeline(backend.customer_id, recording.id)
    pauses = [
        (line["entry"]["event"], line["entry"]["at"])
        for line in timeline["entries"]
        if line["entry"].get("event") in ("paused", "resumed")
    ]
    assert pauses == [("paused", 50 * TICK), ("resumed", 50 * TICK * (seconds - 1))]


async def test_pause_needs_an_active_recording(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(Conflict) as refusal:
        await backend.conferences.recording_pause(backend.customer_id, room.id, PauseMode.CUT)
    assert refusal.value.reason == "RECORDING_NOT_ACTIVE"
    await start(backend, room)
    with pytest.raises(Conflict):
        await backend.conferences.recording_resume(backend.customer_id, room.id)
    await backend.conferences.recording_pause(backend.customer_id, room.id, PauseMode.CUT)
    with pytest.raises(Conflict):
        await backend.conferences.recording_pause(backend.customer_id, room.id, PauseMode.SILENCE)
