"""MoveService: moves participants to other rooms of their customer; their calls are not renegotiated.

A seat in the other room is reserved first, so that a refusal leaves the participant where it is. Then the
participant leaves its room, as if it were removed, and its call's flow takes the reserved seat. The leg, its port and
its RTP stream stay as they are.
"""

from mixminus.call.errors import CallNotProgressing
from mixminus.call.live import LiveCall, Place
from mixminus.call.registry import LiveCalls
from mixminus.cluster.remote_port import AtAnotherNode, RemotePort
from mixminus.conference.admission import check_place
from mixminus.conference.errors import AlreadyInRoom, ConferencecallGone, MovePending
from mixminus.conference.participants import ParticipantService
from mixminus.conference.reservations import Reservations
from mixminus.conference.room import Rooms, Seat
from mixminus.conference.service import ConferenceService
from mixminus.log import get, task_failed
from mixminus.model.conference import IN_ROOM, Conference, Conferencecall
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId, CustomerId
from mixminus.tasks import TaskScope

__all__ = ["MoveService"]

log = get("call.move")


class MoveService:
    """Moves one participant at a time; a call has at most one move in progress."""

    def __init__(
        self,
        *,
        conferences: ConferenceService,
        participants: ParticipantService,
        reservations: Reservations,
        rooms: Rooms,
        live_calls: LiveCalls,
    ) -> None:
        self._conferences = conferences
        self._participants = participants
        self._reservations = reservations
        self._rooms = rooms
        self._live_calls = live_calls
        self._moving: set[CallId] = set()
        self._scope = TaskScope(task_failed("call.move"))

    async def move(
        self, customer_id: CustomerId, conferencecall_id: ConferencecallId, conference_id: ConferenceId
    ) -> Conferencecall:
        """Move a participant; return the participant that it is in the other room, which is joining.

        Raises ConferencecallNotFound, ConferenceNotFound, ConferencecallGone, ConferenceNotProgressing, AlreadyInRoom,
        CallNotProgressing, MovePending, ConferenceLocked, ConferenceFull. The participant stays in its room after any of these.
        """
        participant = await self._participants.get_call(customer_id, conferencecall_id)
        target = await self._conferences.get(customer_id, conference_id)
        self._rooms.require(target)
        if target.id == participant.conference_id:
            raise AlreadyInRoom(f"the participant is in conference {conference_id} already")
        seat = self._present(conferencecall_id)
        if seat.call_id in self._moving:
            raise MovePending("the participant is being moved already; wait until it has joined")
        self._moving.add(seat.call_id)
        row = seat.row or participant
        try:
            if isinstance(seat.port, RemotePort):
                return await self._go_elsewhere(seat, seat.port, target, row)
            live = self._live(seat)
            return await self._go(
                customer_id, live, seat, await self._reservations.reserve(target.id, seat, row)
            )
        finally:
            self._moving.discard(seat.call_id)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    def _present(self, conferencecall_id: ConferencecallId) -> Seat:
        """Return the seat of a participant that is in its room or its lobby."""
        seat = self._rooms.find_seat(conferencecall_id)
        if seat is None or seat.state not in IN_ROOM:
            raise ConferencecallGone("the participant is not in the room: it is still joining, or has left")
        return seat

    def _live(self, seat: Seat) -> LiveCall:
        live = self._live_calls.get(seat.call_id)
        if live is None:
            raise ConferencecallGone("the participant is not in the room: its call has ended")
        if live.over.done():
            raise CallNotProgressing(f"call {live.id} is ending")
        return live

    async def _go_elsewhere(
        self, seat: Seat, port: RemotePort, target: Conference, row: Conferencecall
    ) -> Conferencecall:
        """Move a participant whose call is at another node: that node takes the seat in the other room."""
        room = self._rooms.require(target)
        check_place(room.settings, len(room.seats))
        taken = await port.move(target.id, row.role, muted=row.muted)
        reserved = self._rooms.find_seat(ConferencecallId(taken))
        if reserved is None:
            raise AtAnotherNode("the node of the participant's call does not take the seat in the other room")
        try:
            moved = await self._reservations.prepare(reserved, row)
            await self._participants.kick(row.customer_id, seat.id)
        except BaseException:
            reserved.dismiss()
            raise
        log.info("participant moved", call_id=str(seat.call_id), conference_id=str(target.id))
        return moved

    async def _go(
        self, customer_id: CustomerId, live: LiveCall, seat: Seat, reserved: Seat
    ) -> Conferencecall:
        place = Place(reserved.conference.id, reserved.role, reserved)
        try:
            live.move_to(place)
            await self._participants.kick(customer_id, seat.id)
        except BaseException:
            live.take_next_place()
            await self._participants.leave(reserved)
            raise
        # A call that ends on its way does not take the seat.
        live.over.add_done_callback(lambda _: self._scope.spawn("release seat", self._release(live, place)))
        log.info("participant moved", call_id=str(live.id), conference_id=str(place.conference_id))
        assert reserved.row
        return reserved.row

    async def _release(self, live: LiveCall, place: Place) -> None:
        if live.next_place is place and place.seat:
            live.take_next_place()
            await self._participants.leave(place.seat)
