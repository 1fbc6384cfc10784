"""RecordingService: starts, pauses, stops and lists recordings of conferences and calls (api.md section 7).

How a recording runs:

    tap -> RecordingSession: SampleClock (when) -> Layout (which track) -> TrackSet (WAV files) + Journal
        -> Finisher: repair -> encode -> timeline.json -> Storage -> status ``ended``
                                   meanwhile Uploads: parts of the files -> Storage

RecordingService owns the sessions. Finisher also completes recordings after a crash. Abandoned completes those of dead
nodes, from their parts. RecordingLibrary reads, verifies and deletes what has ended. The ledger writes rows and events.
"""

import asyncio
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.conference.room import Seat
from mixminus.log import get, task_failed
from mixminus.mixer import (
    Bridge,
    DigitReceived,
    EngineEvent,
    PortChange,
    TalkSpurtEnded,
    TalkSpurtStarted,
    Tap,
    Watchers,
)
from mixminus.model.conference import Conference
from mixminus.model.ids import ConferenceId, CustomerId, RecordingId
from mixminus.model.recording import PauseMode, Recording, RecordingOptions, RecordingStatus
from mixminus.recording.abandoned import Abandoned
from mixminus.recording.errors import (
    FileNotFound,
    RecordingNotActive,
    RecordingNotEnded,
    RecordingUnavailable,
)
from mixminus.recording.finishing import Finisher, OnEnded
from mixminus.recording.layout import MAIN, CallLayout, Layout, RoomLayout
from mixminus.recording.ledger import RecordingLedger
from mixminus.recording.leftovers import Leftovers
from mixminus.recording.session import RecordingSession
from mixminus.recording.storage import LocalStorage, Storage
from mixminus.recording.tracks import TrackSet, begin_of
from mixminus.recording.uploads import Uploads
from mixminus.store.database import Store
from mixminus.store.page import Page
from mixminus.tasks import TaskScope

__all__ = ["RecordingService"]

MAX_DURATION_S: Final = 86_400
_COUNTERS: Final = (
    "failed",
    "events_dropped",
    "not_stored",
    "parts_stored",
    "parts_failed",
    "restored",
    "restore_failed",
    "superseded",
    "lost",
)

T = TypeVar("T")
log = get("recording")


class RecordingService:
    """Implements ``conference.protocols.Recorder`` and ``flow.services.CallRecorder``.

    Each recording has a folder.
    """

    def __init__(  # noqa: PLR0913 -- what the wiring chooses
        self,
        store: Store,
        clock: Clock,
        *,
        directory: Path,
        sample_rate_hz: int = 16000,
        storage: Storage | None = None,
        part_s: float = 0,
        seat_of: Callable[[int], Seat | None] = lambda _: None,
        on_ended: OnEnded,
    ) -> None:
        """``part_s``: see ``Uploads``. ``on_ended`` is called with each recording that has ended, until the service closes."""
        self._store = store
        self.ledger = RecordingLedger(store, clock)
        self.storage = storage or LocalStorage(directory)
        self.directory = directory
        self.counters: Counter[str] = Counter({f"recording.{name}": 0 for name in _COUNTERS})
        self._clock = clock
        self._sample_rate_hz = sample_rate_hz
        self._seat_of = seat_of
        self._uploads = Uploads(
            self.storage, clock, directory=directory, part_s=part_s, counters=self.counters
        )
        self._finisher = Finisher(
            self.ledger,
            clock,
            directory=directory,
            sample_rate_hz=sample_rate_hz,
            uploads=self._uploads,
            counters=self.counters,
            on_ended=on_ended,
        )
        self._abandoned = Abandoned(self.ledger, clock, self._finisher, self._uploads)
        self._leftovers = Leftovers(self.ledger, self._uploads, directory, self.counters)
        self._scope = TaskScope(task_failed("recording"))
        self._sessions: dict[RecordingId, RecordingSession] = {}
        self._by_port: dict[int, list[RecordingSession]] = defaultdict(list)

    async def repair(self) -> None:
        """Complete the recordings of the previous run: they end at the last sample on the disk.

        A node takes those of dead nodes whose folders it finds on its disk.
        """
        if not self._store.fence.alone:
            async with self._store.transaction() as tx:
                orphans = await tx.homes.orphaned_recordings()
                found = await self._finisher.on_disk(
                    lambda: [id_ for id_ in orphans if (self.directory / str(id_)).is_dir()]
                )
                await tx.homes.adopt_recordings(found)
        await self._leftovers.start()
        await self._finisher.repair()

    async def take_over(self) -> None:
        """Stop the recordings of dead nodes, and complete those whose nodes do not come back: at each sweep of the leader."""
        await self.ledger.mark_abandoned()
        await self._abandoned.look()

    async def start(self, conference: Conference, bridge: Bridge, options: RecordingOptions) -> None:
        """Start to record a room, silence included."""
        layout = RoomLayout(channels=options.channels, stems=options.stems)
        recording = self.ledger.new("confbridge", conference.customer_id, conference.id, options)

        def open_tap() -> Tap:
            return bridge.open_tap(self._sample_rate_hz, stems=options.stems or options.channels > 1)

        def on_opened(session: RecordingSession) -> None:
            for port in bridge.ports:
                self._on_change(session, PortChange(port.id, "joined"))

        await self._start(recording, options, layout, open_tap, bridge.watchers, on_opened)

    async def start_call(self, live: LiveCall, options: RecordingOptions) -> None:
        """Start to record what a call says and hears, in rooms and outside, until it ends."""
        port = live.port
        layout = CallLayout(port.id, channels=options.channels, stems=options.stems)
        recording = self.ledger.new("call", live.call.customer_id, live.id, options)

        def on_opened(session: RecordingSession) -> None:
            self._by_port[port.id].append(session)
            live.over.add_done_callback(lambda _: session.stop())

        def open_tap() -> Tap:
            return port.open_tap(self._sample_rate_hz)

        await self._start(recording, options, layout, open_tap, port.watchers, on_opened)

    async def stop(self, reference_id: UUID) -> None:
        """Stop the recordings of a room or call; ``recording_finished`` follows with the complete files."""
        for recording_id in await self.ledger.mark_stopping(reference_id):
            if session := self._sessions.get(recording_id):
                session.stop()

    def pause(self, reference_id: UUID, mode: PauseMode) -> None:
        """Pause the active recording; RecordingNotActive, RecordingPaused."""
        self._active(reference_id).pause(mode)

    def resume(self, reference_id: UUID) -> None:
        """Resume the paused recording; RecordingNotActive, RecordingNotPaused."""
        self._active(reference_id).resume()

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop the recordings of a room; wait until they are on the disk, and completed if that is quick."""
        await self._finish(
            [each for each in self._sessions.values() if each.recording.reference_id == conference_id]
        )

    async def get(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        """Return a customer's recording as it is now; RecordingNotFound."""
        return self.with_progress(await self.ledger.find(customer_id, recording_id))

    async def list(
        self, customer_id: CustomerId, page: Page, reference: tuple[str, UUID] | None = None
    ) -> list[Recording]:
        """Return recordings of all states, of one conference or call if given, newest first."""
        found = await self.ledger.page(customer_id, page, reference)
        return [self.with_progress(each) for each in found]

    async def ended(self, customer_id: CustomerId, recording_id: RecordingId) -> Recording:
        """Return a recording that has ended; RecordingNotEnded."""
        recording = await self.get(customer_id, recording_id)
        if recording.status is not RecordingStatus.ENDED:
            raise RecordingNotEnded(f"recording {recording_id} is {recording.status}")
        return recording

    async def file(self, customer_id: CustomerId, recording_id: RecordingId) -> Path:
        """Return the local path of an ended recording; RecordingNotEnded, FileNotFound."""
        recording = await self.ended(customer_id, recording_id)
        name = recording.files[0]["name"] if recording.files else f"{MAIN}.wav"
        path = self.storage.path(recording_id, name)
        if path is None or not await self.on_disk(path.is_file):
            raise FileNotFound(f"recording {recording_id} has no file")
        return path

    async def retry_storing(self) -> None:
        """Upload ended recordings that are still on the local disk only, and delete what is left over of stored ones."""
        for recording in await self._leftovers.set_apart(self._sessions):
            await self._finisher.store_again(recording)
        await self._leftovers.delete()

    def parts_lag_s(self) -> float:
        """Return the most that a running recording has on the disk and not in the storage."""
        return self._uploads.lag_s()

    def with_progress(self, recording: Recording) -> Recording:
        """Return a recording with its pause mode and its encoding progress, which are not stored."""
        session = self._sessions.get(recording.id)
        if session is None:
            return recording
        return replace(recording, paused=session.paused.value, progress=session.progress)

    def samples(self, recording_id: RecordingId) -> int | None:
        """Return the number of samples in the files of a recording in progress; None for any other."""
        session = self._sessions.get(recording_id)
        return session.tracks.samples if session and not session.captured.done() else None

    def on_engine_event(self, event: EngineEvent) -> None:
        """Add talk spurts to the timelines, and stop the recordings that a digit ends."""
        for session in tuple(self._by_port.get(event.port_id, ())):
            if isinstance(event, TalkSpurtStarted):
                session.note("talking_started", port=event.port_id)
            elif isinstance(event, TalkSpurtEnded):
                session.note("talking_ended", port=event.port_id)
            elif isinstance(event, DigitReceived) and event.digit in session.options.end_of_key:
                session.stop()

    def stop_retrying(self) -> None:
        """Leave to the next start what the database does not take any more: the server is stopping."""
        self._finisher.stop_retrying()

    async def close(self) -> None:
        """Finish every recording; encoding in progress is repeated at the next start.

        Closing twice is harmless.
        """
        self._finisher.begin_closing()
        for session in self._sessions.values():
            session.stop()
        await asyncio.gather(*(session.ended for session in tuple(self._sessions.values())))
        await self._scope.close()
        await self._abandoned.close()
        await self._finisher.close()
        await self._uploads.close()

    async def on_disk(self, work: Callable[[], T]) -> T:
        """Run a blocking function apart from recordings in progress; return its result."""
        return await self._finisher.on_disk(work)

    async def _finish(self, sessions: Sequence[RecordingSession]) -> None:
        for session in sessions:
            session.stop()
        await asyncio.gather(
            *(each.captured if self._finisher.is_long(each.recording) else each.ended for each in sessions)
        )

    def _active(self, reference_id: UUID) -> RecordingSession:
        for session in self._sessions.values():
            if session.recording.reference_id == reference_id and not session.captured.done():
                return session
        raise RecordingNotActive(f"{reference_id} is not being recorded")

    async def _start(
        self,
        recording: Recording,
        options: RecordingOptions,
        layout: Layout,
        open_tap: Callable[[], Tap],
        watchers: Watchers,
        on_opened: Callable[[RecordingSession], None],
    ) -> None:
        try:
            tracks = await self.on_disk(functools.partial(self._open_tracks, recording, options))
        except OSError as exc:
            raise RecordingUnavailable(
                "the disk cannot be written: check its free space, then try again"
            ) from exc
        tap = None
        try:
            tap = open_tap()
            recording = await self.ledger.create(recording, self._clock.now())
        except BaseException:
            if tap is not None:
                tap.close()
            await self.on_disk(tracks.close)
            await self.on_disk(functools.partial(LocalStorage(self.directory).delete, recording.id))
            raise
        session = RecordingSession(recording, options, tap=tap, layout=layout, tracks=tracks)
        session.unwatch = watchers.add(functools.partial(self._on_change, session))
        self._sessions[recording.id] = session
        self._uploads.begin(session)
        on_opened(session)
        self._scope.spawn(f"recording {recording.id}", self._record(session))

    def _open_tracks(self, recording: Recording, options: RecordingOptions) -> TrackSet:
        duration_s = min(options.duration_s or MAX_DURATION_S, MAX_DURATION_S)
        return TrackSet(
            self.directory / str(recording.id),
            begin=begin_of(recording, self._sample_rate_hz),
            limit_samples=duration_s * self._sample_rate_hz,
        )

    def _on_change(self, session: RecordingSession, change: PortChange) -> None:
        seat = self._seat_of(change.port_id)
        participant = {"conferencecall_id": str(seat.id), "call_id": str(seat.call_id)} if seat else {}
        if change.kind == "joined":
            if isinstance(session.layout, RoomLayout):
                session.layout.add_port(change.port_id)
            if session not in self._by_port[change.port_id]:
                self._by_port[change.port_id].append(session)
        session.note(change.kind, port=change.port_id, **participant)
        if change.kind == "left" and isinstance(session.layout, RoomLayout):
            self._take_out(session, change.port_id)

    async def _record(self, session: RecordingSession) -> None:
        recording = session.recording
        try:
            await session.run(self._finisher.disk, self._clock)
            tm_end = (recording.tm_start or recording.tm_create) + timedelta(seconds=session.duration_s)
            self._forget(session)
            if session.error:
                self.counters["recording.failed"] += 1
                log.error("recording cut short", recording_id=str(recording.id), reason=session.error)
            if session.error or self._finisher.is_long(recording):
                await self._finisher.retry(
                    functools.partial(self.ledger.mark_captured, recording.id, tm_end, session.error)
                )
            await self._finisher.finish(recording, tm_end, session)
        finally:
            del self._sessions[recording.id]
            session.ended.set_result(None)

    def _forget(self, session: RecordingSession) -> None:
        self.counters["recording.events_dropped"] += session.dropped_events
        for port_id in tuple(self._by_port):
            self._take_out(session, port_id)

    def _take_out(self, session: RecordingSession, port_id: int) -> None:
        """Forget that a session records a port; harmless if it does not."""
        sessions = self._by_port.get(port_id, [])
        if session in sessions:
            sessions.remove(session)
            if not sessions:
                del self._by_port[port_id]
