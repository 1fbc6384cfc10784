"""Transcriptions with a translation, by Apertium."""

import os
import signal
from contextlib import suppress

import pytest

from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.speech.translation.translator import FAILED
from tests.support.backend import Backend
from tests.support.talk import heard, speak, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until


async def test_pair_that_is_not_installed_is_refused_before_anything_starts(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    for options in (TranscribeOptions("en", translate_to="ja"), TranscribeOptions("en", translate_to="en")):
        with pytest.raises(TranslationNotSupported):
            await backend.conferences.transcribe_start(backend.customer_id, room.id, options)
    assert (await backend.conferences.get(backend.customer_id, room.id)).transcribe_ids == ()


async def test_killing_the_translators_loses_no_caption(backend: Backend) -> None:
    room = await backend.room()
    (ann,) = await backend.join(room)
    options = TranscribeOptions("en", "in", translate_to="es")
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, options)
    killed = 0
    for said in range(1, 4):
        speak(backend, {ann: whistle(440, 1.0)})

        def kill(said: int = said) -> bool:
            nonlocal killed
            backend.clock.advance(0.1)
            for pid in backend.services.transcription.translator_pids:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                    killed += 1
            return failures(backend) >= said

        await until(kill, within_s=60)
    found = await heard(backend, started.transcribe_id, 3)
    assert [each.message for each in found] == [word(440)] * 3
    assert {each.translations.get("es", "") for each in found} <= {"", "Tono 440"}
    assert killed
    speak(backend, {ann: whistle(440, 1.0)})
    last = (await heard(backend, started.transcribe_id, 4))[-1]
    assert (last.message, list(last.translations)) == (word(440), ["es"])


def failures(backend: Backend) -> int:
    return backend.services.transcription.counters[FAILED]
