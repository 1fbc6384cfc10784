"""Lifecycle: the transitions of conferences; callers hold the conference's lock (``Rooms.lock``)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from mixminus.clock import Clock
from mixminus.conference.announcements import Announcements
from mixminus.conference.ledger import CONFERENCES, advance, departure, touch_conference
from mixminus.conference.protocols import Recorder, Transcriber
from mixminus.conference.room import SEATS_AT_A_TIME, Room, Rooms
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.machine import step
from mixminus.model.conference import (
    CONFERENCE_TRANSITIONS,
    Conference,
    Conferencecall,
    ConferencecallEvent,
    ConferencecallStatus,
    ConferenceEvent,
    ConferenceStatus,
)
from mixminus.model.ids import NIL, ConferenceId
from mixminus.model.recording import RecordingOptions
from mixminus.store.database import Store, Transaction
from mixminus.tasks import TaskScope
from mixminus.usage.meter import Meter

__all__ = ["Lifecycle"]

log = get("conference")


class Lifecycle:
    """Opens and closes conferences: their rows and their rooms together."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rooms: Rooms,
        *,
        recorder: Recorder,
        transcriber: Transcriber,
        announcements: Announcements,
        meter: Meter,
    ) -> None:
        self.announcements = announcements
        self._meter = meter
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._recorder = recorder
        self.transcriber = transcriber
        self._timeouts = _Timeouts(clock)

    async def _begin(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        """Open the bridge of a starting conference; in any other state nothing changes."""
        conference = await CONFERENCES.find_for_update(tx, conference_id)
        if conference.status is not ConferenceStatus.STARTING:
            return conference
        self._rooms.open(conference)
        status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.BRIDGE_OPENED)
        conference = conference.changed(self._clock.now(), status=status)
        await CONFERENCES.save(tx, conference, "conference_updated")
        return conference

    async def begun(self, conference_id: ConferenceId) -> Conference:
        """Return the conference; open the bridge of one that is starting."""
        room = self._rooms.find(conference_id)
        if room and room.conference.status is not ConferenceStatus.STARTING:
            return room.conference
        if room is None:
            await self._require_home(conference_id)
        async with self._store.transaction() as tx:
            conference = await self._begin(tx, conference_id)
        if room := self._rooms.find(conference_id):
            room.set_conference(conference)
        return conference

    async def _require_home(self, conference_id: ConferenceId) -> None:
        """Raise Elsewhere if another node has the room; one that has ended has no home."""
        if self._store.fence.holds(conference_id):
            return
        if await self._store.read(lambda tx: tx.homes.of(conference_id)) is not None:
            self._store.fence.require(conference_id)

    async def close(self, conference_id: ConferenceId) -> Conference:
        """Remove all participants.

        The conference is terminated when the last has left, an empty one at once.
        """
        async with self._store.transaction() as tx:
            conference = await CONFERENCES.find_for_update(tx, conference_id)
            if conference.status in (ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED):
                return conference
            now = self._clock.now()
            status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.DELETED)
            conference = conference.changed(now, status=status, tm_delete=now)
            await CONFERENCES.save(tx, conference, "conference_updated")
        self._timeouts.disarm(conference_id)
        room = self._rooms.find(conference_id)
        if room:
            room.set_conference(conference)
        await self._kick_all(conference_id)
        if room:
            await room.dismiss_all()
        return await self.end_if_empty(conference)

    async def _kick_all(self, conference_id: ConferenceId) -> None:
        """Write that all participants are leaving, a few in each transaction: other rooms write in between."""
        async with self._store.snapshot() as tx:
            present = await tx.conferencecalls.present(conference_id)
        staying = [each for each in present if each.status is not ConferencecallStatus.LEAVING]
        for first in range(0, len(staying), SEATS_AT_A_TIME):
            async with self._store.transaction() as tx:
                kicked = [
                    await advance(tx, self._clock, each, ConferencecallEvent.KICKED)
                    for each in staying[first : first + SEATS_AT_A_TIME]
                ]
            for row in kicked:
                if seat := self._rooms.find_seat(row.id):
                    seat.row = row

    async def end_if_empty(self, conference: Conference) -> Conference:
        """Terminate a terminating conference that has no participants left."""
        room = self._rooms.find(conference.id)
        if conference.status is not ConferenceStatus.TERMINATING or (room and room.seats):
            return conference
        await self._recorder.finish(conference.id)
        await self.transcriber.finish(conference.id)
        async with self._store.transaction() as tx:
            conference = await CONFERENCES.find_for_update(tx, conference.id)
            now = self._clock.now()
            status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.EMPTIED)
            conference = conference.changed(now, status=status, tm_end=now)
            await CONFERENCES.save(tx, conference, "conference_deleted")
            tx.outbox.leave(conference.id)
        self._rooms.close(conference.id)
        return conference

    async def resume(self, conference: Conference, lost: Sequence[Conferencecall]) -> None:
        """Reopen a conference after a restart: its calls are lost; its room and its timer start again.

        ``lost`` are the participants that have not leaved.
        """
        if lost:
            conference = await self._write_lost(conference, lost)
        if conference.status is ConferenceStatus.TERMINATING:
            await self.end_if_empty(conference)
        elif conference.type == "connect" and lost:
            await self.close(conference.id)
        else:
            self._rooms.open(conference)
            await self.begun(conference.id)
            self.arm(conference)

    async def _write_lost(self, conference: Conference, lost: Sequence[Conferencecall]) -> Conference:
        """Write that participants have leaved when the server ended; return the conference."""
        async with self._store.transaction() as tx:
            for participant in lost:
                await advance(tx, self._clock, participant, *departure(participant))
            await self._meter.count(
                tx, [(each, self._meter.last_known(each.tm_update, each.tm_join)) for each in lost]
            )
            if any(participant.tm_join for participant in lost):
                conference = await touch_conference(tx, self._clock, conference.id)
        return conference

    def arm(self, conference: Conference) -> None:
        """Set or reset the conference's timer; one without a timeout has none."""
        if conference.tm_timeout is None:
            self._timeouts.disarm(conference.id)
        else:
            self._timeouts.arm(conference.id, conference.tm_timeout, self._expire)

    async def record(self, conference_id: ConferenceId, room: Room) -> None:
        """Start recording a room that has its first participant, unless it is being recorded."""
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        if conference and conference.recording_id == NIL:
            try:
                await self._recorder.start(conference, room.bridge, RecordingOptions())
                self.announcements.announce_recording(room)
            except (MixMinusError, OSError) as exc:
                # A failed recording, such as on a full disk, must not keep participants out.
                log.error("recording not started", conference_id=str(conference_id), exc_info=exc)

    async def stop_recording(self, conference: Conference) -> None:
        """Stop the recording of a room that has become empty, if there is one."""
        if conference.recording_id != NIL:
            await self._recorder.stop(conference.id)

    async def stop(self) -> None:
        """Stop timers, finish recordings, close bridges; rows stay as they are, for ``resume``."""
        await self._timeouts.close()
        self._recorder.stop_retrying()
        for conference_id in self._rooms.ids():
            async with self._rooms.lock(conference_id):
                await self._recorder.finish(conference_id)
                await self.transcriber.finish(conference_id)
                self._rooms.close(conference_id)
        await self._rooms.sounds.close()

    def forget(self, conference_id: ConferenceId) -> None:
        """Stop the timer and close the bridge of a room that another node has now; its row stays as it is."""
        self._timeouts.disarm(conference_id)
        self._rooms.close(conference_id)

    async def _expire(self, conference_id: ConferenceId) -> None:
        async with self._rooms.lock(conference_id):
            await self.close(conference_id)


class _Timeouts:
    """Runs a callback when a conference's time is over; at most one timer for each conference."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scope = TaskScope(task_failed("conference"))
        self._timers: dict[ConferenceId, asyncio.Task[None]] = {}

    def arm(
        self,
        conference_id: ConferenceId,
        deadline: datetime,
        on_due: Callable[[ConferenceId], Awaitable[object]],
    ) -> None:
        """Set or replace the conference's timer; a deadline in the past is due at once."""
        self.disarm(conference_id)
        self._timers[conference_id] = self._scope.spawn(
            f"timeout {conference_id}", self._run(conference_id, deadline, on_due)
        )

    def disarm(self, conference_id: ConferenceId) -> None:
        """Cancel the conference's timer, if it has one."""
        if timer := self._timers.pop(conference_id, None):
            timer.cancel()

    async def close(self) -> None:
        """Cancel every timer; the deadlines are in the database."""
        await self._scope.close()

    async def _run(
        self,
        conference_id: ConferenceId,
        deadline: datetime,
        on_due: Callable[[ConferenceId], Awaitable[object]],
    ) -> None:
        await self._clock.sleep((deadline - self._clock.now()).total_seconds())
        # Removed before the callback: closing the conference disarms its timer, which is this very task.
        del self._timers[conference_id]
        await on_due(conference_id)
