"""The actions transcribe_start, transcribe_stop and transcribe_recording."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.media import TranscribeStart
from mixminus.model.conference import ConferenceSpec
from mixminus.model.ids import ConferencecallId
from mixminus.model.transcription import Transcribe, TranscribeOptions
from tests.support.backend import EVERYTHING, Backend
from tests.support.talk import done, heard, speak, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until

RECORDED_SAMPLES = 16_000
SOON = {"type": "sleep", "option": {"duration": 2000}}
TRANSLATED = {"type": "transcribe_start", "option": {"language": "en", "translate_to": "es"}}
START = {"type": "transcribe_start", "option": {"language": "en-US", "direction": "in"}}


async def test_a_call_is_transcribed_through_its_room(backend: Backend) -> None:
    room = await backend.conferences.create(
        backend.customer_id, ConferenceSpec(type="conference", pre_actions=(START,))
    )
    (alice,) = await backend.join(room)
    (bob,) = await backend.join(room)
    (id_, _) = await backend.joined(room)
    calls = {(await backend.call_of(each)).id for each in await backend.joined(room)}
    transcribes = await backend.services.transcription.list(backend.customer_id, EVERYTHING)
    assert {each.reference_id for each in transcribes} == calls
    call = await backend.call_of(id_)
    (own,) = [each for each in transcribes if each.reference_id == call.id]
    assert (own.reference_type, own.direction) == ("call", "in")
    await listening(backend)
    speak(backend, {alice: whistle(440, 1.0), bob: whistle(1000, 1.0)})
    (transcript,) = await heard(backend, own.id, 1)
    assert (transcript.message, transcript.call_id, transcript.conferencecall_id) == (
        word(440),
        call.id,
        id_,
    )
    alice.bye()
    await done(backend, own.id)


async def listening(backend: Backend) -> None:
    """Let every session poll the place of its call."""
    await backend.clock.run_cycle(0.1)


async def test_a_call_and_its_recordings_are_transcribed_with_a_translation(backend: Backend) -> None:
    """By the installed Apertium, as what a flow transcribes gets none otherwise."""
    spanish = {"language": "en-US", "direction": "in", "translate_to": "es"}
    live, later = ({"type": name, "option": spanish} for name in ("transcribe_start", "transcribe_recording"))
    record, stop = {"type": "recording_start", "option": {"format": "wav"}}, {"type": "recording_stop"}
    room = await backend.conferences.create(
        backend.customer_id,
        ConferenceSpec(type="conference", pre_actions=(live, record), post_actions=(stop, SOON, later)),
    )
    (alice,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    await listening(backend)
    speak(backend, {alice: whistle(440, 1.0)})
    (transcribe,) = await backend.services.transcription.list(backend.customer_id, EVERYTHING)
    (transcript,) = await heard(backend, transcribe.id, 1)
    assert (transcribe.translate_to, transcript.translations) == ("es", {"es": "Tono 440"})
    await recorded(backend)
    await backend.participants.kick(backend.customer_id, ConferencecallId(id_))

    async def begun() -> list[Transcribe]:
        backend.clock.advance(0.25)
        found = await backend.services.transcription.list(backend.customer_id, EVERYTHING)
        return [each for each in found if each.reference_type == "recording"]

    (transcribe,) = await until(begun)
    (transcript,) = await heard(backend, transcribe.id, 1)
    assert (transcribe.translate_to, transcript.translations) == ("es", {"es": "Tono 440"})


async def recorded(backend: Backend) -> None:
    """Wait until the only recording has the samples that were said."""

    async def look() -> bool:
        backend.clock.advance(0.25)
        found = (await backend.recordings.list(backend.customer_id, EVERYTHING))[0]
        return (backend.recordings.samples(found.id) or 0) >= RECORDED_SAMPLES

    await until(look)


async def test_transcribe_stop_ends_the_transcription(backend: Backend) -> None:
    stop = {"type": "transcribe_stop"}
    room = await backend.conferences.create(
        backend.customer_id, ConferenceSpec(type="conference", pre_actions=(START, stop))
    )
    await backend.join(room)
    (transcribe,) = await backend.services.transcription.list(backend.customer_id, EVERYTHING)
    await done(backend, transcribe.id)


async def test_a_failed_transcription_does_not_stop_the_flow(backend: Backend) -> None:
    nothing = {"type": "transcribe_start"}
    german = {"type": "transcribe_start", "option": {"language": "de"}}
    japanese = {"type": "transcribe_start", "option": {"language": "en", "translate_to": "ja"}}
    recordings = {"type": "transcribe_recording", "option": {"language": "en"}}
    room = await backend.conferences.create(
        backend.customer_id,
        ConferenceSpec(type="conference", pre_actions=(nothing, german, japanese, recordings)),
    )
    await backend.join(room)
    assert await backend.services.transcription.list(backend.customer_id, EVERYTHING) == []


def test_options_are_parsed() -> None:
    option = CATALOGUE.parse(START).option
    assert isinstance(option, TranscribeStart)
    assert option.to_options() == TranscribeOptions("en-US", "in")
    option = CATALOGUE.parse(TRANSLATED).option
    assert isinstance(option, TranscribeStart)
    assert option.to_options() == TranscribeOptions("en", translate_to="es")
    for wrong in (
        {"language": 1},
        {"language": "en", "translate_to": 1},
        {"language": "en", "on_end_flow_id": "x"},
    ):
        with pytest.raises(InvalidArgument):
            CATALOGUE.parse({"type": "transcribe_start", "option": wrong})


async def test_a_calls_recordings_are_transcribed(backend: Backend) -> None:
    record, stop = {"type": "recording_start", "option": {"format": "wav"}}, {"type": "recording_stop"}
    later = {"type": "transcribe_recording", "option": {"language": "en-US"}}
    room = await backend.conferences.create(
        backend.customer_id,
        ConferenceSpec(type="conference", pre_actions=(record,), post_actions=(stop, SOON, later)),
    )
    (alice,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    speak(backend, {alice: whistle(440, 1.5)})
    call = await backend.call_of(id_)
    await recorded(backend)
    await backend.participants.kick(backend.customer_id, ConferencecallId(id_))

    async def begun() -> list[Transcribe]:
        backend.clock.advance(0.25)
        return await backend.services.transcription.list(backend.customer_id, EVERYTHING)

    (transcribe,) = await until(begun)
    recording = (await backend.recordings.list(backend.customer_id, EVERYTHING))[0]
    assert (transcribe.reference_type, transcribe.reference_id) == ("recording", recording.id)
    assert recording.reference_id == call.id
    await done(backend, transcribe.id)
    (transcript,) = await heard(backend, transcribe.id, 1)
    assert transcript.message == word(440)
