"""talk, play, beep and echo: what the caller hears, compared with the expected audio."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from mixminus.mixer import DigitReceived
from mixminus.mixer.sounds import beep
from mixminus.speech.synthesis.engine import Pcm, Utterance
from mixminus.speech.synthesis.service import SpeechService
from tests.support.backend import Backend
from tests.support.caller import RATE_HZ, Caller, actions, level, looks_like, run, run_until
from tests.support.tones import heard, tone, write_wav

HELLO = "Welcome to the conference."


class Visit:
    """Calls a room, whose pre-actions run first."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.callers: list[Caller] = []

    async def call(self, *pre: tuple[str, dict[str, object]]) -> Caller:
        room = await self.backend.room(pre_actions=actions(*pre))
        caller = await Caller.dial(self.backend, room.id)
        self.callers.append(caller)
        return caller

    async def until_joined(self, caller: Caller) -> None:
        await run_until(self.backend, self.callers, lambda: self.backend.rooms.seat_of(caller.port.id))

    def doing(self) -> str:
        """Return the type of the current action of the last caller's flow."""
        live = next(iter(self.backend.services.live_calls.values()), None)
        return str(live.action.get("type", "")) if live else ""

    async def until_doing(self, type_: str) -> None:
        await run_until(self.backend, self.callers, lambda: self.doing() == type_)


@pytest.fixture
async def visit(backend: Backend) -> AsyncIterator[Visit]:
    visit = Visit(backend)
    yield visit
    for caller in visit.callers:
        caller.leg.bye()
        caller.close()


def synthesised(text: str) -> Utterance:
    return Utterance(text, "en-US", "", 16_000)


def narrow(pcm: Pcm) -> Pcm:
    """Return 16 kHz audio as an 8 kHz phone receives it."""
    spectrum = np.fft.rfft(pcm.astype(np.float64))
    half = np.fft.irfft(spectrum[: len(pcm) // 4 + 1], len(pcm) // 2) / 2
    return np.rint(half).astype(np.int16)


async def test_talk_answers_the_call_and_is_heard_before_the_room(
    visit: Visit, speech: SpeechService
) -> None:
    caller = await visit.call(("talk", {"text": HELLO, "language": "en-US"}))
    await visit.until_joined(caller)
    assert caller.leg.done == ["answer"]
    assert looks_like(caller.heard, narrow(await speech.say(synthesised(HELLO)))) > 0.8


async def test_digits_handle_next_ends_a_talk_and_keeps_the_digit(visit: Visit) -> None:
    long = "One sentence. Another sentence. And a third one, which is longer than the others."
    caller = await visit.call(
        ("talk", {"text": long, "digits_handle": "next"}), ("sleep", {"duration": 60_000})
    )
    await run_until(visit.backend, visit.callers, lambda: level(caller.heard) > 100)
    press(visit, caller, "7")
    await visit.until_doing("sleep")
    await run(visit.backend, visit.callers, 0.2)
    caller.forget()
    await run(visit.backend, visit.callers, 0.5)
    assert level(caller.heard) == 0
    live = next(iter(visit.backend.services.live_calls.values()))
    assert live.digits.waiting == "7"


async def test_a_digit_does_not_end_a_talk_by_default(visit: Visit, speech: SpeechService) -> None:
    caller = await visit.call(("talk", {"text": HELLO}))
    await run_until(visit.backend, visit.callers, lambda: level(caller.heard) > 100)
    press(visit, caller, "7")
    await visit.until_joined(caller)
    assert looks_like(caller.heard, narrow(await speech.say(synthesised(HELLO)))) > 0.8


async def test_async_talk_does_not_delay_the_flow(visit: Visit, speech: SpeechService) -> None:
    caller = await visit.call(("talk", {"text": HELLO, "async": True}), ("sleep", {"duration": 10_000}))
    await visit.until_doing("sleep")
    await run(visit.backend, visit.callers, 4.0)
    assert visit.doing() == "sleep"
    assert looks_like(caller.heard, narrow(await speech.say(synthesised(HELLO)))) > 0.8


async def test_talk_in_an_unknown_language_is_skipped(visit: Visit) -> None:
    caller = await visit.call(("talk", {"text": HELLO, "language": "tlh"}))
    await visit.until_joined(caller)
    assert level(caller.heard) == 0


async def test_a_hangup_ends_a_talk(visit: Visit) -> None:
    caller = await visit.call(("talk", {"text": HELLO * 20}))
    await run_until(visit.backend, visit.callers, lambda: level(caller.heard) > 100)
    caller.leg.bye()
    await run_until(visit.backend, visit.callers, lambda: not visit.backend.services.live_calls)


async def test_play_plays_in_order_and_skips_missing_sounds(visit: Visit) -> None:
    folder = visit.backend.sounds_directory
    folder.mkdir()
    write_wav(folder / "low.wav", tone(440, 1.0))
    write_wav(folder / "high.wav", tone(1130, 1.0, sample_rate_hz=16_000), 16_000)
    (folder / "text.wav").write_text("this is no sound")
    urls = ["low.wav", "../secret.wav", "text.wav", "nothing.wav", "high.wav"]
    caller = await visit.call(("play", {"stream_urls": urls}))
    await visit.until_joined(caller)
    first, second = np.array_split(caller.heard[np.flatnonzero(caller.heard)[0] :][: 2 * RATE_HZ], 2)
    levels = [heard(part[1600:-1600], RATE_HZ, (440.0, 1130.0)) for part in (first, second)]
    assert levels[0][440] > -25 > -50 > levels[0][1130]
    assert levels[1][1130] > -25 > -50 > levels[1][440]


async def test_beep_plays_a_beep(visit: Visit) -> None:
    caller = await visit.call(("beep", {}))
    await visit.until_joined(caller)
    assert looks_like(caller.heard, beep()) > 0.95


@pytest.mark.parametrize("type_", ["echo", "stream_echo"])
async def test_echo_returns_the_callers_audio_and_ends(visit: Visit, type_: str) -> None:
    caller = await visit.call((type_, {"duration": 3000}), ("sleep", {"duration": 60_000}))
    caller.speaks = tone(620, 1.0, sample_rate_hz=RATE_HZ)
    await run_until(visit.backend, visit.callers, lambda: level(caller.heard[-800:]) > 3000)
    await run(visit.backend, visit.callers, 1.0)
    assert heard(caller.heard[-RATE_HZ // 2 :], RATE_HZ, (620.0,))[620] > -20
    await visit.until_doing("sleep")
    await run(visit.backend, visit.callers, 0.2)
    caller.forget()
    await run(visit.backend, visit.callers, 0.5)
    assert level(caller.heard) == 0


async def test_an_echo_has_no_effect_in_the_room_afterwards(visit: Visit) -> None:
    first = await visit.call(("echo", {"duration": 1000}))
    first.speaks = tone(620, 1.0, sample_rate_hz=RATE_HZ)
    await visit.until_joined(first)
    first.forget()
    await run(visit.backend, visit.callers, 0.5)
    assert level(first.heard) == 0


async def test_stream_echo_sends_digits_back(visit: Visit) -> None:
    caller = await visit.call(("stream_echo", {"duration": 30_000}))
    caller.port.configure(caller.phone.media(dtmf_payload_type=101))
    await visit.until_doing("stream_echo")
    press(visit, caller, "5")
    before = visit.backend.engine.counters()["digits_sent"]
    await run_until(
        visit.backend, visit.callers, lambda: visit.backend.engine.counters()["digits_sent"] > before
    )


def press(visit: Visit, caller: Caller, digit: str) -> None:
    visit.backend.services.on_engine_event(DigitReceived(caller.port.id, 0, digit, 100))
