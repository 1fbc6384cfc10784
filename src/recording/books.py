"""RecordingBooks: what becomes of recordings, each change with its events in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from mixminus.call.ledger import publish_call_change
from mixminus.clock import Clock
from mixminus.conference.publish import publish_change
from mixminus.machine import step
from mixminus.model.ids import CallId, ConferenceId, CustomerId, RecordingId, new_id
from mixminus.model.recording import (
    RECORDING_TRANSITIONS,
    Recording,
    RecordingEvent,
    RecordingOptions,
    RecordingStatus,
)
from mixminus.recording.completion import Completed
from mixminus.recording.encode import FORMATS
from mixminus.recording.errors import (
    FormatUnsupported,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotFound,
)
from mixminus.store.database import Store, Transaction
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.wire.recording import RecordingView

__all__ = ["RecordingBooks"]

_ACTIVE = frozenset({RecordingStatus.INITIATING, RecordingStatus.RECORDING})


class RecordingBooks:
    """Rows and events of recordings; a change of what records a room or a call is told by that, too."""

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
        """Return a recording that is not in the books yet; FormatUnsupported."""
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
        """Return a customer's recording, deleted ones too; RecordingNotFound."""
        async with self._store.snapshot() as tx:
            recording = await tx.recordings.find(recording_id)
        return owned(recording, customer_id, RecordingNotFound(f"no recording {recording_id}"))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Recording]:
        async with self._store.snapshot() as tx:
            return await tx.recordings.page(customer_id, page)

    async def unfinished(self) -> list[Recording]:
        async with self._store.snapshot() as tx:
            return await tx.recordings.unfinished()

    async def ended_before(self, moment: datetime) -> list[Recording]:
        """Return recordings of all customers that have ended before and are not deleted."""
        async with self._store.snapshot() as tx:
            return await tx.recordings.ended_before(moment)

    async def begin(self, recording: Recording, tm_start: datetime) -> Recording:
        """Write that it records from now on; RecordingAlreadyActive if another does."""
        async with self._store.transaction() as tx:
            for other in await tx.recordings.unfinished(recording.reference_id):
                if other.status in _ACTIVE:
                    raise RecordingAlreadyActive(f"recording {other.id} is active")
            await tx.recordings.add(recording)
            recording = self._advance(recording, RecordingEvent.STARTED)
            recording = replace(recording, tm_start=tm_start)
            await tx.recordings.save(recording)
            await _publish(tx, "recording_started", recording)
            await self._publish_reference(tx, recording)
        return recording

    async def stop(self, reference_id: UUID) -> Sequence[RecordingId]:
        """Write that what records a room or a call is stopping; RecordingNotActive if nothing does."""
        async with self._store.transaction() as tx:
            active = [
                recording
                for recording in await tx.recordings.unfinished(reference_id)
                if recording.status in _ACTIVE
            ]
            if not active:
                raise RecordingNotActive(f"{reference_id} is not being recorded")
            for recording in active:
                await tx.recordings.save(self._advance(recording, RecordingEvent.STOP))
            await self._publish_reference(tx, active[0])
        return [recording.id for recording in active]

    async def captured(self, recording_id: RecordingId, tm_end: datetime | None, error: str) -> None:
        """Write that nothing more is heard, while there is work left; tell what has cut it short."""
        async with self._store.transaction() as tx:
            recording = await tx.recordings.hold(recording_id)
            if recording is None or recording.status is RecordingStatus.ENDED:
                return
            was_active = recording.status in _ACTIVE
            if was_active:
                recording = self._advance(recording, RecordingEvent.STOP)
            recording = replace(recording, tm_end=tm_end, error=error or recording.error)
            await tx.recordings.save(recording)
            if error:
                await _publish(tx, "recording_failed", recording)
            if was_active:
                await self._publish_reference(tx, recording)

    async def end(
        self, recording_id: RecordingId, tm_end: datetime, completed: Completed | None, error: str = ""
    ) -> Recording | None:
        """Write that it is whole; None if it was already."""
        async with self._store.transaction() as tx:
            recording = await tx.recordings.hold(recording_id)
            if recording is None or recording.status is RecordingStatus.ENDED:
                return None
            was_active = recording.status in _ACTIVE
            recording = self._advance(recording, RecordingEvent.FINISHED)
            recording = replace(
                recording,
                tm_end=recording.tm_end or tm_end,
                error=recording.error or error or (completed.note if completed else ""),
                files=completed.files if completed else (),
                seal=completed.seal if completed else "",
            )
            await tx.recordings.save(recording)
            await _publish(tx, "recording_finished", recording)
            if was_active:
                await self._publish_reference(tx, recording)
        return recording

    async def deleted(self, recording_id: RecordingId) -> Recording:
        """Write that it is out of the lists; one that is already stays as it is."""
        async with self._store.transaction() as tx:
            recording = await tx.recordings.hold(recording_id)
            if recording is None:
                raise RecordingNotFound(f"no recording {recording_id}")
            if recording.tm_delete is None:
                now = self._clock.now()
                recording = replace(recording, tm_update=now, tm_delete=now)
                await tx.recordings.save(recording)
                await _publish(tx, "recording_deleted", recording)
        return recording

    def _advance(self, recording: Recording, event: RecordingEvent) -> Recording:
        status = step(RECORDING_TRANSITIONS, recording.status, event)
        return replace(recording, status=status, tm_update=self._clock.now())

    async def _publish_reference(self, tx: Transaction, recording: Recording) -> None:
        if recording.reference_type == "call":
            await publish_call_change(tx, CallId(recording.reference_id), self._clock.now())
        else:
            await publish_change(tx, ConferenceId(recording.reference_id), self._clock.now())


async def _publish(tx: Transaction, type_: str, recording: Recording) -> None:
    """Append to the room's stream; a call's events go to its customer's."""
    in_room = recording.reference_type == "confbridge"
    await tx.outbox.add(
        recording.reference_id if in_room else recording.customer_id,
        type_,
        customer_id=recording.customer_id,
        data=RecordingView.render(recording, tx.timestamp_style),
        tm=recording.tm_update or recording.tm_create,
    )
