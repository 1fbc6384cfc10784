"""ParticipantService: who comes into a conference and who leaves it (api.md sections 3 and 4).

A call's flow asks for a seat (``admit``), sits down (``connect``) and gets up (``leave``);
a client may show participants and kick them.
"""

from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.errors import ConferencecallNotFound
from mixminus.conference.lifecycle import Lifecycle, advance
from mixminus.conference.model import Conferencecall
from mixminus.conference.publish import publish_change, publish_conferencecall
from mixminus.conference.room import Rooms, Seat
from mixminus.conference.states import ConferencecallEvent, ConferencecallStatus, ConferenceStatus
from mixminus.ids import CallId, ConferencecallId, ConferenceId, CustomerId, new_id
from mixminus.mixer import BridgePort
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page

__all__ = ["ParticipantService"]


class ParticipantService:
    """Seats participants; everything that changes a room waits for the conference's turn."""

    def __init__(self, store: Store, clock: Clock, *, rooms: Rooms, lifecycle: Lifecycle) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle

    async def get_call(self, customer_id: CustomerId, conferencecall_id: ConferencecallId) -> Conferencecall:
        async with self._store.snapshot() as tx:
            participant = await tx.conferencecalls.find(conferencecall_id)
        if participant is None or participant.customer_id != customer_id:
            raise ConferencecallNotFound(f"no conferencecall {conferencecall_id}")
        return participant

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
                participant = await self._hold(tx, conferencecall_id)
                participant = await advance(tx, self._clock, participant, ConferencecallEvent.KICKED)
            if seat := self._rooms.seat(participant.conference_id, conferencecall_id):
                # Its flow wakes up, and gives the seat back by leave().
                seat.dismiss()
        return participant

    async def admit(self, conference_id: ConferenceId, call_id: CallId, port: BridgePort) -> Seat | None:
        """Return a seat for a participant that is joining; None if the conference takes nobody now."""
        async with self._rooms.turn(conference_id):
            async with self._store.transaction() as tx:
                conference = await self._lifecycle.begin(tx, conference_id)
                room = self._rooms.find(conference_id)
                if conference.status is not ConferenceStatus.PROGRESSING or room is None:
                    return None
                participant = Conferencecall(
                    id=ConferencecallId(new_id()),
                    customer_id=conference.customer_id,
                    conference_id=conference_id,
                    reference_id=call_id,
                    status=ConferencecallStatus.JOINING,
                    tm_create=self._clock.now(),
                )
                await tx.conferencecalls.add(participant)
                await publish_conferencecall(tx, participant)
            seat = Seat(participant.id, call_id, conference, port, room.company)
            room.seats[seat.id] = seat
            return seat

    async def connect(self, seat: Seat) -> bool:
        """Let the participant hear and be heard; False if it was dismissed before."""
        async with self._rooms.turn(seat.conference.id):
            room = self._rooms.find(seat.conference.id)
            if seat.dismissed.done() or room is None:
                return False
            seat.port.join(room.bridge)
            try:
                async with self._store.transaction() as tx:
                    participant = await self._hold(tx, seat.id)
                    await advance(tx, self._clock, participant, ConferencecallEvent.AUDIO_CONNECTED)
                    await publish_change(tx, seat.conference.id, self._clock.now())
            except BaseException:
                seat.port.leave()
                raise
            seat.joined = True
            if room.joined > 1:
                room.company.set()
            return True

    async def leave(self, seat: Seat) -> None:
        """Give the seat back: the participant is leaved, and with the last one a closing conference ends."""
        async with self._rooms.turn(seat.conference.id):
            seat.port.leave()
            room = self._rooms.find(seat.conference.id)
            if room is None or room.seats.pop(seat.id, None) is None:
                return
            async with self._store.transaction() as tx:
                participant = await self._hold(tx, seat.id)
                await advance(tx, self._clock, participant, ConferencecallEvent.LEFT)
                if seat.joined:
                    conference = await publish_change(tx, seat.conference.id, self._clock.now())
                else:
                    conference = await self._lifecycle.hold(tx, seat.conference.id)
            if conference.type == "connect" and seat.joined and room.joined <= 1:
                # One of two has left: the other is put out, and the room with it.
                conference = await self._lifecycle.close(conference.id)
            await self._lifecycle.end_if_empty(conference)

    async def _hold(self, tx: Transaction, conferencecall_id: ConferencecallId) -> Conferencecall:
        participant = await tx.conferencecalls.hold(conferencecall_id)
        if participant is None:
            raise ConferencecallNotFound(f"no conferencecall {conferencecall_id}")
        return participant
