"""Two phones and a browser speak: the transcript says who said what, and can be exported."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixminus.speech.synthesis.engine import resampled
from tests.e2e.conftest import Ring
from tests.e2e.test_browser import over_http
from tests.support.chromium import chromium
from tests.support.prompts import NARROW, WIDE, prompt, prompts, word_error_rate, words
from tests.support.server import Server
from tests.support.tones import Pcm, write_wav
from tests.support.waiting import eventually

PHONE_RATE_HZ = 48_000
PAUSE_S = 1.2
"""Pause between two sentences, long enough to end an utterance."""
REST_S = 60
"""Silence after the speech: the microphone file of a phone must outlast its call."""
MOST_ERRORS = 0.15
PATIENCE_S = 90.0

# No distinctive word occurs in the texts of two participants.
NARROW_PHONE = ("agent-pass", "conf-onlyperson")
WIDE_PHONE = ("all-circuits-busy-now", "pbx-invalid")
BROWSER = ("dir-nomore", "privacy-unident")


@dataclass(frozen=True)
class Speech:
    """The text and speech of one participant."""

    text: str
    pcm: Pcm
    rate_hz: int

    def microphone(self, path: Path) -> Path:
        """Write the speech as a microphone file for a phone."""
        pcm = np.pad(self.pcm, (0, REST_S * self.rate_hz))
        return write_wav(path, resampled(pcm, self.rate_hz, PHONE_RATE_HZ))


def said(names: tuple[str, ...], rate_hz: int) -> Speech:
    pause = np.zeros(int(PAUSE_S * rate_hz), np.int16)
    pcm = np.concatenate([part for name in names for part in (prompt(name, rate_hz), pause)])
    return Speech(" ".join(prompts()[name] for name in names), pcm, rate_hz)


def written(server: Server, transcribe: str) -> list[dict[str, Any]]:
    """Return the transcripts so far in the order of time; the list has the newest first."""
    found: list[dict[str, Any]] = server.call("GET", f"/transcripts?transcribe_id={transcribe}").json[
        "result"
    ]
    return sorted(found, key=lambda each: str(each["tm_transcript"]))


def errors(transcripts: list[dict[str, Any]], sayings: Mapping[str, Speech]) -> float:
    """Return the word error rate of all participants together, each compared with its own text."""
    own = {
        who: " ".join(each["message"] for each in transcripts if each["conferencecall_id"] == who)
        for who in sayings
    }
    return word_error_rate([(saying.text, own[who]) for who, saying in sayings.items()])


def likeliest(message: str, sayings: Mapping[str, Speech]) -> str:
    """Return the participant whose text has most of these words."""
    return max(sayings, key=lambda who: len(set(words(message)) & set(words(sayings[who].text))))


async def test_transcript_names_speakers_and_is_exported(server: Server, phone: Ring, tmp_path: Path) -> None:
    room = server.new_room()
    started = server.call("POST", f"/conferences/{room}/transcribe_start", {"language": "en-US"})
    assert started.status == 200, started.body
    transcribe = started.json["transcribe_id"]
    phones = [phone(0.0, codec="PCMU/8000/1"), phone(0.0, codec="G722/16000/1")]
    for count, each in enumerate(phones, 1):
        await asyncio.to_thread(each.dial, server.sip_uri(room))
        await asyncio.to_thread(server.wait_for_participants, room, count)
    silence = write_wav(tmp_path / "silence.wav", np.zeros(PHONE_RATE_HZ, np.int16))
    async with chromium(over_http(server, room), silence) as browser:
        await browser.join(trickle=True)
        ids = await asyncio.to_thread(server.wait_for_participants, room, 3)
        voices = [said(NARROW_PHONE, NARROW), said(WIDE_PHONE, WIDE), said(BROWSER, WIDE)]
        sayings = dict(zip(ids, voices, strict=True))
        for number, each in enumerate(phones):
            each.speak(voices[number].microphone(tmp_path / f"voice{number}.wav"))
        await browser.speak(voices[2].pcm, voices[2].rate_hz)
        await asyncio.to_thread(
            eventually,
            lambda: errors(written(server, transcribe), sayings) <= MOST_ERRORS,
            timeout_s=PATIENCE_S,
            what="all utterances are transcribed",
        )
        server.call("POST", f"/conferences/{room}/transcribe_stop")
        await asyncio.to_thread(
            eventually,
            lambda: server.call("GET", f"/transcribes/{transcribe}").json["status"] == "done",
            timeout_s=PATIENCE_S,
            what="the transcribe is done",
        )
        await browser.leave()
    transcripts = written(server, transcribe)
    assert errors(transcripts, sayings) <= MOST_ERRORS, transcripts
    for utterance in transcripts:
        assert utterance["conferencecall_id"] == likeliest(utterance["message"], sayings), utterance
    check_export(server, transcribe, transcripts)


def check_export(server: Server, transcribe: str, transcripts: list[dict[str, Any]]) -> None:
    """Assert that every utterance is a WebVTT cue, in order, with its speaker."""
    answer = server.call("GET", f"/transcribes/{transcribe}/export?format=vtt")
    assert answer.headers["Content-Type"].startswith("text/vtt")
    text = answer.body.decode()
    assert text.startswith("WEBVTT\n\n")
    cues = re.findall(r"^(\S+)\n[\d:.]+ --> [\d:.]+\n<v ([^>]+)>(.+)$", text, re.MULTILINE)
    assert [(id_, words(message)) for id_, _, message in cues] == [
        (each["id"], words(each["message"])) for each in transcripts
    ]
    voices = {
        (each["conferencecall_id"], voice) for each, (_, voice, _) in zip(transcripts, cues, strict=True)
    }
    assert len(voices) == len({who for who, _ in voices}) == len({voice for _, voice in voices}), voices
