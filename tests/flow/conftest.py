"""A running server for each test, and the speech engine that it uses."""

from collections.abc import AsyncIterator

import pytest

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService
from tests.support.backend import backend

__all__ = ["backend", "speech"]


@pytest.fixture
async def speech() -> AsyncIterator[SpeechService]:
    service = SpeechService((HibariSpeech(),), SpeechCache(None))
    yield service
    await service.close()
