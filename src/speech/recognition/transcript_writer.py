"""TranscriptWriter: writes a recogniser's reports about one session as rows and events."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get
from mixminus.mixer import HEARD, is_playout
from mixminus.model.ids import NIL, ConferencecallId, TranscriptId, new_id
from mixminus.model.transcription import Speaker, Transcribe, Transcript
from mixminus.speech.recognition.messages import (
    SAMPLE_RATE_HZ,
    Interim,
    Recognised,
    Report,
    SpeechEnded,
    SpeechStarted,
)
from mixminus.speech.recognition.sources import Speakers
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Draft
from mixminus.tasks import TaskScope
from mixminus.wire.transcription import Speech, TranscriptView, render_speech

__all__ = ["TranscriptWriter", "direction_of_stem"]

REPORTS: Final = 256
"""Reports that wait for the database; beyond that the recogniser waits."""
RETRY_S: Final = 1.0
TRIES: Final = 60
_US: Final = 1_000_000

Translate = Callable[[str], Awaitable[str]]
Spoken = SpeechStarted | Interim | SpeechEnded | Recognised
_EVENTS: Final[dict[type[Spoken], str]] = {
    SpeechStarted: "transcribe_speech_started",
    Interim: "transcribe_speech_interim",
    SpeechEnded: "transcribe_speech_ended",
}
log = get("speech")


def direction_of_stem(stem: int) -> Literal["in", "out"]:
    """Return ``in`` for what a participant says, ``out`` for what a room is played or a call hears."""
    return "out" if stem == HEARD or is_playout(stem) else "in"


class TranscriptWriter:
    """One task per session; a failed write is retried for a minute."""

    def __init__(
        self,
        transcribe: Transcribe,
        stream_id: UUID,
        *,
        store: Store,
        clock: Clock,
        speakers: Speakers,
        counters: Counter[str],
        translate: Translate | None = None,
    ) -> None:
        """``translate`` returns the translation of a text, or nothing."""
        self._transcribe = transcribe
        self._stream_id = stream_id
        self._store = store
        self._clock = clock
        self._begin = clock.now()
        self._speakers = speakers
        self._counters = counters
        self._translate = translate
        self._reports: asyncio.Queue[Report] = asyncio.Queue(REPORTS)
        self._ids: dict[tuple[int, int], UUID] = {}
        """Ids of utterances without a text so far, by stem and first sample."""
        self._written: dict[int, int] = {}
        """End of each stem's last stored utterance: one that is reported again is not stored again."""

    async def put(self, report: Report) -> None:
        """Queue a report; waits while the queue is full."""
        await self._reports.put(report)

    def start(self, scope: TaskScope) -> None:
        scope.spawn(f"writer {self._transcribe.id}", self._run())

    async def written(self) -> None:
        """Wait until everything reported is stored."""
        await self._reports.join()

    async def _run(self) -> None:
        while True:
            report = await self._reports.get()
            try:
                if isinstance(report, Spoken):
                    await self._write(report)
            finally:
                self._reports.task_done()

    async def _write(self, report: Spoken) -> None:
        if report.first_sample < self._written.get(report.stem, 0):
            return
        translations = await self._translations(report)
        for _ in range(TRIES):
            try:
                async with self._store.transaction() as tx:
                    await self._note(tx, report, translations)
                break
            except Unavailable as exc:
                log.warning(
                    "transcript not written yet", transcribe_id=str(self._transcribe.id), cause=str(exc)
                )
                await self._clock.sleep(RETRY_S)
        else:
            self._counters["speech.transcripts_lost"] += 1
        if isinstance(report, Recognised):
            self._written[report.stem] = report.end_sample
            self._ids.pop((report.stem, report.first_sample), None)

    async def _translations(self, report: Spoken) -> dict[str, str]:
        """Return the translations of a text, by BCP 47 tag; none when it takes too long."""
        if self._translate is None or not isinstance(report, Recognised | Interim) or not report.text:
            return {}
        translated = await self._translate(report.text)
        return {self._transcribe.translate_to: translated} if translated else {}

    async def _note(self, tx: Transaction, report: Spoken, translations: dict[str, str]) -> None:
        if isinstance(report, Recognised):
            if report.text:
                await self._note_transcript(tx, report, translations)
            return
        at = report.end_sample if isinstance(report, SpeechEnded) else report.first_sample
        now = self._clock.now()
        speaker = self._speakers.at(report.stem, report.first_sample)
        end_us = (now - self._begin) // timedelta(microseconds=1) if isinstance(report, Interim) else _us(at)
        speech = Speech(
            id=self._id(report),
            streaming_id=uuid5(self._transcribe.id, str(report.stem)),
            direction=direction_of_stem(report.stem),
            speaker=speaker,
            label=await _label(tx, speaker),
            start_us=_us(report.first_sample),
            end_us=max(end_us, _us(at)),
            tm_event=self._begin + timedelta(microseconds=_us(at)),
            tm_create=now,
            message=report.text if isinstance(report, Interim) else "",
            translations=translations,
        )
        data = render_speech(self._transcribe, speech, tx.timestamp_style)
        tx.outbox.add(
            Draft(
                self._stream_id,
                _EVENTS[type(report)],
                customer_id=self._transcribe.customer_id,
                data=data,
                tm=now,
            )
        )

    async def _note_transcript(
        self, tx: Transaction, report: Recognised, translations: dict[str, str]
    ) -> None:
        speaker = self._speakers.at(report.stem, report.first_sample)
        transcript = Transcript(
            id=TranscriptId(self._id(report)),
            customer_id=self._transcribe.customer_id,
            transcribe_id=self._transcribe.id,
            direction=direction_of_stem(report.stem),
            message=report.text,
            conferencecall_id=speaker.conferencecall_id,
            call_id=speaker.call_id,
            label=await _label(tx, speaker),
            start_us=_us(report.first_sample),
            end_us=_us(report.end_sample),
            confidence=report.confidence,
            tm_create=self._clock.now(),
            translations=translations,
        )
        await tx.transcripts.add(transcript)
        tx.outbox.add(
            Draft(
                self._stream_id,
                "transcript_created",
                customer_id=transcript.customer_id,
                data=TranscriptView.render(transcript, tx.timestamp_style),
                tm=transcript.tm_create,
            )
        )

    def _id(self, report: Spoken) -> UUID:
        return self._ids.setdefault((report.stem, report.first_sample), new_id())


async def _label(tx: Transaction, speaker: Speaker) -> str:
    if speaker.conferencecall_id == NIL:
        return speaker.label
    participant = await tx.conferencecalls.find(ConferencecallId(speaker.conferencecall_id))
    return participant.label if participant else speaker.label


def _us(sample: int) -> int:
    return sample * _US // SAMPLE_RATE_HZ
