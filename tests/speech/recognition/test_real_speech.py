"""The engine that comes with mixminus, on real speech: who has said what in a room, at 8 and at 16 kHz.

One backend for all: the model is loaded once. Engine and phones are on a virtual clock, so that
what is heard is the same on every machine.
"""

from pathlib import Path

from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.recognition.pool import SpeechConfig
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.prompts import NARROW, WIDE, prompt, word_error_rate
from tests.support.talk import done, heard, speak

# Prompts of asterisk-core-sounds-en, and what is said in them.
SAID = {
    "agent-pass": "Please enter your password followed by the pound key.",
    "all-circuits-busy-now": "All circuits are busy now.",
    "conf-onlyperson": "You are currently the only person in this conference.",
    "conf-invalid": "That is not a valid conference number. Please try again.",
    "vm-goodbye": "Goodbye.",
    "pbx-invalid": "I am sorry, that's not a valid extension. Please try again.",
}
TURNS = (("agent-pass", "conf-invalid"), ("all-circuits-busy-now", "conf-onlyperson"), ("pbx-invalid", ""))
MOST_ERRORS = 0.1


async def test_real_speech_is_transcribed_with_its_speakers(tmp_path: Path) -> None:
    config = SpeechConfig(queue_folder=tmp_path / "speech", workers=1)
    async with open_backend(tmp_path, ManualClock(), speech=config) as backend:
        room = await backend.room()
        phones = {}
        for rate_hz in (NARROW, WIDE):
            (phones[rate_hz],) = await backend.join(room, sample_rate_hz=rate_hz)
        ids = dict(zip(phones, await backend.joined(room), strict=True))
        started = await backend.conferences.transcribe_start(
            backend.customer_id, room.id, TranscribeOptions("en-US", "in")
        )
        said: dict[int, list[str]] = {NARROW: [], WIDE: []}
        for turn in TURNS:
            for rate_hz, name in zip(phones, turn, strict=True):
                if name:
                    said[rate_hz].append(SAID[name])
            voices = {
                phones[rate_hz]: prompt(name, NARROW if rate_hz == NARROW else WIDE)
                for rate_hz, name in zip(phones, turn, strict=True)
                if name
            }
            speak(backend, voices)
            # The tap's ring holds 10 s: what a real clock would have let be read long ago.
            await heard(backend, started.transcribe_id, sum(map(len, said.values())))
        await backend.conferences.transcribe_stop(backend.customer_id, room.id)
        await done(backend, started.transcribe_id)
        transcripts = await heard(backend, started.transcribe_id, 1)
    for rate_hz, sentences in said.items():
        own = [each.message for each in transcripts if each.conferencecall_id == ids[rate_hz]]
        rate = word_error_rate([(" ".join(sentences), " ".join(own))])
        assert rate <= MOST_ERRORS, (rate_hz, own)
    assert {each.conferencecall_id for each in transcripts} == set(ids.values())
