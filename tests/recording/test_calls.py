"""Recordings of calls: both directions, in rooms and outside, until the call ends."""

import asyncio
from typing import Any

import pytest

from mixminus.call.errors import CallNotProgressing
from mixminus.errors import Conflict, InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.media import RecordingStart
from mixminus.mixer import DigitReceived
from mixminus.model.call import Call
from mixminus.model.conference import Conference
from mixminus.model.ids import NIL, RecordingId
from mixminus.model.recording import RecordingOptions, RecordingStatus, keys_of
from tests.recording.steps import RATE, TICK, decoded, folder, level, run, talk
from tests.support.backend import Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until


async def in_a_room(backend: Backend) -> tuple[Conference, Call, PcmLeg, PcmLeg]:
    room = await backend.room()
    (first,) = await backend.join(room)
    (second,) = await backend.join(room)
    call = await backend.call_of((await backend.joined(room))[0])
    return room, call, first, second


async def test_stereo_call_recording_has_caller_left_and_others_right(backend: Backend) -> None:
    _, call, first, second = await in_a_room(backend)
    recording_id = await run(backend, call, RecordingOptions(channels=2, stems=True))
    talk(backend, {first: 400.0, second: 1000.0}, 100)
    call = await backend.services.call_recordings.stop(backend.customer_id, call.id)
    assert (call.recording_id, call.recording_ids) == (NIL, (recording_id,))
    recording = await backend.recording(recording_id, RecordingStatus.ENDED)
    assert (recording.reference_type, recording.reference_id) == ("call", call.id)
    assert [each["name"] for each in recording.files] == ["mix.wav", "caller.wav", "others.wav"]
    left, right = decoded(folder(backend, recording_id) / "mix.wav")
    assert left.size == 100 * TICK
    for own, hz, other in ((left, 400, 1000), (right, 1000, 400)):
        assert level(own[50 * TICK :], hz) > 5000
        assert level(own[50 * TICK :], other) < 60


async def test_mono_call_recording_has_both_directions(backend: Backend) -> None:
    _, call, first, second = await in_a_room(backend)
    recording_id = await run(backend, call)
    talk(backend, {first: 400.0, second: 1000.0}, 100)
    await backend.services.call_recordings.stop(backend.customer_id, call.id)
    await backend.recording(recording_id, RecordingStatus.ENDED)
    (pcm,) = decoded(folder(backend, recording_id) / "mix.wav")
    assert min(level(pcm[50 * TICK :], hz) for hz in (400, 1000)) > 5000


async def test_call_recording_continues_outside_the_room_and_ends_with_the_call(backend: Backend) -> None:
    room = await backend.room(post_actions=({"type": "sleep", "option": {"duration": 10_000}},))
    (leg,) = await backend.join(room)
    (conferencecall_id,) = await backend.joined(room)
    call = await backend.call_of(conferencecall_id)
    recording_id = await run(backend, call)
    talk(backend, {leg: 400.0}, 50)
    participant = await backend.participants.get_call(backend.customer_id, conferencecall_id)  # type: ignore[arg-type]
    await backend.participants.kick(backend.customer_id, participant.id)
    await backend.gone(conferencecall_id)
    backend.tick(50)
    with_progress = await backend.calls.get(backend.customer_id, call.id)
    assert with_progress.recording_id == recording_id
    leg.bye()
    recording = await backend.recording(recording_id, RecordingStatus.ENDED)
    (pcm,) = decoded(folder(backend, recording_id) / "mix.wav")
    assert pcm.size == 100 * TICK
    timeline = await backend.services.library.timeline(backend.customer_id, recording.id)
    events = [line["entry"]["event"] for line in timeline["entries"] if "event" in line["entry"]]
    assert [each for each in events if not each.startswith("talking")] == ["left"]


async def test_call_recording_needs_a_progressing_call_without_one(backend: Backend) -> None:
    _, call, first, _ = await in_a_room(backend)
    with pytest.raises(Conflict) as refusal:
        await backend.services.call_recordings.stop(backend.customer_id, call.id)
    assert refusal.value.reason == "RECORDING_NOT_ACTIVE"
    results = await asyncio.gather(*(run(backend, call) for _ in range(3)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, Conflict)]
    assert [each.reason for each in refused] == ["RECORDING_ALREADY_ACTIVE"] * 2
    first.bye()
    await until(lambda: call.id not in backend.services.live_calls)
    with pytest.raises(CallNotProgressing):
        await run(backend, call)
    assert len(list(backend.recordings_directory.iterdir())) == 1


async def test_call_recording_ends_by_key(backend: Backend) -> None:
    _, call, first, _ = await in_a_room(backend)
    recording_id = await run(backend, call, RecordingOptions(end_of_key=keys_of("#")))
    backend.tick(10)
    for digit in "1#":
        backend.services.on_engine_event(DigitReceived(first.port.id, 0, digit, 100))
    await backend.recording(recording_id, RecordingStatus.ENDED)


async def test_call_recording_ends_by_silence(backend: Backend) -> None:
    _, call, first, _ = await in_a_room(backend)
    recording_id = await run(backend, call, RecordingOptions(end_of_silence_s=2))
    for second, voices in enumerate(({first: 400.0}, {first: 400.0}, {first: 400.0}, {}), 1):
        talk(backend, voices, 50)
        await backend.written(recording_id, second)
    talk(backend, {}, 60)

    def ended() -> bool:
        backend.clock.advance(0.25)
        return not backend.recordings.samples(RecordingId(recording_id))

    await until(ended)
    await backend.recording(recording_id, RecordingStatus.ENDED)
    (pcm,) = decoded(folder(backend, recording_id) / "mix.wav")
    assert 5 * RATE <= pcm.size <= 6 * RATE


async def test_flow_action_records_its_call(backend: Backend) -> None:
    start = {"type": "recording_start", "option": {"format": "flac", "duration": 60, "end_of_key": "any"}}
    room = await backend.room(
        pre_actions=(start, start), post_actions=({"type": "recording_stop"}, {"type": "recording_stop"})
    )
    (leg,) = await backend.join(room)
    (conferencecall_id,) = await backend.joined(room)
    call = await backend.call_of(conferencecall_id)
    assert call.recording_id != NIL
    talk(backend, {leg: 400.0}, 50)
    participant = await backend.participants.get_call(backend.customer_id, conferencecall_id)  # type: ignore[arg-type]
    await backend.participants.kick(backend.customer_id, participant.id)
    recording = await backend.recording(call.recording_id, RecordingStatus.ENDED)
    assert recording.format == "flac"
    (pcm,) = decoded(folder(backend, recording.id) / "mix.flac")
    assert level(pcm, 400) > 3000


@pytest.mark.parametrize(
    "option", [{"duration": -1}, {"duration": "x"}, {"end_of_key": "12"}, {"on_end_flow_id": "x"}]
)
def test_recording_action_refuses_invalid_options(option: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        CATALOGUE.parse({"type": "recording_start", "option": option})


def test_recording_action_parses_its_options() -> None:
    action = CATALOGUE.parse(
        {"type": "recording_start", "option": {"end_of_silence": 3, "end_of_key": "none"}}
    )
    assert isinstance(action.option, RecordingStart)
    assert action.option.to_options() == RecordingOptions(end_of_silence_s=3)
