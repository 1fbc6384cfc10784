"""TranscribeLedger: every change of a transcribe, its row and its events in one transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.ledger import touch_conference
from mixminus.log import get
from mixminus.machine import step
from mixminus.model.ids import ConferenceId, TranscribeId
from mixminus.model.transcription import TRANSCRIBE_TRANSITIONS, Transcribe, TranscribeEvent, TranscribeStatus
from mixminus.speech.recognition.errors import TranscribeAlreadyProgressing, TranscribeNotFound
from mixminus.store.database import Store, Transaction
from mixminus.store.published import PublishedRows
from mixminus.wire.transcription import TranscribeView

__all__ = ["OnDone", "TranscribeLedger", "stream_of"]

log = get("speech")


def stream_of(transcribe: Transcribe) -> UUID:
    """Return the stream of a transcribe's events: its conference's, or its customer's if it has none."""
    if transcribe.reference_type == "confbridge":
        return transcribe.reference_id
    return transcribe.customer_id


OnDone = Callable[[Transcribe], Awaitable[None]]

_TRANSCRIBES: Final = PublishedRows(
    lambda tx: tx.transcribes,
    TranscribeView.render,
    lambda transcribe_id: TranscribeNotFound(f"no transcribe {transcribe_id}"),
    stream_id=stream_of,
)


async def _refuse_second(tx: Transaction, transcribe: Transcribe) -> None:
    # Of those that begin at once, each sees the ones before it.
    await tx.calls.find_for_update(transcribe.reference_id)
    for other in await tx.transcribes.active(transcribe.customer_id, "call", transcribe.reference_id):
        if _spoken(other) == _spoken(transcribe):
            raise TranscribeAlreadyProgressing(f"transcribe {other.id} is progressing")


def _spoken(transcribe: Transcribe) -> str:
    """Return the language without its region."""
    return transcribe.language.partition("-")[0].lower()


class TranscribeLedger:
    """Writes changes of transcribes, and touches the conferences they belong to."""

    def __init__(self, store: Store, clock: Clock, on_done: OnDone) -> None:
        self._on_done: OnDone | None = on_done
        self._store = store
        self._clock = clock

    def close(self) -> None:
        """Call ``on_done`` no more: what it would use has closed."""
        self._on_done = None

    async def create(self, transcribe: Transcribe) -> None:
        """Insert a transcribe; TranscribeAlreadyProgressing if its call has one in its language."""
        async with self._store.transaction() as tx:
            if transcribe.reference_type == "call":
                await _refuse_second(tx, transcribe)
            await _TRANSCRIBES.add(tx, transcribe, "transcribe_created", "transcribe_progressing")
            await self._touch_conference(tx, transcribe)

    async def mark_stopped(self, transcribe_id: TranscribeId) -> Transcribe:
        """Mark the transcribe as stopped listening; no change if it is."""

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            return transcribe if transcribe.tm_stop else replace(transcribe, tm_stop=now)

        _, transcribe = await self._change(transcribe_id, change, None)
        return transcribe

    async def mark_done(self, transcribe_id: TranscribeId, *, abandoned: bool = False) -> Transcribe:
        """Mark the transcribe as done, its text complete, and call ``on_done``; no change if it is done.

        ``abandoned``: its node is dead, and another one may be the home of its room.
        """

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            if transcribe.status is TranscribeStatus.DONE:
                return transcribe
            status = step(TRANSCRIBE_TRANSITIONS, transcribe.status, TranscribeEvent.FINISHED)
            return replace(transcribe, status=status, tm_stop=transcribe.tm_stop or now)

        before, transcribe = await self._change(transcribe_id, change, "transcribe_done", abandoned=abandoned)
        if before != transcribe:
            await self._notify_done(transcribe)
        return transcribe

    async def mark_deleted(self, transcribe_id: TranscribeId) -> Transcribe:
        """Mark the transcribe as deleted and delete its transcripts."""

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            return transcribe if transcribe.tm_delete else replace(transcribe, tm_delete=now)

        _, transcribe = await self._change(transcribe_id, change, None)
        async with self._store.transaction() as tx:
            await tx.transcripts.delete(transcribe_id)
        return transcribe

    async def _change(
        self,
        transcribe_id: TranscribeId,
        change: Callable[[Transcribe, datetime], Transcribe],
        event_type: str | None,
        *,
        abandoned: bool = False,
    ) -> tuple[Transcribe, Transcribe]:
        """Return the transcribe before and after."""
        async with self._store.transaction() as tx:
            before, after = await _TRANSCRIBES.update(tx, self._clock, transcribe_id, change, event_type)
            if abandoned:
                tx.outbox.report(stream_of(after))
            if before.tm_stop is None and after.tm_stop is not None:
                await self._touch_conference(tx, after)
        return before, after

    async def _notify_done(self, transcribe: Transcribe) -> None:
        if self._on_done is not None:
            try:
                await self._on_done(transcribe)
            except Exception as exc:
                log.error("on_done failed", transcribe_id=str(transcribe.id), exc_info=exc)

    async def _touch_conference(self, tx: Transaction, transcribe: Transcribe) -> None:
        if transcribe.reference_type == "confbridge":
            await touch_conference(tx, self._clock, ConferenceId(transcribe.reference_id))
