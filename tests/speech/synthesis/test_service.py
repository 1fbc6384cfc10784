"""SpeechService, and its engines Hibari and espeak-ng."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Pcm, Utterance
from mixminus.speech.synthesis.errors import LanguageNotSpoken, SpeechBusy, SpeechFailed
from mixminus.speech.synthesis.espeak import EspeakSpeech
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService
from tests.support.waiting import until

HELLO = Utterance("Hello.", "en-US")


class Hum:
    """An engine that returns a sample per character of a text, once it is released."""

    name = "hum"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.may = asyncio.Event()
        self.may.set()
        self.fails = False
        self.losses = 0

    async def speaks(self, language: str) -> bool:
        return language == "hum"

    async def speak(self, text: str, utterance: Utterance) -> Pcm:
        self.texts.append(text)
        await self.may.wait()
        if self.fails:
            raise SpeechFailed("hoarse")
        return np.ones(len(text), np.int16)

    async def close(self) -> None:
        """Nothing to close."""


def hum(text: str) -> Utterance:
    return Utterance(text, "hum", "", 8000)


@pytest.fixture
def engine() -> Hum:
    return Hum()


@pytest.fixture
async def service(engine: Hum, tmp_path: Path) -> AsyncIterator[SpeechService]:
    service = SpeechService((engine,), SpeechCache(tmp_path), max_waiting=2)
    yield service
    await service.close()


async def test_breaks_become_silence(service: SpeechService) -> None:
    pcm = await service.say(hum("<speak>ab<break time='1s'/>c</speak>"))
    assert pcm.tolist() == [1, 1] + [0] * 8000 + [1]


async def test_empty_text_gives_no_audio(service: SpeechService, engine: Hum) -> None:
    assert len(await service.say(hum(""))) == 0
    assert not engine.texts


async def test_concurrent_requests_are_synthesised_once(
    service: SpeechService, engine: Hum, tmp_path: Path
) -> None:
    engine.may.clear()
    asked = [asyncio.ensure_future(service.say(hum("abc"))) for _ in range(5)]
    await until(lambda: engine.texts)
    asked[0].cancel()
    engine.may.set()
    assert [len(pcm) for pcm in await asyncio.gather(*asked[1:])] == [3] * 4
    await service.say(hum("abc"))
    again = SpeechService((engine,), SpeechCache(tmp_path))
    assert len(await again.say(hum("abc"))) == 3
    await again.close()
    assert engine.texts == ["abc"]
    assert again.counters["speech.cached"] == 1


async def test_too_many_texts_are_refused_and_counted(service: SpeechService, engine: Hum) -> None:
    engine.may.clear()
    asked = [asyncio.ensure_future(service.say(hum(text))) for text in ("a", "b")]
    await until(lambda: len(engine.texts) == 2)
    with pytest.raises(SpeechBusy):
        await service.say(hum("c"))
    assert service.counters["speech.refused"] == 1
    engine.may.set()
    await asyncio.gather(*asked)


async def test_failure_is_raised_and_not_cached(service: SpeechService, engine: Hum) -> None:
    engine.fails = True
    with pytest.raises(SpeechFailed):
        await service.say(hum("abc"))
    engine.fails = False
    assert len(await service.say(hum("abc"))) == 3
    assert service.counters["speech.failed"] == 1


async def test_unsupported_language_is_named(service: SpeechService) -> None:
    with pytest.raises(LanguageNotSpoken, match="tlh") as refusal:
        await service.say(Utterance("nuqneH", "tlh"))
    assert refusal.value.reason == "LANGUAGE_NOT_SPOKEN"


@pytest.fixture
async def hibari() -> AsyncIterator[HibariSpeech]:
    engine = HibariSpeech(workers=1)
    yield engine
    await engine.close()


async def test_hibari_is_deterministic_at_any_rate(hibari: HibariSpeech) -> None:
    assert await hibari.speaks("en-GB")
    assert not await hibari.speaks("de-DE")
    first, second = [await hibari.speak(HELLO.text, HELLO) for _ in range(2)]
    narrow = await hibari.speak(HELLO.text, Utterance("Hello.", "en-US", "", 8000))
    assert np.array_equal(first, second)
    assert abs(len(first) - 2 * len(narrow)) < 100
    assert 0.3 < len(first) / 16_000 < 3
    assert np.abs(first).max() > 3000


async def test_hibari_continues_after_text_without_words(hibari: HibariSpeech) -> None:
    assert len(await hibari.speak("...", HELLO)) < 16_000
    assert len(await hibari.speak("Hello.", HELLO)) > 4000
    assert hibari.losses == 0


async def test_hibari_process_is_replaced_after_a_timeout() -> None:
    engine = HibariSpeech(workers=1, max_s=0.0)
    service = SpeechService((engine,), SpeechCache(None))
    assert service.counters["speech.process_losses"] == 0
    with pytest.raises(SpeechFailed):
        await service.say(HELLO)
    assert engine.losses == 1
    assert service.counters["speech.process_losses"] == 1
    await service.close()


async def test_stopped_hibari_process_is_replaced_and_the_text_spoken(hibari: HibariSpeech) -> None:
    first = await hibari.speak("Hello.", HELLO)
    (process,) = [
        each for each in psutil.Process().children() if "mixminus.speech.synthesis.worker" in each.cmdline()
    ]
    process.suspend()
    assert np.array_equal(await hibari.speak("Hello.", HELLO), first)
    assert hibari.losses == 1
    assert not process.is_running()


async def test_espeak_supports_other_languages() -> None:
    engine = EspeakSpeech()
    assert [await engine.speaks(each) for each in ("de-DE", "es-MX", "pt-BR", "tlh")] == [
        True,
        True,
        True,
        False,
    ]
    pcm = await engine.speak("Guten Tag.", Utterance("Guten Tag.", "de-DE", "; rm -rf /", 8000))
    assert 0.3 < len(pcm) / 8000 < 3
    assert np.abs(pcm).max() > 1000


async def test_espeak_supports_nothing_without_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    engine = EspeakSpeech()
    assert not await engine.speaks("de")
