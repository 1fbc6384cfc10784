"""Compare synthesised speech with the audio that a phone played."""

import asyncio

import numpy as np

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Utterance, resampled
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService
from tests.support.caller import looks_like
from tests.support.tones import Pcm

RATE_HZ = 16_000
_LOUD = 2000


def spoken(*texts: str) -> list[Pcm]:
    """Return the audio of texts, made by the server's speech synthesis."""

    async def speak() -> list[Pcm]:
        service = SpeechService((HibariSpeech(),), SpeechCache(None))
        try:
            return [await service.say(Utterance(text, "en-US", "", RATE_HZ)) for text in texts]
        finally:
            await service.close()

    return asyncio.run(speak())


def likeness(ear: tuple[Pcm, int], said: Pcm) -> float:
    """Return the similarity of half-second pieces of a text to the audio heard; 1 if all are found."""
    pcm, rate_hz = ear
    heard = resampled(pcm, rate_hz, RATE_HZ)
    size = RATE_HZ // 2
    parts = [said[at : at + size] for at in range(0, len(said) - size, size)]
    loud = [part for part in parts if np.abs(part).max() > _LOUD]
    return float(np.mean([looks_like(heard, part) for part in loud])) if len(heard) > size else 0.0
