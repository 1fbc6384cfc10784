"""What a room and its participants are told by speech: who hears it, and who does not."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from mixminus.conference.errors import ConferenceNotFound
from mixminus.errors import InvalidArgument
from mixminus.mixer import DigitReceived
from mixminus.model.conference import Conference, ConferenceProfile, RoomSettings
from mixminus.model.recording import RecordingOptions
from mixminus.sound.prompts import wording
from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Utterance
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService
from tests.support.caller import Caller, level, looks_like, run, run_until
from tests.support.house import House
from tests.support.tones import Pcm, tone, write_wav

ALIKE, UNLIKE = 0.7, 0.4


class Ears:
    """Callers of one house, and whether what they heard is a text."""

    def __init__(self, house: House, speech: SpeechService) -> None:
        self.house = house
        self._speech = speech
        self.callers: list[Caller] = []

    async def dial(self, room: Conference) -> Caller:
        caller = await Caller.dial(self.house, room.id)
        self.callers.append(caller)
        return caller

    async def join(self, room: Conference) -> Caller:
        caller = await self.dial(room)
        await self.until(lambda: self.house.rooms.seat_of(caller.port.id) is not None)
        return caller

    async def until(self, look: object) -> None:
        await run_until(self.house, self.callers, look)  # type: ignore[arg-type]  # any of the two kinds

    async def said(self, text: str) -> Pcm:
        pcm = await self._speech.say(Utterance(text, "en-US", "", 16_000))
        spectrum = np.fft.rfft(pcm.astype(np.float64))
        return np.rint(np.fft.irfft(spectrum[: len(pcm) // 4 + 1], len(pcm) // 2) / 2).astype(np.int16)

    async def hears(self, caller: Caller, text: str) -> None:
        """Wait until somebody has heard a text."""
        said = await self.said(text)
        await self.until(lambda: looks_like(caller.heard, said) > ALIKE)

    async def heard_not(self, caller: Caller, text: str) -> None:
        assert looks_like(caller.heard, await self.said(text)) < UNLIKE


@pytest.fixture
async def ears(house: House) -> AsyncIterator[Ears]:
    speech = SpeechService((HibariSpeech(),), SpeechCache(None))
    ears = Ears(house, speech)
    yield ears
    await speech.close()
    for caller in ears.callers:
        caller.leg.bye()
        caller.close()


def text_of(name: str) -> str:
    return wording(name, "en-US", {})[0]


async def test_a_pin_is_asked_for_in_words_and_once_more_when_it_was_wrong(house: House, ears: Ears) -> None:
    room = await house.room(settings=RoomSettings(pin="1234"))
    caller = await ears.dial(room)
    await ears.hears(caller, text_of("pin"))
    for digit in "99#":
        house.services.on_engine_event(DigitReceived(caller.port.id, 0, digit, 100))
    await ears.hears(caller, text_of("pin_wrong"))


async def test_where_prompts_are_off_a_beep_asks(house: House, ears: Ears) -> None:
    room = await house.room(settings=RoomSettings(pin="1234", prompts="off"))
    caller = await ears.dial(room)
    await ears.until(lambda: level(caller.heard) > 100)
    await run(house, ears.callers, 3.0)
    await ears.heard_not(caller, text_of("pin"))


async def test_the_first_one_alone_is_told_so(house: House, ears: Ears) -> None:
    room = await house.room(settings=RoomSettings(prompts="all"))
    first = await ears.join(room)
    await ears.hears(first, text_of("alone"))
    second = await ears.join(room)
    await run(house, ears.callers, 3.0)
    await ears.heard_not(second, text_of("alone"))


@pytest.mark.parametrize(
    ("announce", "text"), [("count", "There are 2 participants."), ("names", "Alice has joined.")]
)
async def test_the_room_is_told_who_comes(house: House, ears: Ears, announce: str, text: str) -> None:
    room = await house.room(settings=RoomSettings(announce=announce))  # type: ignore[arg-type]  # one of its words
    other = await house.room()
    stranger, first = await ears.join(other), await ears.join(room)
    second = await ears.join(room)
    await ears.hears(first, text)
    await ears.hears(second, text)
    assert level(stranger.heard) == 0, "another room hears nothing of it"


async def test_the_room_is_told_that_it_is_recorded(house: House, ears: Ears) -> None:
    room = await house.room(settings=RoomSettings(prompts="all", music_when_alone=False))
    first = await ears.join(room)
    await house.conferences.recording_start(house.customer_id, room.id, RecordingOptions())
    await ears.hears(first, text_of("recording"))


async def test_a_closed_room_says_goodbye_to_each(house: House, ears: Ears) -> None:
    room = await house.room(settings=RoomSettings(prompts="all"))
    first = await ears.join(room)
    await house.conferences.delete(house.customer_id, room.id)
    await ears.hears(first, text_of("goodbye"))


async def test_a_room_has_words_and_sounds_of_its_own(house: House, ears: Ears) -> None:
    house.sounds_directory.mkdir()
    chime = tone(700, 1.0, sample_rate_hz=8000)
    write_wav(house.sounds_directory / "chime.wav", chime, 8000)
    own = {"alone": "Nobody else has come yet.", "goodbye": "sound:chime.wav"}
    room = await house.room(settings=RoomSettings(prompts="all", prompt_texts=own))
    first = await ears.join(room)
    await ears.hears(first, own["alone"])
    await house.conferences.delete(house.customer_id, room.id)
    await ears.until(lambda: looks_like(first.heard, chime[:4000]) > ALIKE)


async def test_an_operators_file_takes_a_prompts_place(house: House, ears: Ears) -> None:
    folder = house.sounds_directory / "prompts" / "en"
    folder.mkdir(parents=True)
    chime = tone(700, 1.0, sample_rate_hz=8000)
    write_wav(folder / "alone.wav", chime, 8000)
    first = await ears.join(await house.room(settings=RoomSettings(prompts="all")))
    await ears.until(lambda: looks_like(first.heard, chime[:4000]) > ALIKE)


async def test_a_prompt_that_cannot_be_said_is_counted_and_costs_nobody_the_call(
    house: House, ears: Ears
) -> None:
    own = {"alone": "sound:nothing.wav"}
    first = await ears.join(await house.room(settings=RoomSettings(prompts="all", prompt_texts=own)))
    await ears.until(lambda: house.services.counters()["sound.prompts_failed"] == 1)
    assert not first.port.closed


async def test_a_prompt_that_nobody_knows_is_refused(house: House) -> None:
    room = await house.room()
    with pytest.raises(InvalidArgument, match="no such prompt"):
        await house.conferences.update(
            house.customer_id,
            room.id,
            ConferenceProfile(settings=RoomSettings(prompt_texts={"weather": "It rains."})),
        )
    with pytest.raises(ConferenceNotFound):
        await house.participants.settings(house.customer_id, house.customer_id)  # type: ignore[arg-type]
