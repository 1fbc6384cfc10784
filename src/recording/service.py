"""RecordingService: records conferences and keeps their files (api.md section 7)."""

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from mixminus.clock import Clock
from mixminus.conference.model import Conference
from mixminus.conference.publish import publish_change
from mixminus.ids import NIL, ConferenceId, CustomerId, RecordingId, new_id
from mixminus.log import get, task_failed
from mixminus.machine import step
from mixminus.mixer import Bridge
from mixminus.recording.errors import (
    FileNotFound,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotEnded,
    RecordingNotFound,
)
from mixminus.recording.files import RecordingFiles, mix_path, repair
from mixminus.recording.model import Recording, RecordingOptions
from mixminus.recording.render import render_recording
from mixminus.recording.session import RecordingSession
from mixminus.recording.states import RECORDING_TRANSITIONS, RecordingEvent, RecordingStatus
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page
from mixminus.tasks import TaskScope

__all__ = ["RecordingService"]

MAX_DURATION_S: Final = 86_400

T = TypeVar("T")
log = get("recording")


class RecordingService:
    """Implements ``conference.recorder.Recorder``; files live in one directory, by their recording's id."""

    def __init__(self, store: Store, clock: Clock, *, directory: Path, sample_rate_hz: int = 16000) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._sample_rate_hz = sample_rate_hz
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="recording")
        self._scope = TaskScope(task_failed("recording"))
        self._sessions: dict[RecordingId, RecordingSession] = {}

    async def repair(self) -> None:
        """End the recordings that an earlier run has left, at the last sample that reached the disk."""
        async with self._store.snapshot() as tx:
            unfinished = await tx.recordings.unfinished()
        for recording in unfinished:
            samples = await self._on_disk(functools.partial(repair, self._directory, recording.id))
            begin = recording.tm_start or recording.tm_create
            await self._end(recording.id, begin + timedelta(seconds=samples / self._sample_rate_hz))
            log.info("recording repaired", recording_id=str(recording.id), samples=samples)

    async def start(self, conference: Conference, bridge: Bridge, options: RecordingOptions) -> None:
        """Record from now on; silence counts."""
        if conference.recording_id != NIL:
            raise RecordingAlreadyActive(f"recording {conference.recording_id} is active")
        recording = self._new(conference, options)
        session = await self._open(recording.id, conference.id, bridge, options)
        try:
            async with self._store.transaction() as tx:
                await tx.recordings.add(recording)
                recording = _advance(recording, RecordingEvent.STARTED, self._clock.now())
                recording = replace(recording, tm_start=recording.tm_update)
                await tx.recordings.save(recording)
                await _publish(tx, "recording_started", recording)
                await publish_change(tx, conference.id, self._clock.now())
        except BaseException:
            await session.close(self._disk)
            raise
        self._sessions[recording.id] = session
        self._scope.spawn(f"recording {recording.id}", self._record(session))

    async def stop(self, conference: Conference) -> None:
        """Let the active recording end; ``recording_finished`` follows when the file is whole."""
        async with self._store.transaction() as tx:
            active = [
                recording
                for recording in await tx.recordings.unfinished(conference.id)
                if recording.status is not RecordingStatus.STOPPING
            ]
            if not active:
                raise RecordingNotActive(f"conference {conference.id} is not being recorded")
            for recording in active:
                await tx.recordings.save(_advance(recording, RecordingEvent.STOP, self._clock.now()))
            await publish_change(tx, conference.id, self._clock.now())
        for recording in active:
            if session := self._sessions.get(recording.id):
                session.stop()

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop what records the conference, and wait until the files are whole."""
        await self._finish([each for each in self._sessions.values() if each.conference_id == conference_id])

    async def get(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        async with self._store.snapshot() as tx:
            recording = await tx.recordings.find(recording_id)
        if recording is None or recording.customer_id != customer_id:
            raise RecordingNotFound(f"no recording {recording_id}")
        return recording

    async def list(self, customer_id: CustomerId, page: Page) -> list[Recording]:
        """Return recordings of all states, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.recordings.page(customer_id, page)

    async def file(self, customer_id: CustomerId, recording_id: RecordingId) -> Path:
        """Return where the mix of a recording that has ended lies."""
        recording = await self.get(customer_id, recording_id)
        if recording.status is not RecordingStatus.ENDED:
            raise RecordingNotEnded(f"recording {recording_id} is {recording.status}")
        path = mix_path(self._directory, recording_id)
        if not await self._on_disk(path.is_file):
            raise FileNotFound(f"recording {recording_id} has no file")
        return path

    async def close(self) -> None:
        """Finish every recording; closing twice is harmless."""
        await self._finish(list(self._sessions.values()))
        await self._scope.close()
        self._disk.shutdown()

    async def _finish(self, sessions: Sequence[RecordingSession]) -> None:
        for session in sessions:
            session.stop()
        await asyncio.gather(*(session.ended for session in sessions))

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)

    async def _open(
        self,
        recording_id: RecordingId,
        conference_id: ConferenceId,
        bridge: Bridge,
        options: RecordingOptions,
    ) -> RecordingSession:
        duration_s = min(options.duration_s or MAX_DURATION_S, MAX_DURATION_S)
        files = await self._on_disk(
            functools.partial(
                RecordingFiles,
                self._directory,
                recording_id,
                sample_rate_hz=self._sample_rate_hz,
                limit_samples=duration_s * self._sample_rate_hz,
            )
        )
        tap = bridge.open_tap(self._sample_rate_hz, stems=options.stems)
        return RecordingSession(recording_id, conference_id, tap=tap, files=files)

    async def _record(self, session: RecordingSession) -> None:
        try:
            await session.run(self._disk, self._clock)
        except OSError as exc:
            log.error("recording cut short", recording_id=str(session.recording_id), exc_info=exc)
        try:
            await self._end(session.recording_id, self._clock.now())
        finally:
            del self._sessions[session.recording_id]
            session.ended.set_result(None)

    async def _end(self, recording_id: RecordingId, tm_end: datetime) -> None:
        async with self._store.transaction() as tx:
            recording = await tx.recordings.hold(recording_id)
            if recording is None or recording.status is RecordingStatus.ENDED:
                return
            was_active = recording.status is not RecordingStatus.STOPPING
            recording = _advance(recording, RecordingEvent.FINISHED, self._clock.now())
            recording = replace(recording, tm_end=tm_end)
            await tx.recordings.save(recording)
            await _publish(tx, "recording_finished", recording)
            if was_active:
                await publish_change(tx, ConferenceId(recording.reference_id), self._clock.now())

    def _new(self, conference: Conference, options: RecordingOptions) -> Recording:
        return Recording(
            id=RecordingId(new_id()),
            customer_id=conference.customer_id,
            reference_type="confbridge",
            reference_id=conference.id,
            status=RecordingStatus.INITIATING,
            format=options.format,
            on_end_flow_id=options.on_end_flow_id,
            tm_create=self._clock.now(),
        )


def _advance(recording: Recording, event: RecordingEvent, now: datetime) -> Recording:
    return replace(recording, status=step(RECORDING_TRANSITIONS, recording.status, event), tm_update=now)


async def _publish(tx: Transaction, type_: str, recording: Recording) -> None:
    await tx.outbox.add(
        recording.reference_id,
        type_,
        customer_id=recording.customer_id,
        data=render_recording(recording, tx.timestamp_style),
        tm=recording.tm_update or recording.tm_create,
    )
