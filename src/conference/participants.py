"""ParticipantService: who comes into a conference and who leaves it (api.md sections 3 and 4).

A call's flow asks for a seat (``admit``), sits down (``connect``) and gets up (``leave``);
a client may show participants, change them and kick them.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.admission import check_place
from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, ConferenceNotFound
from mixminus.conference.ledger import CONFERENCECALLS, CONFERENCES, advance, touch_conference
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.conference.telling import Telling
from mixminus.errors import Conflict
from mixminus.log import get
from mixminus.mixer import BridgePort
from mixminus.mixer.gains import gain_q8
from mixminus.mixer.sounds import entry_tone, exit_tone
from mixminus.model.conference import (
    Conference,
    Conferencecall,
    ConferencecallEvent,
    ConferencecallStatus,
    ConferenceStatus,
    ParticipantChange,
    Role,
    RoomSettings,
)
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["ParticipantService"]

_HERE: Final = frozenset({ConferencecallStatus.JOINING, ConferencecallStatus.JOINED})

log = get("conference")


class ParticipantService:
    """Seats participants; everything that changes a room waits for the conference's turn."""

    def __init__(
        self, store: Store, clock: Clock, *, rooms: Rooms, lifecycle: Lifecycle, telling: Telling
    ) -> None:
        self._telling = telling
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle

    async def get_call(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        async with self._store.snapshot() as tx:
            participant = await tx.conferencecalls.find(conferencecall_id)
        return owned(
            participant, customer_id, ConferencecallNotFound(f"no conferencecall {conferencecall_id}")
        )

    async def list_calls(
        self, customer_id: CustomerId, page: Page, conference_id: UUID | None = None
    ) -> list[Conferencecall]:
        """Return participants of all states, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.conferencecalls.page(customer_id, page, conference_id)

    async def kick(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        """Put a participant out of the room, not out of its call; IllegalTransition if it leaves already."""
        participant = await self.get_call(customer_id, conferencecall_id)
        async with self._rooms.turn(participant.conference_id):
            async with self._store.transaction() as tx:
                participant = await CONFERENCECALLS.find_for_update(tx, conferencecall_id)
                participant = await advance(tx, self._clock, participant, ConferencecallEvent.KICKED)
            if seat := self._rooms.seat(participant.conference_id, conferencecall_id):
                # Its flow wakes up, and gives the seat back by leave().
                seat.dismiss()
        return participant

    async def change(
        self, customer_id: CustomerId, conferencecall_id: ConferencecallId, change: ParticipantChange
    ) -> Conferencecall:
        """Mute, deafen, turn up, promote or label a participant; ConferencecallGone if it leaves or has left."""
        gain_q8(change.gain_db or 0.0)  # refuses what no port could do
        participant = await self.get_call(customer_id, conferencecall_id)
        async with self._rooms.turn(participant.conference_id):
            async with self._store.transaction() as tx:
                participant = await CONFERENCECALLS.find_for_update(tx, conferencecall_id)
                if participant.status not in _HERE:
                    raise ConferencecallGone(f"conferencecall {conferencecall_id} is {participant.status}")
                changed = change.applied_to(participant)
                if changed != participant:
                    participant = replace(changed, tm_update=self._clock.now())
                    await CONFERENCECALLS.save(tx, participant, "conferencecall_updated")
            if seat := self._rooms.seat(participant.conference_id, conferencecall_id):
                seat.adjust(participant)
            if room := self._rooms.find(participant.conference_id):
                room.settle()
        return participant

    async def settings(self, customer_id: CustomerId, conference_id: ConferenceId) -> RoomSettings:
        """Return what a room asks of those who come; ConferenceNotFound if the customer has none of this id."""
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        conference = owned(conference, customer_id, ConferenceNotFound(f"no conference {conference_id}"))
        return conference.settings

    async def admit(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        port: BridgePort,
        role: Role = Role.PARTICIPANT,
        activeflow_id: UUID = NIL,
    ) -> Seat | None:
        """Return a seat for a participant that is joining; None if the conference does not take it now."""
        async with self._rooms.turn(conference_id):
            async with self._store.transaction() as tx:
                conference = await self._lifecycle.begin(tx, conference_id)
            room = self._rooms.find(conference_id)
            if conference.status is not ConferenceStatus.PROGRESSING or room is None:
                return None
            seat = Seat(
                ConferencecallId(new_id()), call_id, conference, port, room.company, role, activeflow_id
            )
            try:
                check_place(conference.settings, len(room.seats))
                self._rooms.seat_down(room, seat)
            except Conflict as refusal:
                log.info("not admitted", conference_id=str(conference_id), reason=refusal.reason)
                return None
            try:
                await self._enter(seat)
            except BaseException:
                self._rooms.get_up(room, seat)
                raise
            return seat

    async def _enter(self, seat: Seat) -> None:
        """Write that somebody is joining."""
        participant = Conferencecall(
            id=seat.id,
            customer_id=seat.conference.customer_id,
            conference_id=seat.conference.id,
            reference_id=seat.call_id,
            activeflow_id=seat.activeflow_id,
            status=ConferencecallStatus.JOINING,
            tm_create=self._clock.now(),
            role=seat.role,
        )
        async with self._store.transaction() as tx:
            await CONFERENCECALLS.add(tx, participant, "conferencecall_joining")

    async def connect(self, seat: Seat) -> bool:
        """Let the participant hear and be heard; False if it was dismissed before, or must wait at the door."""
        async with self._rooms.turn(seat.conference.id):
            room = self._rooms.find(seat.conference.id)
            if seat.dismissed.done() or room is None:
                return False
            if not seat.open.is_set():
                seat.waiting = True
                room.settle()
                return False
            try:
                async with self._store.transaction() as tx:
                    participant = await CONFERENCECALLS.find_for_update(tx, seat.id)
                    seat.adjust(participant)
                    self._rooms.connect(room, seat)
                    await advance(tx, self._clock, participant, ConferencecallEvent.AUDIO_CONNECTED)
                    await touch_conference(tx, self._clock, seat.conference.id)
            except BaseException:
                seat.port.leave()
                raise
            seat.joined = True
            await self._joined(room, seat)
            return True

    async def leave(self, seat: Seat) -> None:
        """Give the seat back: the participant is leaved, and with the last one a closing conference ends."""
        async with self._rooms.turn(seat.conference.id):
            seat.clear()
            room = self._rooms.find(seat.conference.id)
            if room is None or seat.id not in room.seats:
                return
            self._rooms.get_up(room, seat)
            async with self._store.transaction() as tx:
                participant = await CONFERENCECALLS.find_for_update(tx, seat.id)
                await advance(tx, self._clock, participant, ConferencecallEvent.LEFT)
                if seat.joined:
                    conference = await touch_conference(tx, self._clock, seat.conference.id)
                else:
                    conference = await CONFERENCES.find_for_update(tx, seat.conference.id)
            await self._left(room, seat, conference)

    async def _joined(self, room: Room, seat: Seat) -> None:
        """Do what follows when one more is heard."""
        if room.joined > 1:
            room.company.set()
        room.settle()
        if room.settings.entry_tone:
            room.chimes.ring(entry_tone())
        self._telling.joined(room, seat, await self._name(seat, room))
        if room.settings.record_on_start and room.joined == 1:
            await self._lifecycle.record(seat.conference.id, room)

    async def _left(self, room: Room, seat: Seat, conference: Conference) -> None:
        """Do what follows when one has gone; rooms that depend on who is there end."""
        if seat.joined and room.joined and room.settings.exit_tone:
            room.chimes.ring(exit_tone())
        if seat.joined:
            self._telling.left(room, await self._name(seat, room))
        if seat.joined and not room.joined and room.settings.record_on_start:
            await self._lifecycle.stop_recording(conference)
        if _ends(room, seat, conference):
            conference = await self._lifecycle.close(conference.id)
        await self._lifecycle.end_if_empty(conference)

    async def _name(self, seat: Seat, room: Room) -> str:
        """Return how a participant is called where names are told; empty if nobody asks, or knows."""
        if room.settings.announce != "names":
            return ""
        async with self._store.snapshot() as tx:
            call = await tx.calls.find(seat.call_id)
        return (call.source.name or call.source.target_name) if call else ""


def _ends(room: Room, seat: Seat, conference: Conference) -> bool:
    """Return whether the room is over because this participant has left it (api.md section 4.1)."""
    if not seat.joined:
        return False
    if conference.type == "connect":
        # One of two has left: the other is put out. Where there never were two, the last one ends it.
        return room.joined <= 1 if room.company.is_set() else not room.seats
    last_moderator = seat.role is Role.MODERATOR and not room.moderated
    return last_moderator and room.settings.end_when_moderator_leaves
