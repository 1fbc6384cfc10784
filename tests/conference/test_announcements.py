"""Announcements: which prompts are played, and which participants hear them."""

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
from tests.support.backend import Backend
from tests.support.caller import Caller, level, looks_like, run, run_until
from tests.support.tones import Pcm, tone, write_wav

ALIKE, UNLIKE = 0.7, 0.4


class Listeners:
    """Callers of one server, and whether they have heard a text."""

    def __init__(self, backend: Backend, speech: SpeechService) -> None:
        self.backend = backend
        self._speech = speech
        self.callers: list[Caller] = []

    async def dial(self, room: Conference) -> Caller:
        caller = await Caller.dial(self.backend, room.id)
        self.callers.append(caller)
        return caller

    async def join(self, room: Conference) -> Caller:
        caller = await self.dial(room)
        await self.until(lambda: self.backend.rooms.seat_of(caller.port.id) is not None)
        return caller

    async def until(self, look: object) -> None:
        await run_until(self.backend, self.callers, look)  # type: ignore[arg-type]  # sync or async

    async def said(self, text: str) -> Pcm:
        pcm = await self._speech.say(Utterance(text, "en-US", "", 16_000))
        spectrum = np.fft.rfft(pcm.astype(np.float64))
        return np.rint(np.fft.irfft(spectrum[: len(pcm) // 4 + 1], len(pcm) // 2) / 2).astype(np.int16)

    async def hears(self, caller: Caller, text: str) -> None:
        """Wait until a caller has heard a text."""
        said = await self.said(text)
        await self.until(lambda: looks_like(caller.heard, said) > ALIKE)

    async def does_not_hear(self, caller: Caller, text: str) -> None:
        assert looks_like(caller.heard, await self.said(text)) < UNLIKE


@pytest.fixture
async def listeners(backend: Backend) -> AsyncIterator[Listeners]:
    speech = SpeechService((HibariSpeech(),), SpeechCache(None))
    listeners = Listeners(backend, speech)
    yield listeners
    await speech.close()
    for caller in listeners.callers:
        caller.leg.bye()
        caller.close()


def text_of(name: str) -> str:
    return wording(name, "en-US", {})[0]


async def test_prompt_asks_for_the_pin_and_again_after_a_wrong_one(
    backend: Backend, listeners: Listeners
) -> None:
    room = await backend.room(settings=RoomSettings(pin="1234"))
    caller = await listeners.dial(room)
    await listeners.hears(caller, text_of("pin"))
    for digit in "99#":
        backend.services.on_engine_event(DigitReceived(caller.port.id, 0, digit, 100))
    await listeners.hears(caller, text_of("pin_wrong"))


async def test_beep_asks_for_the_pin_without_prompts(backend: Backend, listeners: Listeners) -> None:
    room = await backend.room(settings=RoomSettings(pin="1234", prompts="off"))
    caller = await listeners.dial(room)
    await listeners.until(lambda: level(caller.heard) > 100)
    await run(backend, listeners.callers, 3.0)
    await listeners.does_not_hear(caller, text_of("pin"))


async def test_first_participant_hears_that_it_is_alone(backend: Backend, listeners: Listeners) -> None:
    room = await backend.room(settings=RoomSettings(prompts="all"))
    first = await listeners.join(room)
    await listeners.hears(first, text_of("alone"))
    second = await listeners.join(room)
    await run(backend, listeners.callers, 3.0)
    await listeners.does_not_hear(second, text_of("alone"))


@pytest.mark.parametrize(
    ("announce", "text"), [("count", "There are 2 participants."), ("names", "Alice has joined.")]
)
async def test_room_hears_who_has_joined(
    backend: Backend, listeners: Listeners, announce: str, text: str
) -> None:
    room = await backend.room(settings=RoomSettings(announce=announce))  # type: ignore[arg-type]  # one of its values
    other = await backend.room()
    other_caller, first = await listeners.join(other), await listeners.join(room)
    second = await listeners.join(room)
    await listeners.hears(first, text)
    await listeners.hears(second, text)
    assert level(other_caller.heard) == 0, "another room does not hear it"


async def test_room_hears_that_it_is_recorded(backend: Backend, listeners: Listeners) -> None:
    room = await backend.room(settings=RoomSettings(prompts="all", music_when_alone=False))
    first = await listeners.join(room)
    await backend.conferences.recording_start(backend.customer_id, room.id, RecordingOptions())
    await listeners.hears(first, text_of("recording"))


async def test_goodbye_is_played_when_the_room_closes(backend: Backend, listeners: Listeners) -> None:
    room = await backend.room(settings=RoomSettings(prompts="all"))
    first = await listeners.join(room)
    await backend.conferences.delete(backend.customer_id, room.id)
    await listeners.hears(first, text_of("goodbye"))


async def test_prompt_texts_of_the_room_replace_texts_and_sounds(
    backend: Backend, listeners: Listeners
) -> None:
    backend.sounds_directory.mkdir()
    chime = tone(700, 1.0, sample_rate_hz=8000)
    write_wav(backend.sounds_directory / "chime.wav", chime, 8000)
    own = {"alone": "Nobody else has come yet.", "goodbye": "sound:chime.wav"}
    room = await backend.room(settings=RoomSettings(prompts="all", prompt_texts=own))
    first = await listeners.join(room)
    await listeners.hears(first, own["alone"])
    await backend.conferences.delete(backend.customer_id, room.id)
    await listeners.until(lambda: looks_like(first.heard, chime[:4000]) > ALIKE)


async def test_file_of_the_operator_replaces_a_prompt(backend: Backend, listeners: Listeners) -> None:
    folder = backend.sounds_directory / "prompts" / "en"
    folder.mkdir(parents=True)
    chime = tone(700, 1.0, sample_rate_hz=8000)
    write_wav(folder / "alone.wav", chime, 8000)
    first = await listeners.join(await backend.room(settings=RoomSettings(prompts="all")))
    await listeners.until(lambda: looks_like(first.heard, chime[:4000]) > ALIKE)


async def test_prompt_that_cannot_be_played_is_counted_and_the_call_goes_on(
    backend: Backend, listeners: Listeners
) -> None:
    own = {"alone": "sound:nothing.wav"}
    first = await listeners.join(await backend.room(settings=RoomSettings(prompts="all", prompt_texts=own)))
    await listeners.until(lambda: backend.services.counters()["sound.prompts_failed"] == 1)
    assert not first.port.closed


async def test_unknown_prompt_is_refused(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(InvalidArgument, match="no such prompt"):
        await backend.conferences.update(
            backend.customer_id,
            room.id,
            ConferenceProfile(settings=RoomSettings(prompt_texts={"weather": "It rains."})),
        )
    with pytest.raises(ConferenceNotFound):
        await backend.participants.settings(backend.customer_id, backend.customer_id)  # type: ignore[arg-type]
