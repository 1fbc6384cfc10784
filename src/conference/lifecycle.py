"""The steps of a conference's life; whoever calls one holds the conference's turn (``Rooms.turn``)."""

from dataclasses import replace

from mixminus.clock import Clock
from mixminus.conference.errors import ConferenceNotFound
from mixminus.conference.model import Conference, Conferencecall
from mixminus.conference.publish import publish_change, publish_conference, publish_conferencecall
from mixminus.conference.recorder import Recorder
from mixminus.conference.room import Rooms
from mixminus.conference.states import (
    CONFERENCE_TRANSITIONS,
    CONFERENCECALL_TRANSITIONS,
    ConferencecallEvent,
    ConferencecallStatus,
    ConferenceEvent,
    ConferenceStatus,
)
from mixminus.conference.timeouts import Timeouts
from mixminus.ids import ConferenceId
from mixminus.machine import step
from mixminus.store.database import Store, Transaction

__all__ = ["Lifecycle", "advance"]


async def advance(
    tx: Transaction, clock: Clock, participant: Conferencecall, event: ConferencecallEvent
) -> Conferencecall:
    """Take a participant one step on, and tell."""
    now = clock.now()
    status = step(CONFERENCECALL_TRANSITIONS, participant.status, event)
    tm_join = now if status is ConferencecallStatus.JOINED else participant.tm_join
    participant = replace(participant, status=status, tm_join=tm_join, tm_update=now)
    await tx.conferencecalls.save(participant)
    await publish_conferencecall(tx, participant)
    return participant


class Lifecycle:
    """Opens and closes conferences, their rows and their rooms together."""

    def __init__(self, store: Store, clock: Clock, rooms: Rooms, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._recorder = recorder
        self._timeouts = Timeouts(clock)

    async def begin(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        """Open the bridge of a starting conference; one that is further on stays as it is."""
        conference = await self.hold(tx, conference_id)
        if conference.status is not ConferenceStatus.STARTING:
            return conference
        self._rooms.open(conference_id)
        status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.BRIDGE_OPENED)
        conference = replace(conference, status=status, tm_update=self._clock.now())
        await tx.conferences.save(conference)
        await publish_conference(tx, "conference_updated", conference)
        return conference

    async def close(self, conference_id: ConferenceId) -> Conference:
        """Dismiss everybody: terminated when the last has left, at once if nobody is there."""
        async with self._store.transaction() as tx:
            conference = await self.hold(tx, conference_id)
            if conference.status in (ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED):
                return conference
            now = self._clock.now()
            status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.DELETED)
            conference = replace(conference, status=status, tm_update=now, tm_delete=now)
            await tx.conferences.save(conference)
            await publish_conference(tx, "conference_updated", conference)
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
        async with self._store.transaction() as tx:
            conference = await self.hold(tx, conference.id)
            now = self._clock.now()
            status = step(CONFERENCE_TRANSITIONS, conference.status, ConferenceEvent.EMPTIED)
            conference = replace(conference, status=status, tm_update=now, tm_end=now)
            await tx.conferences.save(conference)
            await publish_conference(tx, "conference_deleted", conference)
        self._rooms.close(conference.id)
        return conference

    async def resume(self, conference: Conference) -> None:
        """Take up a conference after a restart: its calls are lost, its room and its timer are not."""
        async with self._store.transaction() as tx:
            lost = await tx.conferencecalls.present(conference.id)
            for participant in lost:
                await advance(tx, self._clock, participant, ConferencecallEvent.LEFT)
            if any(participant.tm_join for participant in lost):
                conference = await publish_change(tx, conference.id, self._clock.now())
        if conference.status is ConferenceStatus.TERMINATING:
            await self.end_if_empty(conference)
        elif conference.type == "connect" and lost:
            await self.close(conference.id)
        else:
            self._rooms.open(conference.id)
            async with self._store.transaction() as tx:
                await self.begin(tx, conference.id)
            self.arm(conference)

    def arm(self, conference: Conference) -> None:
        """Set the conference's timer, if it has a timeout."""
        if conference.tm_timeout is not None:
            self._timeouts.arm(conference.id, conference.tm_timeout, self._expire)

    async def stop(self) -> None:
        """Stop timers, finish recordings, close bridges; conferences stay as they are, for ``resume``."""
        await self._timeouts.close()
        for conference_id in self._rooms.ids():
            async with self._rooms.turn(conference_id):
                await self._recorder.finish(conference_id)
                self._rooms.close(conference_id)

    async def _expire(self, conference_id: ConferenceId) -> None:
        async with self._rooms.turn(conference_id):
            await self.close(conference_id)

    async def hold(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        conference = await tx.conferences.hold(conference_id)
        if conference is None:
            raise ConferenceNotFound(f"no conference {conference_id}")
        return conference
