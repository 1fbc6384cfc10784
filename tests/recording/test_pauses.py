"""Pauses: no audio of a pause is kept, and the timeline records where it was."""

import numpy as np
import pytest

from mixminus.errors import Conflict
from mixminus.model.recording import PauseMode, RecordingOptions, RecordingStatus
from tests.recording.steps import TICK, decoded, folder, level, start, stop, talk
from tests.support.house import House


@pytest.mark.parametrize(("mode", "seconds"), [(PauseMode.SILENCE, 3), (PauseMode.CUT, 2)])
async def test_pause_omits_audio_and_is_in_the_timeline(house: House, mode: PauseMode, seconds: int) -> None:
    room = await house.room()
    recording_id = await start(house, room, RecordingOptions(stems=True))
    (leg,) = await house.join(room)
    talk(house, {leg: 400.0}, 50)
    await house.conferences.recording_pause(house.customer_id, room.id, mode)
    with_progress = await house.recording(recording_id, RecordingStatus.RECORDING)
    assert with_progress.paused == mode
    talk(house, {leg: 1000.0}, 50)
    await house.conferences.recording_resume(house.customer_id, room.id)
    talk(house, {leg: 1600.0}, 50)
    recording = await stop(house, room, recording_id)
    for name in ("mix", f"port-{leg.port.id}"):
        (pcm,) = decoded(folder(house, recording_id) / f"{name}.wav")
        assert pcm.size == seconds * 50 * TICK
        assert level(pcm[: 50 * TICK], 400) > 5000
        assert level(pcm[-45 * TICK :], 1600) > 5000
        assert level(pcm, 1000) < 30
        if mode is PauseMode.SILENCE:
            assert not np.any(pcm[50 * TICK : 100 * TICK])
    timeline = await house.services.library.timeline(house.customer_id, recording.id)
    pauses = [
        (line["entry"]["event"], line["entry"]["at"])
        for line in timeline["entries"]
        if line["entry"].get("event") in ("paused", "resumed")
    ]
    assert pauses == [("paused", 50 * TICK), ("resumed", 50 * TICK * (seconds - 1))]


async def test_pause_needs_an_active_recording(house: House) -> None:
    room = await house.room()
    with pytest.raises(Conflict) as refusal:
        await house.conferences.recording_pause(house.customer_id, room.id, PauseMode.CUT)
    assert refusal.value.reason == "RECORDING_NOT_ACTIVE"
    await start(house, room)
    with pytest.raises(Conflict):
        await house.conferences.recording_resume(house.customer_id, room.id)
    await house.conferences.recording_pause(house.customer_id, room.id, PauseMode.CUT)
    with pytest.raises(Conflict):
        await house.conferences.recording_pause(house.customer_id, room.id, PauseMode.SILENCE)
