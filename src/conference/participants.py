"""ParticipantService: how calls enter and leave conferences as participants (api.md sections 3 and 4).

A call's flow takes a seat in the room (``admit``), joins its audio (``connect``) and releases the seat
(``leave``); clients get, list, change and kick participants.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.admission import check_place
from mixminus.conference.announcements import Announcements
from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, ConferenceNotFound
from mixminus.conference.ledger import (
    CONFERENCECALLS,
    advance,
    departure,
    publish_flag,
    set_flag,
    stepped,
    touched,
)
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.processing import check_noise_suppression
from mixminus.conference.room import SEATS_AT_A_TIME, Room, Rooms, Seat
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
    SeatEvent,
    SeatState,
)
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId, new_id
from mixminus.store.database import Store, Transaction, Write, write_nothing
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.persistence import until_written
from mixminus.usage.meter import Meter, Stay

__all__ = ["Entry", "ParticipantService", "joining"]

_PRESENT: Final = frozenset({ConferencecallStatus.JOINING, ConferencecallStatus.JOINED})

log = get("conference")


@dataclass(frozen=True, slots=True)
class Entry:
    """How a participant enters a room."""

    muted: bool = False
    answered: bool = False
    """Whether its call is answered: it is connected at once if there is nothing to run or to wait for before."""
    along: Write = write_nothing
    """What is written before, in the same transaction."""


_PLAIN_ENTRY: Final = Entry()


class ParticipantService:
    """Admits and removes participants; every change of a room is made with the conference's lock held."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        lifecycle: Lifecycle,
        announcements: Announcements,
        meter: Meter,
    ) -> None:
        self._announcements = announcements
        self._meter = meter
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

    def role_of(self, conference_id: ConferenceId, settings: RoomSettings, pin: str, source: str) -> Role:
        """Return the role that a pin gives; raise PinInvalid if it is wrong, or too many were (``pin_guesses.py``)."""
        now_s = self._clock.monotonic_s()
        return self._rooms.pins.role_of(conference_id, settings, pin, source=source, now_s=now_s)

    async def kick(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        """Remove a participant from the room; its call continues.

        Raises ConferencecallGone if it is leaving or has left.
        """
        participant = await self._known(customer_id, conferencecall_id)
        async with self._rooms.lock(participant.conference_id):
            seat = self._rooms.find_seat(conferencecall_id)
            async with self._store.transaction() as tx:
                participant = _require_present(await _row(tx, conferencecall_id, seat))
                participant = await advance(tx, self._clock, participant, ConferencecallEvent.KICKED)
            if seat:
                seat.row = participant
                # This wakes the call's flow, which releases the seat with leave().
                seat.dismiss()
        return participant

    async def _known(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        """Return a participant from its seat, or one that has none from the store."""
        seat = self._rooms.find_seat(conferencecall_id)
        if seat and seat.row and seat.row.customer_id == customer_id:
            return seat.row
        return await self.get_call(customer_id, conferencecall_id)

    async def change(
        self, customer_id: CustomerId, conferencecall_id: ConferencecallId, change: ParticipantChange
    ) -> Conferencecall:
        """Change a participant's mute, deaf, gain, levelling, role, label or raised hand.

        Raises ConferencecallGone if it is leaving or has left.
        """
        gain_q8(change.gain_db or 0.0)  # raises InvalidArgument if it is out of range
        check_noise_suppression(self._rooms.engine, change.noise_suppression == "on")
        participant = await self._known(customer_id, conferencecall_id)
        async with self._rooms.lock(participant.conference_id):
            seat = self._rooms.find_seat(conferencecall_id)
            async with self._store.transaction() as tx:
                before = _require_present(await _row(tx, conferencecall_id, seat))
                participant = change.applied_to(before)
                if participant != before:
                    participant = replace(participant, tm_update=self._clock.now())
                    await CONFERENCECALLS.save(tx, participant, "conferencecall_updated")
                    if participant.hand_raised is not before.hand_raised:
                        publish_flag(tx, participant, "hand_raised")
            room = self._rooms.find(participant.conference_id)
            if seat and room:
                seat.row = participant
                seat.adjust(participant)
                room.count(seat)
                room.update_sounds(seat)
        return participant

    async def settings(self, customer_id: CustomerId, conference_id: ConferenceId) -> RoomSettings:
        """Return the settings of a customer's room; raise ConferenceNotFound if there is none of this id."""
        if (room := self._rooms.find(conference_id)) and room.customer_id == customer_id:
            return room.settings
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
        entry: Entry = _PLAIN_ENTRY,
    ) -> Seat | None:
        """Create a participant that is joining and return its seat; None if the conference does not admit it."""
        async with self._rooms.lock(conference_id):
            conference = await self._lifecycle.begun(conference_id)
            room = self._rooms.find(conference_id)
            if conference.status is not ConferenceStatus.PROGRESSING or room is None:
                return None
            id_ = ConferencecallId(new_id())
            seat = self._seated(room, Seat(id_, call_id, conference, port, room.company, role, activeflow_id))
            if seat is not None:
                try:
                    await self._enter(room, seat, entry)
                except BaseException:
                    self._rooms.unseat(room, seat)
                    raise
            return seat

    def _seated(self, room: Room, seat: Seat) -> Seat | None:
        """Return the seat when the room has a place for it; None if it has none."""
        try:
            check_place(seat.conference.settings, len(room.seats))
            self._rooms.seat(room, seat)
        except Conflict as refusal:
            log.info("not admitted", conference_id=str(seat.conference.id), reason=refusal.reason)
            return None
        return seat

    async def _enter(self, room: Room, seat: Seat, entry: Entry) -> None:
        """Write and publish that a participant is joining; connect it in the same transaction if nothing is before."""
        at_once = entry.answered and seat.conference.begins_with_room and seat.may_join.is_set()
        row, conference = joining(self._clock, seat, muted=entry.muted), room.conference
        async with self._store.transaction() as tx:
            await entry.along(tx)
            CONFERENCECALLS.publish(tx, row, "conferencecall_joining")
            if at_once:
                row, conference = await self._connected(tx, room, seat, row)
            await tx.conferencecalls.add(row)
        seat.row = row
        if at_once:
            await self._joined(room, seat, conference)

    async def connect(self, seat: Seat) -> bool:
        """Connect the participant's audio; False if it was removed before, or must wait in the lobby."""
        async with self._rooms.lock(seat.conference.id):
            room = self._rooms.find(seat.conference.id)
            if seat.dismissed.done() or room is None:
                return False
            if not seat.may_join.is_set():
                await self._hold(room, seat)
                return False
            try:
                async with self._store.transaction() as tx:
                    row, conference = await self._connected(tx, room, seat, await _row(tx, seat.id, seat))
                    await tx.conferencecalls.save(row)
            except BaseException:
                seat.port.leave()
                raise
            seat.row = row
            await self._joined(room, seat, conference)
            return True

    async def _hold(self, room: Room, seat: Seat) -> None:
        """Keep a participant in the lobby, and publish that it waits."""
        async with self._store.transaction() as tx:
            row = await _row(tx, seat.id, seat)
            seat.row = await set_flag(tx, self._clock, row, "waiting", on=True)
        if seat.state is SeatState.RESERVED:
            seat.advance(SeatEvent.HELD)
        room.update_sounds(seat)

    async def _connected(
        self, tx: Transaction, room: Room, seat: Seat, row: Conferencecall
    ) -> tuple[Conferencecall, Conference]:
        """Connect a seat's audio and publish that; return its row, which is to be written, and the conference."""
        seat.adjust(row)
        self._rooms.connect(room, seat)
        row = replace(row, on_hold=seat.port.on_hold)
        row = stepped(tx, self._clock, row, ConferencecallEvent.AUDIO_CONNECTED)
        present = (*room.present.values(), str(seat.id))
        return row, await touched(tx, self._clock, room.conference, present)

    async def leave(self, seat: Seat) -> None:
        """Release the seat: the participant is leaved; after the last one a terminating conference ends.

        Participants that leave while others do are written together: their leavings share a transaction, and
        one ``conference_updated``.
        """
        if (room := self._rooms.find(seat.conference.id)) and seat not in room.departing:
            room.departing.append(seat)
        async with self._rooms.lock(seat.conference.id):
            seat.clear()
            while room and room is self._rooms.find(seat.conference.id) and seat in room.departing:
                seats, room.departing = room.departing[:SEATS_AT_A_TIME], room.departing[SEATS_AT_A_TIME:]
                await self._release(room, [each for each in seats if each.id in room.seats])
            if seat.lost:
                raise seat.lost

    async def _release(self, room: Room, seats: Sequence[Seat]) -> None:
        """Remove seats from their room, and write that the participants are leaved."""
        if not seats:
            return
        for seat in seats:
            seat.clear()
            self._rooms.unseat(room, seat)

        attempts = count()

        async def write() -> Conference:
            again = next(attempts) > 0
            async with self._store.transaction() as tx:
                return await self._write_leaved(tx, room, seats, again=again)

        try:
            conference = await until_written(self._clock, write)
        except Exception as error:  # noqa: BLE001 - the flow of each of these participants raises it
            for seat in seats:
                seat.lost = error
            return
        room.set_conference(conference)
        await self._left(room, seats, conference)

    async def _write_leaved(
        self, tx: Transaction, room: Room, seats: Sequence[Seat], *, again: bool
    ) -> Conference:
        """Write that participants are leaved, and count their time.

        ``again``: the database did not say whether it has taken the write before; what it has taken is left out.
        """
        stays: list[Stay] = []
        for seat in seats:
            row = await _row(tx, seat.id, None if again else seat)
            if row.status is not ConferencecallStatus.LEAVED:
                row = await advance(tx, self._clock, row, *departure(row))
                stays.append((row, row.tm_update or row.tm_create))
            tx.after_commit(partial(setattr, seat, "row", row))
        await self._meter.count(tx, stays)
        if any(seat.joined for seat in seats):
            return await touched(tx, self._clock, room.conference, room.present.values())
        return room.conference

    async def _joined(self, room: Room, seat: Seat, conference: Conference) -> None:
        """Update the room, its sounds, announcements and recording after a participant's joining is written."""
        seat.advance(SeatEvent.CONNECTED)
        room.set_conference(conference)
        room.count(seat)
        if room.joined > 1:
            room.company.set()
        room.update_sounds(seat)
        if room.settings.entry_tone:
            room.chimes.play(entry_tone())
        self._announcements.announce_joined(room, seat, await self._name(seat, room))
        if room.settings.record_on_start and room.joined == 1:
            await self._lifecycle.record(seat.conference.id, room)

    async def _left(self, room: Room, seats: Sequence[Seat], conference: Conference) -> None:
        """Update tones, announcements and recording after participants have left; end the room if due."""
        joined = [seat for seat in seats if seat.joined]
        if joined and room.joined and room.settings.exit_tone:
            room.chimes.play(exit_tone())
        for seat in joined if room.settings.announce == "names" else joined[:1]:
            self._announcements.announce_left(room, await self._name(seat, room))
        if joined and not room.joined and room.settings.record_on_start:
            await self._lifecycle.stop_recording(conference)
        if any(_ends(room, seat, conference) for seat in joined):
            conference = await self._lifecycle.close(conference.id)
        await self._lifecycle.end_if_empty(conference)

    async def _name(self, seat: Seat, room: Room) -> str:
        """Return the name to announce; empty if unknown, or if the room does not announce names."""
        if room.settings.announce != "names":
            return ""
        async with self._store.snapshot() as tx:
            call = await tx.calls.find(seat.call_id)
        return (call.source.name or call.source.target_name) if call else ""


def joining(clock: Clock, seat: Seat, *, muted: bool) -> Conferencecall:
    """Return the row of a participant that is joining."""
    return Conferencecall(
        id=seat.id,
        customer_id=seat.conference.customer_id,
        conference_id=seat.conference.id,
        reference_id=seat.call_id,
        activeflow_id=seat.activeflow_id,
        status=ConferencecallStatus.JOINING,
        tm_create=clock.now(),
        role=seat.role,
        muted=muted,
    )


async def _row(tx: Transaction, conferencecall_id: ConferencecallId, seat: Seat | None) -> Conferencecall:
    """Return a participant's row from its seat, which has it as it is; one without a seat is read."""
    if seat and seat.row:
        return seat.row
    return await CONFERENCECALLS.find_for_update(tx, conferencecall_id)


def _require_present(participant: Conferencecall) -> Conferencecall:
    """Return the participant; raise ConferencecallGone if it is leaving or has left."""
    if participant.status not in _PRESENT:
        leaving = participant.status is ConferencecallStatus.LEAVING
        raise ConferencecallGone(f"the participant {'is already leaving' if leaving else 'has already left'}")
    return participant


def _ends(room: Room, seat: Seat, conference: Conference) -> bool:
    """Return whether the room ends because this participant has left it (api.md section 4.1)."""
    if not seat.joined:
        return False
    if conference.type == "connect":
        # One of two has left: the other is removed. A room that never had two ends with its last seat.
        return room.joined <= 1 if room.company.is_set() else not room.seats
    last_moderator = seat.role is Role.MODERATOR and not room.moderated
    return last_moderator and room.settings.end_when_moderator_leaves
