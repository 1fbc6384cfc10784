"""The engine that comes with mixminus, on real speech: who has said what in a room, at 8 and at 16 kHz.

One house for all: the model is loaded once. Engine and phones are on a virtual clock, so that
what is heard is the same on every machine.
"""

from pathlib import Path

from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.recognition.pool import SpeechConfig
from tests.support.clock import ManualClock
from tests.support.house import open_house
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
    async with open_house(tmp_path, ManualClock(), speech=config) as house:
        room = await house.room()
        phones = {}
        for rate_hz in (NARROW, WIDE):
            (phones[rate_hz],) = await house.join(room, sample_rate_hz=rate_hz)
        ids = dict(zip(phones, await house.joined(room), strict=True))
        started = await house.conferences.transcribe_start(
            house.customer_id, room.id, TranscribeOptions("en-US", "in")
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
            speak(house, voices)
            # The tap's ring holds 10 s: what a real clock would have let be read long ago.
            await heard(house, started.transcribe_id, sum(map(len, said.values())))
        await house.conferences.transcribe_stop(house.customer_id, room.id)
        await done(house, started.transcribe_id)
        transcripts = await heard(house, started.transcribe_id, 1)
    for rate_hz, sentences in said.items():
        own = [each.message for each in transcripts if each.conferencecall_id == ids[rate_hz]]
        rate = word_error_rate([(" ".join(sentences), " ".join(own))])
        assert rate <= MOST_ERRORS, (rate_hz, own)
    assert {each.conferencecall_id for each in transcripts} == set(ids.values())
