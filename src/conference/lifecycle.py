"""The steps of a conference's life; whoever calls one holds the conference's turn (``Rooms.turn``)."""

from mixminus.clock import Clock
from mixminus.conference.ledger import CONFERENCES, advance, touch_conference
from mixminus.conference.recorder import Recorder
from mixminus.conference.room import Room, Rooms
from mixminus.conference.telling import Telling
from mixminus.conference.timeouts import Timeouts
from mixminus.conference.transcriber import Transcriber
from mixminus.errors import MixMinusError
from mixminus.log import get
from mixminus.machine import step
from mixminus.model.conference import (
    CONFERENCE_TRANSITIONS,
    Conference,
    ConferencecallEvent,
    ConferencecallStatus,
    ConferenceEvent,
    ConferenceStatus,
)
from mixminus.model.ids import NIL, ConferenceId
from mixminus.model.recording import RecordingOptions
from mixminus.store.database import Store, Transaction

__all__ = ["Lifecycle"]

log = get("conference")


class Lifecycle:
    """Opens and closes conferences, their rows and their rooms together."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rooms: Rooms,
        *,
        recorder: Recorder,
        transcriber: Transcriber,
        telling: Telling,
    ) -> None:
        self.telling = telling
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._recorder = recorder
        self.transcriber = transcriber
        """Writes down what is said in conferences."""
        self._timeouts = Timeouts(clock)

    async def begin(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        """Open the bridge of a starting conference; one that is further on stays as it is."""
        conference = await CONFERENCES.find_for_update(tx, conference_id)
        if conference.status is not ConferenceStatus.STARTING:
            return conference
        self._rooms.open(conference)
        status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.BRIDGE_OPENED)
        conference = conference.changed(self._clock.now(), status=status)
        await CONFERENCES.save(tx, conference, "conference_updated")
        return conference

    async def close(self, conference_id: ConferenceId) -> Conference:
        """Dismiss everybody: terminated when the last has left, at once if nobody is there."""
        async with self._store.transaction() as tx:
            conference = await CONFERENCES.find_for_update(tx, conference_id)
            if conference.status in (ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED):
                return conference
            now = self._clock.now()
            status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.DELETED)
            conference = conference.changed(now, status=status, tm_delete=now)
            await CONFERENCES.save(tx, conference, "conference_updated")
            for participant in await tx.conferencecalls.present(conference_id):
                if participant.status is not ConferencecallStatus.LEAVING:
                    await advance(tx, self._clock, participant, ConferencecallEvent.KICKED)
        self._timeouts.disarm(conference_id)
        if room := self._rooms.find(conference_id):
            room.dismiss_all()
        return await self.end_if_empty(conference)

    async def end_if_empty(self, conference: Conference) -> Conference:
        """Terminate a conference that is terminating and has nobody left in it."""
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
        self._rooms.close(conference.id)
        return conference

    async def resume(self, conference: Conference) -> None:
        """Take up a conference after a restart: its calls are lost, its room and its timer are not."""
        async with self._store.transaction() as tx:
            lost = await tx.conferencecalls.present(conference.id)
            for participant in lost:
                await advance(tx, self._clock, participant, ConferencecallEvent.LEFT)
            if any(participant.tm_join for participant in lost):
                conference = await touch_conference(tx, self._clock, conference.id)
        if conference.status is ConferenceStatus.TERMINATING:
            await self.end_if_empty(conference)
        elif conference.type == "connect" and lost:
            await self.close(conference.id)
        else:
            self._rooms.open(conference)
            async with self._store.transaction() as tx:
                await self.begin(tx, conference.id)
            self.arm(conference)

    def arm(self, conference: Conference) -> None:
        """Set the conference's one timer, in place of any before; without a timeout there is none."""
        if conference.tm_timeout is None:
            self._timeouts.disarm(conference.id)
        else:
            self._timeouts.arm(conference.id, conference.tm_timeout, self._expire)

    async def record(self, conference_id: ConferenceId, room: Room) -> None:
        """Begin to record a room that has got its first participant, unless it is being recorded."""
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        if conference and conference.recording_id == NIL:
            try:
                await self._recorder.start(conference, room.bridge, RecordingOptions())
                self.telling.recording(room)
            except (MixMinusError, OSError) as exc:
                # The participants have come to talk: a full disk must not keep them out.
                log.error("recording not started", conference_id=str(conference_id), exc_info=exc)

    async def stop_recording(self, conference: Conference) -> None:
        """Let the recording of a room that has become empty end, if there is one."""
        if conference.recording_id != NIL:
            await self._recorder.stop(conference.id)

    async def stop(self) -> None:
        """Stop timers, finish recordings, close bridges; conferences stay as they are, for ``resume``."""
        await self._timeouts.close()
        for conference_id in self._rooms.ids():
            async with self._rooms.turn(conference_id):
                await self._recorder.finish(conference_id)
                await self.transcriber.finish(conference_id)
                self._rooms.close(conference_id)
        await self._rooms.ambience.close()

    async def _expire(self, conference_id: ConferenceId) -> None:
        async with self._rooms.turn(conference_id):
            await self.close(conference_id)
