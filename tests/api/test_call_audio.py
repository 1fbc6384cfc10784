"""Speech, music and silence for one call: only this call hears them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Pcm, Utterance
from mixminus.speech.synthesis.hibari import HibariSpeech
from mixminus.speech.synthesis.service import SpeechService
from tests.support.caller import RATE_HZ, Caller, looks_like, run, run_until
from tests.support.site import Site, site

__all__ = ["site"]

TEXT = "You are the next one to speak."
ALIKE, UNLIKE = 0.8, 0.3


@pytest.fixture
async def said() -> AsyncIterator[Pcm]:
    service = SpeechService((HibariSpeech(),), SpeechCache(None))
    yield await service.say(Utterance(TEXT, "en-US", "", RATE_HZ))
    await service.close()


@pytest.fixture
def callers() -> Iterator[list[Caller]]:
    found: list[Caller] = []
    yield found
    for caller in found:
        caller.close()


async def test_talk_is_heard_by_one_call_only(site: Site, said: Pcm, callers: list[Caller]) -> None:
    backend = site.backend
    room = await backend.room()
    for count in (1, 2):
        callers.append(await Caller.dial(backend, room.id))

        async def joined(count: int = count) -> bool:
            return len(await backend.joined(room)) == count

        await run_until(backend, callers, joined)
    alice, bob = callers
    here = (await backend.joined(room))[0]
    call = await backend.call_of(here)
    path = f"/v1.0/calls/{call.id}/talk"
    status, answer = await site.api.post(path, {"text": TEXT, "language": "en-US"})
    assert (status, answer) == (200, "")
    await run_until(backend, callers, lambda: looks_like(alice.heard, said) > ALIKE)
    await run(backend, callers, 0.5)
    assert looks_like(bob.heard, said) < UNLIKE
    assert (await site.api.post(path, {"text": ""}))[0] == 400
    status, refusal = await site.api.post(path, {"text": TEXT, "language": "xx"})
    assert (status, refusal["error"]["reason"]) == (400, "LANGUAGE_NOT_SPOKEN")
    alice.leg.bye()
    await backend.gone(here)
    assert (await site.api.post(path, {"text": TEXT}))[0] == 409
    bob.leg.bye()
