"""Measure accuracy and delay of speech to text: ``python -m bench.transcription [PROMPTS]``.

Words: prompts of Asterisk (Debian's ``asterisk-core-sounds-en-wav``, ``-g722`` and ``-en``) are played into a room
by two phones at once, one at 8 and one at 16 kHz, on a virtual clock. Delay: the same on a real clock, one
sentence after the other; from the first sample spoken to the first partial result, and from the last
sample to the final result.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.legs import PcmLeg
from tests.support.prompts import NARROW, WIDE, prompt, prompts, word_error_rate
from tests.support.talk import converse, done
from tests.support.tones import Pcm

from mixminus.model.ids import TranscribeId
from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.recognition.pool import SpeechConfig

ENGLISH = TranscribeOptions("en-US", "in")
AIMS = {NARROW: 0.10, WIDE: 0.07}
FIRST_PARTIAL_AIM_S, FINAL_AIM_S = 1.0, 2.0
TICK_S = 0.02
LATENCY_PROMPTS = 20
PATIENCE_TICKS = 1500
STARTED, INTERIM = "transcribe_speech_started", "transcribe_speech_interim"
ENDED, CREATED = "transcribe_speech_ended", "transcript_created"
AUDIBLE = 300


@dataclass
class Delays:
    """Seconds, one for each sentence."""

    partial: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)


async def listening(
    backend: Backend, rates: tuple[int, ...]
) -> tuple[TranscribeId, dict[int, PcmLeg], dict[int, UUID]]:
    """Open a room with a phone of each rate, and transcribe it; return transcribe, phones and participants."""
    room = await backend.room()
    phones = {}
    for rate_hz in rates:
        (phones[rate_hz],) = await backend.join(room, sample_rate_hz=rate_hz)
    ids = dict(zip(rates, await backend.joined(room), strict=True))
    started = await backend.conferences.transcribe_start(backend.customer_id, room.id, ENGLISH)
    return TranscribeId(started.transcribe_id), phones, ids


async def measure_words(directory: Path, names: list[str]) -> dict[int, float]:
    """Return the word error rate at each rate; every prompt is played at both, never at the same time."""
    texts = prompts()
    found: dict[int, list[tuple[str, str]]] = {NARROW: [], WIDE: []}
    config = SpeechConfig(queue_folder=directory / "speech")
    async with open_backend(directory, ManualClock(), speech=config) as backend:
        for narrow, wide in zip(names, (*names[1:], names[0]), strict=True):
            transcribe_id, phones, ids = await listening(backend, (NARROW, WIDE))
            await converse(
                backend, {phones[NARROW]: prompt(narrow, NARROW), phones[WIDE]: prompt(wide, WIDE)}
            )
            await backend.services.transcription.end(backend.customer_id, transcribe_id)
            await done(backend, transcribe_id)
            written = await backend.services.transcription.transcripts(backend.customer_id, transcribe_id)
            for rate_hz, name in ((NARROW, narrow), (WIDE, wide)):
                own = " ".join(each.message for each in written if each.conferencecall_id == ids[rate_hz])
                found[rate_hz].append((texts[name], own))
    return {rate_hz: word_error_rate(pairs) for rate_hz, pairs in found.items()}


@dataclass
class Times:
    """When a sentence began and ended, and when its results were published: seconds on one clock."""

    begin_s: float = 0.0
    end_s: float = 0.0
    at_s: dict[str, list[float]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether every utterance has its final text."""
        started, ended, created = (len(self.at_s.get(type_, ())) for type_ in (STARTED, ENDED, CREATED))
        return 0 < started == ended == created


class RealClock(ManualClock):
    """A clock that advances with real time."""

    def __init__(self) -> None:
        super().__init__()
        self._begin_s = time.monotonic()

    def catch_up(self) -> float:
        """Advance the clock to the present, and return it in seconds."""
        behind_s = time.monotonic() - self._begin_s - self.monotonic_s()
        if behind_s > 0:
            self.advance(behind_s)
        return self.monotonic_s()


async def say(backend: Backend, clock: RealClock, phone: PcmLeg, voice: Pcm, stream: UUID) -> Times:
    """Play at the pace of the clock until all text is final; return the times of the results."""
    frame = phone.port.sample_rate_hz // 50
    loud = np.flatnonzero(np.abs(voice) > AUDIBLE) // frame
    known = len(await backend.events(stream))
    found, tick = Times(), 0
    due_s = clock.catch_up()
    while tick * frame < voice.size or not (found.whole or tick > PATIENCE_TICKS):
        piece = voice[tick * frame : (tick + 1) * frame]
        phone.port.write(np.pad(piece, (0, frame - piece.size)))
        backend.tick()
        if tick == loud[0]:
            found.begin_s = clock.catch_up()
        if tick == loud[-1]:
            found.end_s = clock.catch_up()
        due_s, tick = due_s + TICK_S, tick + 1
        while clock.catch_up() < due_s:  # noqa: ASYNC110 -- a phone's pace
            await asyncio.sleep(TICK_S / 4)
        for event in (events := await backend.events(stream))[known:]:
            found.at_s.setdefault(event.type, []).append(clock.catch_up())
        known = len(events)
    return found


async def measure_delays(directory: Path, names: list[str], rate_hz: int) -> Delays:
    """Play sentences in real time, and record the times of their results."""
    delays = Delays()
    clock = RealClock()
    config = SpeechConfig(queue_folder=directory / "speech")
    async with open_backend(directory, clock, speech=config) as backend:
        transcribe_id, phones, _ = await listening(backend, (rate_hz,))
        (stream,) = backend.rooms.ids()
        # The first sentence waits for the model to load, as on a new server: it is not counted.
        for number, name in enumerate(names):
            found = await say(backend, clock, phones[rate_hz], prompt(name, rate_hz), stream)
            if number and (partials := found.at_s.get(INTERIM)):
                delays.partial.append(partials[0] - found.begin_s)
            if number and found.whole:
                delays.final.append(found.at_s[CREATED][-1] - found.end_s)
        await backend.services.transcription.end(backend.customer_id, transcribe_id)
    return delays


def report(name: str, values: list[float], aim_s: float) -> bool:
    """Print a row; return whether the target was met in 95 % of cases."""
    high = sorted(values)[int(len(values) * 0.95)] if values else float("inf")
    met = high <= aim_s
    print(
        f"{name}: median {statistics.median(values):.2f} s, 95 % {high:.2f} s, aim {aim_s} s, {len(values)} heard"
    )
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompts", nargs="?", type=int, default=len(prompts()), help="how many of them")
    names = list(prompts())[: parser.parse_args().prompts]
    print(f"load {os.getloadavg()[0]:.1f}, {len(names)} prompts")
    met = True
    with tempfile.TemporaryDirectory() as words, tempfile.TemporaryDirectory() as waits:
        for rate_hz, rate in asyncio.run(measure_words(Path(words), names)).items():
            print(f"{rate_hz} Hz: word error rate {100 * rate:.1f} %, aim {100 * AIMS[rate_hz]:.0f} %")
            met = met and rate <= AIMS[rate_hz]
        delays = asyncio.run(measure_delays(Path(waits), names[: LATENCY_PROMPTS + 1], NARROW))
    met = report("first partial", delays.partial, FIRST_PARTIAL_AIM_S) and met
    met = report("final", delays.final, FINAL_AIM_S) and met
    print(f"load {os.getloadavg()[0]:.1f}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
