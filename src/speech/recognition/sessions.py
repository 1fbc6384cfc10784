"""Sessions: the transcriptions in progress, from their audio source to the last stored transcript."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.ids import TranscribeId
from mixminus.model.transcription import Transcribe
from mixminus.speech.recognition.command_queue import CommandQueue
from mixminus.speech.recognition.ledger import TranscribeLedger, stream_of
from mixminus.speech.recognition.messages import Finish
from mixminus.speech.recognition.pool import RecogniserPool
from mixminus.speech.recognition.sources import Source, Speakers
from mixminus.speech.recognition.transcript_writer import TranscriptWriter, Translate
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.speech.translation.translator import Translator
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["Sessions"]

CLOSE_GRACE_S: Final = 5.0

log = get("speech")


@dataclass(slots=True, eq=False)
class _Session:
    transcribe: Transcribe
    queue: CommandQueue
    writer: TranscriptWriter
    source: Source
    stop: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self) -> None:
        if not self.stop.done():
            self.stop.set_result(None)


class Sessions:
    """Runs each session in its own task."""

    def __init__(self, store: Store, clock: Clock, ledger: TranscribeLedger, pool: RecogniserPool) -> None:
        self._store = store
        self._clock = clock
        self._ledger = ledger
        self._pool = pool
        self.translator = Translator(pool.counters)
        self._scope = TaskScope(task_failed("speech"))
        self._sessions: dict[TranscribeId, _Session] = {}

    @property
    def counters(self) -> Mapping[str, int]:
        return self._pool.counters

    def open(self, transcribe: Transcribe, language: str, source: Source, speakers: Speakers) -> None:
        """Start a session; it ends by ``end`` or with its source."""
        writer = TranscriptWriter(
            transcribe,
            stream_of(transcribe),
            store=self._store,
            clock=self._clock,
            speakers=speakers,
            counters=self._pool.counters,
            translate=self._translate(transcribe),
        )
        queue = self._pool.open(str(transcribe.id), language, writer.put)
        session = self._sessions[transcribe.id] = _Session(transcribe, queue, writer, source)
        self._scope.spawn(f"transcribe {transcribe.id}", self._run(session))

    def of(self, references: Collection[UUID]) -> list[TranscribeId]:
        """Return the sessions of any of these references."""
        return [id_ for id_, each in self._sessions.items() if each.transcribe.reference_id in references]

    def end(self, transcribe_id: TranscribeId) -> bool:
        """Stop a session; audio received so far is still recognised. Return whether there was one."""
        session = self._sessions.get(transcribe_id)
        if session:
            if not session.stop.done():
                session.source.drain(session.queue)
            session.end()
        return session is not None

    def behind_s(self, transcribe_id: TranscribeId) -> float:
        """Return how many seconds recognition is behind."""
        session = self._sessions.get(transcribe_id)
        return session.queue.lag_s if session else 0.0

    async def close(self) -> None:
        """Stop every session, wait a few seconds for audio in progress, and stop the recognisers."""
        sessions = tuple(self._sessions.values())
        for session in sessions:
            session.end()
        if sessions:
            await asyncio.wait([session.over for session in sessions], timeout=CLOSE_GRACE_S)
        for session in sessions:
            if not session.over.done():
                log.error(
                    "session closed before all speech was recognised",
                    transcribe_id=str(session.transcribe.id),
                )
                session.queue.close()
        await self.translator.close()
        if sessions:
            await asyncio.wait([session.over for session in sessions])
        await self._scope.close()
        await self._pool.close()

    def _translate(self, transcribe: Transcribe) -> Translate | None:
        """Return what translates its texts; None if it has no such language, or the pair was removed since it was asked for."""
        if not transcribe.translate_to:
            return None
        with suppress(TranslationNotSupported):
            mode = self.translator.require(transcribe.language, transcribe.translate_to)
            return partial(self.translator.translate, mode=mode)
        return None

    async def _run(self, session: _Session) -> None:
        writing = TaskScope(task_failed("speech"))
        session.writer.start(writing)
        try:
            try:
                await session.source.listen(session.queue, session.stop)
            except (MixMinusError, OSError, ValueError) as exc:
                log.error("audio source failed", transcribe_id=str(session.transcribe.id), exc_info=exc)
            session.queue.put(Finish(session.queue.session))
            await session.queue.finished
            await session.writer.written()
            await self._ledger.mark_done(session.transcribe.id)
        finally:
            await writing.close()
            self._pool.release(session.queue)
            del self._sessions[session.transcribe.id]
            session.over.set_result(None)
