"""The actions transcribe_start, transcribe_stop and transcribe_recording."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.media import TranscribeStart
from mixminus.model.conference import ConferenceSpec
from mixminus.model.ids import ConferencecallId
from mixminus.model.transcription import Transcribe, TranscribeOptions
from tests.support.house import EVERYTHING, House
from tests.support.talk import done, heard, speak, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until

RECORDED_SAMPLES = 16_000
SOON = {"type": "sleep", "option": {"duration": 2000}}
START = {"type": "transcribe_start", "option": {"language": "en-US", "direction": "in"}}


async def test_a_call_is_transcribed_through_its_room(house: House) -> None:
    room = await house.conferences.create(
        house.customer_id, ConferenceSpec(type="conference", pre_actions=(START,))
    )
    (alice,) = await house.join(room)
    (bob,) = await house.join(room)
    (id_, _) = await house.joined(room)
    calls = {(await house.call_of(each)).id for each in await house.joined(room)}
    transcribes = await house.services.transcription.list(house.customer_id, EVERYTHING)
    assert {each.reference_id for each in transcribes} == calls
    call = await house.call_of(id_)
    (own,) = [each for each in transcribes if each.reference_id == call.id]
    assert (own.reference_type, own.direction) == ("call", "in")
    await listening(house)
    speak(house, {alice: whistle(440, 1.0), bob: whistle(1000, 1.0)})
    (transcript,) = await heard(house, own.id, 1)
    assert (transcript.message, transcript.call_id, transcript.conferencecall_id) == (
        word(440),
        call.id,
        id_,
    )
    alice.bye()
    await done(house, own.id)


async def listening(house: House) -> None:
    """Let every session poll the place of its call."""
    await house.clock.run_cycle(0.1)


async def test_transcribe_stop_ends_the_transcription(house: House) -> None:
    stop = {"type": "transcribe_stop"}
    room = await house.conferences.create(
        house.customer_id, ConferenceSpec(type="conference", pre_actions=(START, stop))
    )
    await house.join(room)
    (transcribe,) = await house.services.transcription.list(house.customer_id, EVERYTHING)
    await done(house, transcribe.id)


async def test_a_failed_transcription_does_not_stop_the_flow(house: House) -> None:
    nothing = {"type": "transcribe_start"}
    german = {"type": "transcribe_start", "option": {"language": "de"}}
    recordings = {"type": "transcribe_recording", "option": {"language": "en"}}
    room = await house.conferences.create(
        house.customer_id, ConferenceSpec(type="conference", pre_actions=(nothing, german, recordings))
    )
    await house.join(room)
    assert await house.services.transcription.list(house.customer_id, EVERYTHING) == []


def test_options_are_parsed() -> None:
    option = CATALOGUE.parse(START).option
    assert isinstance(option, TranscribeStart)
    assert option.to_options() == TranscribeOptions("en-US", "in")
    for wrong in ({"language": 1}, {"language": "en", "on_end_flow_id": "x"}):
        with pytest.raises(InvalidArgument):
            CATALOGUE.parse({"type": "transcribe_start", "option": wrong})


async def test_a_calls_recordings_are_transcribed(house: House) -> None:
    record, stop = {"type": "recording_start", "option": {"format": "wav"}}, {"type": "recording_stop"}
    later = {"type": "transcribe_recording", "option": {"language": "en-US"}}
    room = await house.conferences.create(
        house.customer_id,
        ConferenceSpec(type="conference", pre_actions=(record,), post_actions=(stop, SOON, later)),
    )
    (alice,) = await house.join(room)
    (id_,) = await house.joined(room)
    speak(house, {alice: whistle(440, 1.5)})
    call = await house.call_of(id_)

    async def recorded() -> bool:
        house.clock.advance(0.25)
        found = (await house.recordings.list(house.customer_id, EVERYTHING))[0]
        return (house.recordings.samples(found.id) or 0) >= RECORDED_SAMPLES

    await until(recorded)
    await house.participants.kick(house.customer_id, ConferencecallId(id_))

    async def begun() -> list[Transcribe]:
        house.clock.advance(0.25)
        return await house.services.transcription.list(house.customer_id, EVERYTHING)

    (transcribe,) = await until(begun)
    recording = (await house.recordings.list(house.customer_id, EVERYTHING))[0]
    assert (transcribe.reference_type, transcribe.reference_id) == ("recording", recording.id)
    assert recording.reference_id == call.id
    await done(house, transcribe.id)
    (transcript,) = await heard(house, transcribe.id, 1)
    assert transcript.message == word(440)
