"""RecordingLedger: every change of a recording, its row and its events in one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from mixminus.call.ledger import touch_call
from mixminus.clock import Clock
from mixminus.conference.ledger import touch_conference
from mixminus.machine import step
from mixminus.model.ids import ConferenceId, CustomerId, RecordingId, new_id
from mixminus.model.recording import (
    RECORDING_TRANSITIONS,
    Recording,
    RecordingEvent,
    RecordingOptions,
    RecordingStatus,
)
from mixminus.recording.completion import REPAIRED, Completed
from mixminus.recording.encoding import FORMATS
from mixminus.recording.errors import (
    FormatUnsupported,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotFound,
)
from mixminus.store.database import Store, Transaction
from mixminus.store.fence import LEADER
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.published import PublishedRows
from mixminus.wire.recording import RecordingView

__all__ = ["RecordingLedger"]

_ACTIVE = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})


def _stream_of(recording: Recording) -> UUID:
    """Return the stream of a recording's events: its conference's, or its customer's for a call."""
    return recording.reference_id if recording.reference_type == "confbridge" else recording.customer_id


_RECORDINGS: Final = PublishedRows(
    lambda tx: tx.recordings,
    RecordingView.render,
    lambda recording_id: RecordingNotFound(f"no recording {recording_id}"),
    stream_id=_stream_of,
)


class RecordingLedger:
    """Writes changes of recordings, and touches the conferences and calls they belong to."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def new(
        self,
        reference_type: Literal["confbridge", "call"],
        customer_id: CustomerId,
        reference_id: UUID,
        options: RecordingOptions,
    ) -> Recording:
        """Return a recording that is not written yet; FormatUnsupported."""
        if options.format not in FORMATS:
            raise FormatUnsupported(f"format is not one of {', '.join(FORMATS)}")
        return Recording(
            id=RecordingId(new_id()),
            customer_id=customer_id,
            reference_type=reference_type,
            reference_id=reference_id,
            status=RecordingStatus.INITIATING,
            format=options.format,
            on_end_flow_id=options.on_end_flow_id,
            tm_create=self._clock.now(),
            channels=options.channels,
            stems=options.stems,
        )

    async def find(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        """Return a customer's recording, even if it is deleted; RecordingNotFound."""
        async with self._store.snapshot() as tx:
            recording = await tx.recordings.find(recording_id)
        return owned(recording, customer_id, RecordingNotFound(f"no recording {recording_id}"))

    async def page(
        self, customer_id: CustomerId, page: Page, reference: tuple[str, UUID] | None = None
    ) -> list[Recording]:
        async with self._store.snapshot() as tx:
            return await tx.recordings.page(customer_id, page, reference)

    async def unfinished(self) -> list[Recording]:
        async with self._store.snapshot() as tx:
            return await tx.recordings.unfinished()

    async def ended_before(self, moment: datetime, limit: int, *, is_shared: bool) -> list[Recording]:
        """Return the first undeleted recordings of all customers that ended before and whose files this node has.

        ``is_shared``: of a storage that all nodes share the leader has what no living node has.
        """
        left = is_shared and self._store.fence.holds(LEADER)
        async with self._store.snapshot() as tx:
            return await tx.recordings.ended_before(moment, limit, left=left)

    async def ended(self, ids: Collection[RecordingId]) -> list[Recording]:
        """Return those of the recordings that have ended, deleted ones too."""
        async with self._store.snapshot() as tx:
            return await tx.recordings.ended(ids)

    async def left_behind(self, lapsed: timedelta) -> list[Recording]:
        """Return the stopped recordings of nodes that have been gone for so long."""
        async with self._store.snapshot() as tx:
            return await tx.recordings.left_behind(lapsed)

    async def claim(self, recording_id: RecordingId) -> bool:
        """Make this node the one that completes a recording of a dead one; False if another does."""
        async with self._store.transaction() as tx:
            return await tx.recordings.claim(recording_id)

    async def has(self, recording_id: RecordingId) -> bool:
        """Return whether this node is the one that completes a recording."""
        if self._store.fence.alone:
            return True
        async with self._store.snapshot() as tx:
            return await tx.recordings.has(recording_id)

    async def create(self, recording: Recording, tm_start: datetime) -> Recording:
        """Insert a recording that has started; RecordingAlreadyActive if its reference has an active one."""
        async with self._store.transaction() as tx:
            await self._lock_reference(tx, recording)
            for other in await tx.recordings.active(recording.reference_id):
                raise RecordingAlreadyActive(f"recording {other.id} is active")
            recording = replace(self._stepped(recording, RecordingEvent.STARTED), tm_start=tm_start)
            await _RECORDINGS.add(tx, recording, "recording_started")
            await self._touch_reference(tx, recording)
        return recording

    async def mark_abandoned(self) -> None:
        """Mark the recordings of dead nodes as stopping: their files are completed where they are."""
        async with self._store.transaction() as tx:
            for recording in await tx.recordings.abandoned():
                await _RECORDINGS.save(tx, self._stepped(recording, RecordingEvent.STOP), None)

    async def mark_stopping(self, reference_id: UUID) -> Sequence[RecordingId]:
        """Mark the active recordings of a conference or call as stopping.

        Raises RecordingNotActive if there is none.
        """
        async with self._store.transaction() as tx:
            active = await tx.recordings.active(reference_id)
            if not active:
                raise RecordingNotActive(f"{reference_id} is not being recorded")
            for recording in active:
                await _RECORDINGS.save(tx, self._stepped(recording, RecordingEvent.STOP), None)
            await self._touch_reference(tx, active[0])
        return [recording.id for recording in active]

    async def mark_captured(self, recording_id: RecordingId, tm_end: datetime | None, error: str) -> None:
        """Mark the recording as stopping: its audio is complete, its files are not; publish an error."""
        async with self._store.transaction() as tx:
            recording = await self._unended(tx, recording_id)
            if recording is None:
                return
            was_active = recording.status in _ACTIVE
            if was_active:
                recording = self._stepped(recording, RecordingEvent.STOP)
            else:
                tx.outbox.report(_stream_of(recording))
            recording = replace(recording, tm_end=tm_end, error=error or recording.error)
            await _RECORDINGS.save(tx, recording, "recording_failed" if error else None)
            if was_active:
                await self._touch_reference(tx, recording)

    async def mark_ended(
        self, recording_id: RecordingId, tm_end: datetime, completed: Completed | None, error: str = ""
    ) -> Recording | None:
        """Mark the recording as ended, with its files; return None if it has ended, or another node completes it.

        What is cut short ends with its files, also where the capture was known to end later.
        """
        async with self._store.transaction() as tx:
            recording = await self._unended(tx, recording_id)
            if recording is None:
                return None
            was_active = recording.status in _ACTIVE
            is_cut = completed is not None and completed.note == REPAIRED
            if not was_active:
                tx.outbox.report(_stream_of(recording))
            recording = replace(
                self._stepped(recording, RecordingEvent.FINISHED),
                tm_end=tm_end if is_cut else recording.tm_end or tm_end,
                error=recording.error or error or (completed.note if completed else ""),
                files=completed.files if completed else (),
                seal=completed.seal if completed else "",
            )
            await _RECORDINGS.save(tx, recording, "recording_finished")
            if was_active:
                await self._touch_reference(tx, recording)
        return recording

    async def mark_deleted(self, recording_id: RecordingId) -> Recording:
        """Mark the recording as deleted: it is no longer listed; no change if it is deleted."""

        def change(recording: Recording, now: datetime) -> Recording:
            return recording if recording.tm_delete else replace(recording, tm_delete=now)

        async with self._store.transaction() as tx:
            _, recording = await _RECORDINGS.update(
                tx, self._clock, recording_id, change, "recording_deleted"
            )
        return recording

    async def mark_track_deleted(self, recording_id: RecordingId, track: str) -> Recording:
        """Take a file out of the recording's list; no change if it is not in it."""

        def change(recording: Recording, now: datetime) -> Recording:
            return replace(recording, files=tuple(each for each in recording.files if each["track"] != track))

        async with self._store.transaction() as tx:
            _, recording = await _RECORDINGS.update(tx, self._clock, recording_id, change, None)
        return recording

    async def _unended(self, tx: Transaction, recording_id: RecordingId) -> Recording | None:
        """Return a recording, locked; None if it has ended, or another node has taken it."""
        recording = await tx.recordings.find_for_update(recording_id)
        if recording is None or recording.status is RecordingStatus.ENDED:
            return None
        return recording if await tx.recordings.has(recording_id) else None

    def _stepped(self, recording: Recording, event: RecordingEvent) -> Recording:
        status = step(RECORDING_TRANSITIONS, recording.status, event)
        return replace(recording, status=status, tm_update=self._clock.now())

    async def _lock_reference(self, tx: Transaction, recording: Recording) -> None:
        """Lock the row of the call or conference: of recordings that start at once, each sees those before it."""
        rows = tx.calls if recording.reference_type == "call" else tx.conferences
        await rows.find_for_update(recording.reference_id)

    async def _touch_reference(self, tx: Transaction, recording: Recording) -> None:
        if recording.reference_type == "call":
            await touch_call(tx, self._clock, recording.reference_id)
        else:
            await touch_conference(tx, self._clock, ConferenceId(recording.reference_id))
