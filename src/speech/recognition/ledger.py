"""TranscribeLedger: every change of a transcribe, its row and its events in one transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.publish import publish_change
from mixminus.log import get
from mixminus.machine import step
from mixminus.model.ids import ConferenceId, TranscribeId
from mixminus.model.transcription import TRANSCRIBE_TRANSITIONS, Transcribe, TranscribeEvent, TranscribeStatus
from mixminus.speech.recognition.errors import TranscribeNotFound
from mixminus.store.database import Store, Transaction
from mixminus.wire.transcription import TranscribeView

__all__ = ["OnDone", "TranscribeLedger", "stream_of"]

log = get("speech")


def stream_of(transcribe: Transcribe) -> UUID:
    """Return where the events of a transcribe go: to its conference's stream, else to its customer's."""
    if transcribe.reference_type == "confbridge":
        return transcribe.reference_id
    return transcribe.customer_id


OnDone = Callable[[Transcribe], Awaitable[None]]


class TranscribeLedger:
    """Writes what happens to transcribes, and to the conferences that they are of."""

    def __init__(self, store: Store, clock: Clock, on_done: OnDone) -> None:
        self._on_done: OnDone | None = on_done
        self._store = store
        self._clock = clock

    def close(self) -> None:
        """Call ``on_done`` no more: what it would use has closed."""
        self._on_done = None

    async def create(self, transcribe: Transcribe) -> None:
        async with self._store.transaction() as tx:
            await tx.transcribes.add(transcribe)
            await _publish(tx, "transcribe_created", transcribe)
            await _publish(tx, "transcribe_progressing", transcribe)
            await self._tell_conference(tx, transcribe)

    async def stopped(self, transcribe_id: TranscribeId) -> Transcribe:
        """Note that nothing more is heard; what is noted already stays."""

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            return transcribe if transcribe.tm_stop else replace(transcribe, tm_stop=now)

        return await self._change(transcribe_id, change, "")

    async def done(self, transcribe_id: TranscribeId) -> Transcribe:
        """Note that everything that was heard is written, and tell of it; what is done stays."""
        changed = False

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            nonlocal changed
            changed = transcribe.status is not TranscribeStatus.DONE
            if not changed:
                return transcribe
            status = step(TRANSCRIBE_TRANSITIONS, transcribe.status, TranscribeEvent.FINISHED)
            return replace(transcribe, status=status, tm_stop=transcribe.tm_stop or now)

        transcribe = await self._change(transcribe_id, change, "transcribe_done")
        if changed:
            await self._tell(transcribe)
        return transcribe

    async def deleted(self, transcribe_id: TranscribeId) -> Transcribe:
        """Note that it is out of the lists, and forget what was said."""

        def change(transcribe: Transcribe, now: datetime) -> Transcribe:
            return transcribe if transcribe.tm_delete else replace(transcribe, tm_delete=now)

        transcribe = await self._change(transcribe_id, change, "")
        async with self._store.transaction() as tx:
            await tx.transcripts.forget(transcribe_id)
        return transcribe

    async def _change(
        self, transcribe_id: TranscribeId, change: Callable[[Transcribe, datetime], Transcribe], type_: str
    ) -> Transcribe:
        async with self._store.transaction() as tx:
            before = await tx.transcribes.hold(transcribe_id)
            if before is None:
                raise TranscribeNotFound(f"no transcribe {transcribe_id}")
            now = self._clock.now()
            after = change(before, now)
            if after == before:
                return before
            after = replace(after, tm_update=now)
            await tx.transcribes.save(after)
            if type_:
                await _publish(tx, type_, after)
            if before.tm_stop is None and after.tm_stop is not None:
                await self._tell_conference(tx, after)
            return after

    async def _tell(self, transcribe: Transcribe) -> None:
        if self._on_done is not None:
            try:
                await self._on_done(transcribe)
            except Exception as exc:
                log.error("on_done failed", transcribe_id=str(transcribe.id), exc_info=exc)

    async def _tell_conference(self, tx: Transaction, transcribe: Transcribe) -> None:
        if transcribe.reference_type == "confbridge":
            await publish_change(tx, ConferenceId(transcribe.reference_id), self._clock.now())


async def _publish(tx: Transaction, type_: str, transcribe: Transcribe) -> None:
    await tx.outbox.add(
        stream_of(transcribe),
        type_,
        customer_id=transcribe.customer_id,
        data=TranscribeView.render(transcribe, tx.timestamp_style),
        tm=transcribe.tm_update or transcribe.tm_create,
    )
