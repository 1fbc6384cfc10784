"""Every format, with stems and both channels: the contents as FFmpeg decodes them."""

import numpy as np
import pytest

from mixminus.errors import InvalidArgument
from mixminus.model.recording import RecordingOptions, RecordingStatus
from mixminus.recording.completion import complete
from mixminus.recording.encoding import FORMATS, EncodingStopped
from mixminus.recording.tracks import TrackSet
from mixminus.recording.verify import verify
from tests.recording.steps import RATE, TICK, decoded, folder, level, start, stop, talk
from tests.support.backend import Backend

MOST_OFF = {"wav": 0, "flac": 0, "ogg": 0, "mp3": 3000, "m4a": 3000}
"""Samples that a format adds: MP3 and AAC have whole frames, and an encoder delay that not all readers remove."""


@pytest.mark.parametrize("format_", ["wav", "flac", "ogg", "mp3", "m4a"])
async def test_recording_in_each_format(backend: Backend, format_: str) -> None:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(format=format_, stems=True))
    first, second = await backend.join(room, 2)
    talk(backend, {first: 400.0, second: 1000.0}, 150)
    recording = await stop(backend, room, recording_id)
    assert (recording.format, recording.error) == (format_, "")
    directory = folder(backend, recording_id)
    extension = FORMATS[format_].extension
    names = [f"mix.{extension}", *sorted(f"port-{leg.port.id}.{extension}" for leg in (first, second))]
    assert [each["name"] for each in recording.files] == names
    assert {each.name for each in directory.iterdir()} == {*names, "timeline.json"}
    for name, tones in zip(names, ((400, 1000), (400,), (1000,)), strict=True):
        (pcm,) = decoded(directory / name)
        assert 0 <= pcm.size - 150 * TICK <= MOST_OFF[format_]
        for hz in (400, 1000):
            amplitude = level(pcm[50 * TICK : 140 * TICK], hz)
            assert amplitude > 4500 if hz in tones else amplitude < 200
    assert verify(directory, recording.seal) == []


async def test_stereo_room_recording_has_first_participant_left(backend: Backend) -> None:
    room = await backend.room()
    legs = await backend.join(room, 1)
    recording_id = await start(backend, room, RecordingOptions(channels=2))
    legs += await backend.join(room, 2)
    talk(backend, dict(zip(legs, (400.0, 1000.0, 1600.0), strict=True)), 100)
    recording = await stop(backend, room, recording_id)
    left, right = decoded(folder(backend, recording_id) / "mix.wav")
    assert (left.size, right.size) == (100 * TICK, 100 * TICK)
    for hz, on_the_left in ((400, True), (1000, False), (1600, False)):
        loud, soft = (left, right) if on_the_left else (right, left)
        assert level(loud[50 * TICK :], hz) > 5500
        assert level(soft[50 * TICK :], hz) < 60
    assert [each["name"] for each in recording.files] == ["mix.wav"]


async def test_left_and_right_add_up_to_the_mix(backend: Backend) -> None:
    room = await backend.room()
    mono = await start(backend, room, RecordingOptions(stems=True))
    legs = await backend.join(room, 3)
    talk(backend, dict(zip(legs, (400.0, 1000.0, 1600.0), strict=True)), 50)
    await stop(backend, room, mono)
    paths = folder(backend, mono).glob("port-*.wav")
    stems = [decoded(path)[0].astype(np.int32) for path in paths]
    assert np.array_equal(sum(stems), decoded(folder(backend, mono) / "mix.wav")[0])


async def test_unknown_format_is_refused(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(InvalidArgument):
        await start(backend, room, RecordingOptions(format="aiff"))
    assert not list(backend.recordings_directory.glob("*"))


async def test_encoder_reports_progress_and_can_be_stopped(backend: Backend) -> None:
    directory = backend.recordings_directory / "x"
    begin = {"type": "begin", "format": "flac", "sample_rate_hz": RATE, "channels": 1}
    tracks = TrackSet(directory, begin=begin, limit_samples=100 * RATE)
    tracks.write({"mix": np.ones(5 * RATE, np.int16)}, 5 * RATE, ())
    tracks.end()
    shares: list[float] = []

    def stop_at_the_third(share: float) -> bool:
        shares.append(share)
        return len(shares) < 3

    with pytest.raises(EncodingStopped):
        complete(directory, stop_at_the_third)
    assert shares == pytest.approx([0.2, 0.4, 0.6])
    completed = complete(directory, lambda _: True)
    assert (completed.samples, completed.files[0]["name"]) == (5 * RATE, "mix.flac")
    assert decoded(directory / "mix.flac").shape == (1, 5 * RATE)
    assert complete(directory, lambda _: True) == completed


async def test_recording_is_stopping_while_it_is_encoded(backend: Backend) -> None:
    room = await backend.room()
    recording_id = await start(backend, room, RecordingOptions(format="ogg", duration_s=1))
    backend.tick(60)
    recording = await backend.recording(recording_id, RecordingStatus.ENDED, step_s=0.25)
    assert recording.tm_end is not None
    expected_types = ["recording_started", "conference_updated", "conference_updated", "recording_finished"]
    assert (await backend.event_types(room.id))[-4:] == expected_types
    assert decoded(folder(backend, recording_id) / "mix.ogg").shape == (1, RATE)
