"""Sessions: the transcribes that are not done, from what they listen to until the last word is written."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.ids import TranscribeId
from mixminus.model.transcription import Transcribe
from mixminus.speech.recognition.feed import Feed
from mixminus.speech.recognition.ledger import TranscribeLedger, stream_of
from mixminus.speech.recognition.messages import Finish
from mixminus.speech.recognition.pool import RecogniserPool
from mixminus.speech.recognition.scribe import Scribe
from mixminus.speech.recognition.sources import Source
from mixminus.speech.recognition.speakers import Speakers
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["Sessions"]

CLOSE_GRACE_S: Final = 5.0

log = get("speech")


@dataclass(slots=True, eq=False)
class _Session:
    transcribe: Transcribe
    feed: Feed
    scribe: Scribe
    stop: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self) -> None:
        if not self.stop.done():
            self.stop.set_result(None)


class Sessions:
    """Runs each session in a task of its own."""

    def __init__(self, store: Store, clock: Clock, ledger: TranscribeLedger, pool: RecogniserPool) -> None:
        self._store = store
        self._clock = clock
        self._ledger = ledger
        self._pool = pool
        self._scope = TaskScope(task_failed("speech"))
        self._sessions: dict[TranscribeId, _Session] = {}

    @property
    def counters(self) -> Mapping[str, int]:
        return self._pool.counters

    def open(self, transcribe: Transcribe, language: str, source: Source, speakers: Speakers) -> None:
        """Listen from now on, until told to end or the source does."""
        scribe = Scribe(
            transcribe,
            stream_of(transcribe),
            store=self._store,
            clock=self._clock,
            speakers=speakers,
            counters=self._pool.counters,
        )
        feed = self._pool.open(str(transcribe.id), language, scribe.tell)
        session = self._sessions[transcribe.id] = _Session(transcribe, feed, scribe)
        self._scope.spawn(f"transcribe {transcribe.id}", self._run(session, source))

    def of(self, references: Collection[UUID]) -> list[TranscribeId]:
        """Return the sessions that listen to any of these things."""
        return [id_ for id_, each in self._sessions.items() if each.transcribe.reference_id in references]

    def end(self, transcribe_id: TranscribeId) -> bool:
        """Stop listening; what was heard is still recognised. Return whether anybody listened."""
        session = self._sessions.get(transcribe_id)
        if session:
            session.end()
        return session is not None

    def behind_s(self, transcribe_id: TranscribeId) -> float:
        """Return how many seconds recognition is behind."""
        session = self._sessions.get(transcribe_id)
        return session.feed.lag_s if session else 0.0

    async def close(self) -> None:
        """End every session, wait a little for what was heard, and let the recognisers go."""
        sessions = tuple(self._sessions.values())
        for session in sessions:
            session.end()
        if sessions:
            await asyncio.wait([session.over for session in sessions], timeout=CLOSE_GRACE_S)
        for session in sessions:
            if not session.over.done():
                log.error("speech not recognised", transcribe_id=str(session.transcribe.id))
                session.feed.close()
        if sessions:
            await asyncio.wait([session.over for session in sessions])
        await self._scope.close()
        await self._pool.close()

    async def _run(self, session: _Session, source: Source) -> None:
        writing = TaskScope(task_failed("speech"))
        session.scribe.start(writing)
        try:
            try:
                await source.listen(session.feed, session.stop)
            except (MixMinusError, OSError, ValueError) as exc:
                log.error("cannot listen", transcribe_id=str(session.transcribe.id), exc_info=exc)
            session.feed.put(Finish(session.feed.session))
            await session.feed.finished
            await session.scribe.written()
            await self._ledger.mark_done(session.transcribe.id)
        finally:
            await writing.close()
            self._pool.release(session.feed)
            del self._sessions[session.transcribe.id]
            session.over.set_result(None)
