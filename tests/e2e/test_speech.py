"""A real phone is greeted before it enters a room, and nobody in the room hears it."""

import asyncio

import numpy as np

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Utterance
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.resampling import resampled
from mixminus.speech.synthesis.service import SpeechService
from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.caller import looks_like
from tests.support.server import Server
from tests.support.tones import TONES_HZ, Pcm
from tests.support.waiting import eventually, play_for

TEXT = "Welcome. You will be in the conference in a moment."
RATE_HZ = 16_000


def spoken() -> Pcm:
    """Return the text as the server's engine says it."""

    async def speak() -> Pcm:
        service = SpeechService((HibariSpeech(),), SpeechCache(None))
        try:
            return await service.say(Utterance(TEXT, "en-US", "", RATE_HZ))
        finally:
            await service.close()

    return asyncio.run(speak())


def likeness(ear: tuple[Pcm, int], said: Pcm) -> float:
    """Return how well half seconds of a text are found in what was heard: 1 is all of them."""
    pcm, rate_hz = ear
    heard = resampled(pcm, rate_hz, RATE_HZ)
    size = RATE_HZ // 2
    parts = [said[at : at + size] for at in range(0, len(said) - size, size)]
    loud = [part for part in parts if np.abs(part).max() > 2000]
    return float(np.mean([looks_like(heard, part) for part in loud])) if len(heard) > size else 0.0


def test_a_phone_is_greeted_and_the_room_hears_nothing_of_it(server: Server, phone: Ring) -> None:
    said = spoken()
    greeting = [{"type": "talk", "option": {"text": TEXT, "language": "en-US"}}]
    room = server.new_room(pre_actions=greeting)
    first = phone(TONES_HZ[0], codec="G722/16000/1")
    first.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1, timeout_s=90)
    eventually(lambda: likeness(first.ear(), said) > 0.7, timeout_s=30, what="the greeting is heard")
    play_for(1)
    quiet_from = len(first.ear()[0])
    second = phone(TONES_HZ[1], codec="PCMU/8000/1")
    second.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2, timeout_s=90)
    play_for(3)
    pcm, rate_hz = first.ear()
    assert likeness((pcm[quiet_from:], rate_hz), said) < 0.4
    assert likeness(second.ear(), said) > 0.6, "8 kHz have less of it"
    assert_hears(first.ear(), (TONES_HZ[1],), TONES_HZ[0])
