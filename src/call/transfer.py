"""TransferService: gives a call's place in a room to another call (RFC 5589, api.md section 5.3).

blind, to a party     the party is called into the room; when it is heard there, the transferred call ends
blind, to a room      from a room for two: the other participant moves to that room
attended, elsewhere   the phone's other call is not on this server: the party at its far end is called into the room, in
                      place of the phone (Replaces)
attended              of two calls of one phone, one is in a room for two: the other participant of that room
                      moves to the second call's room, and both calls of the phone end
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final
from uuid import UUID

from mixminus.call.dialout import DialoutService, Placed
from mixminus.call.errors import CallNotInRoom, CannotRefer, NoCallableDestination, TransferPending
from mixminus.call.leg import Referral
from mixminus.call.live import DialledCall, LiveCall, Place
from mixminus.call.outbound import Order, sip_target
from mixminus.call.registry import LiveCalls
from mixminus.call.routing import Directory, Program, Routed
from mixminus.call.service import CallService
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms, Seat
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.call import Address, HangupReason
from mixminus.model.conference import Role
from mixminus.model.ids import NIL, CallId, ConferenceId, CustomerId, LegId
from mixminus.tasks import TaskScope

__all__ = ["TransferService"]

TRYING: Final = 100
RINGING: Final = 180
OK: Final = 200
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
UNAVAILABLE: Final = 480
UNKNOWN_DIALOG: Final = 481
PENDING: Final = 491
FAILED: Final = 503
DECLINED: Final = 603
_REASONS: Final = {
    HangupReason.BUSY: 486,
    HangupReason.NOANSWER: UNAVAILABLE,
    HangupReason.DIALOUT: 408,
    HangupReason.TIMEOUT: 408,
}

log = get("call.transfer")


class _Declined(Exception):
    """The transfer is declined with a SIP status code."""

    def __init__(self, status_code: int) -> None:
        super().__init__()
        self.status_code = status_code


class TransferService:
    """Implements ``call.leg.Transfers``; a call has at most one transfer at a time."""

    def __init__(
        self,
        *,
        calls: CallService,
        live_calls: LiveCalls,
        dialout: DialoutService,
        directory: Directory,
        rooms: Rooms,
        participants: ParticipantService,
        seat_of_call: Callable[[CallId], Seat | None],
    ) -> None:
        """``seat_of_call`` returns the seat in which a call is connected, also in a room of another node."""
        self._calls = calls
        self._live_calls = live_calls
        self._dialout = dialout
        self._directory = directory
        self._rooms = rooms
        self._seat_of_call = seat_of_call
        self._participants = participants
        self._transferring: set[CallId] = set()
        self._scope = TaskScope(task_failed("call.transfer"))

    async def close(self) -> None:
        """Stop all transfers; calls stay as they are. Closing twice is harmless."""
        await self._scope.close()

    async def transfer(
        self, customer_id: CustomerId, call_id: CallId, addresses: Sequence[Address], *, attended: bool
    ) -> Placed:
        """Call parties into a call's room; unless ``attended``, it ends when the first of them is heard.

        Returns at once. Raises CallNotFound, CallNotInRoom, TransferPending, and what dialling raises.
        """
        await self._calls.get(customer_id, call_id)
        live = self._live_calls.get(call_id)
        if live is None or (seat := self._seat_of_call(call_id)) is None:
            raise CallNotInRoom(f"call {call_id} is not in a room; only a participant can be transferred")
        if call_id in self._transferring:
            raise TransferPending(f"call {call_id} is already being transferred")
        placed = await self._call_into(live, seat, addresses, Role.PARTICIPANT if attended else seat.role)
        if not attended:
            self._spawn(live, self._finish(live, seat, placed))
        return placed

    async def refer(self, customer_id: CustomerId, call_id: CallId, address: Address) -> None:
        """Ask a call's phone to call a SIP address by itself; the new call does not pass this server.

        Returns when the request is sent. Raises CallNotFound, NoCallableDestination for anything but a SIP
        address, and CannotRefer for a browser or an unanswered call.
        """
        await self._calls.get(customer_id, call_id)
        target = sip_target(address) if address.type == "sip" else None
        if target is None:
            raise NoCallableDestination("by refer, the destination must be a SIP address: set type to sip")
        live = self._live_calls.get(call_id)
        if live is None or not await live.refer(target.request_uri):
            raise CannotRefer(f"call {call_id} cannot be referred: it must be an answered call of a phone")

    def on_refer(self, leg_id: LegId, referral: Referral, notify: Callable[[int], None]) -> None:
        """Start the transfer that a phone requests, and notify it of the progress."""
        live = self._live_calls.by_leg(leg_id)
        if live is None or live.over.done():
            return
        if live.id in self._transferring:
            notify(PENDING)
            return
        self._spawn(live, self._serve_refer(live, referral, notify))

    def _spawn(self, live: LiveCall, work: Coroutine[Any, Any, Any]) -> None:
        self._transferring.add(live.id)
        task = self._scope.spawn(f"transfer {live.id}", work)
        task.add_done_callback(lambda _: self._transferring.discard(live.id))

    async def _serve_refer(self, live: LiveCall, referral: Referral, notify: Callable[[int], None]) -> None:
        notify(TRYING)
        try:
            seat = self._seat_of_call(live.id)
            if seat is None:
                raise _Declined(DECLINED)
            if referral.replaces:
                await self._transfer_attended(live, seat, referral.replaces, notify)
            else:
                await self._transfer_blind(live, seat, referral, notify)
        except _Declined as declined:
            log.info("transfer declined", call_id=str(live.id), status_code=declined.status_code)
            notify(declined.status_code)
        except NoCallableDestination:
            notify(NOT_FOUND)
        except MixMinusError as error:
            log.warning("transfer failed", call_id=str(live.id), reason=error.reason)
            notify(FAILED)

    async def _transfer_blind(
        self, live: LiveCall, seat: Seat, referral: Referral, notify: Callable[[int], None]
    ) -> None:
        """Transfer the call to one target; the transferred call ends when the target is heard in the room."""
        target = await self._target_of(live, referral)
        if target.type == "conference":
            place = Place(ConferenceId(UUID(target.target)), Role.PARTICIPANT)
            await self._move_other(live, seat, place, notify)
            await live.hang_up()
            return
        placed = await self._call_into(live, seat, (target,), seat.role, replaces=referral.replaces_there)
        if not await self._finish(live, seat, placed, notify):
            raise _Declined(_refusal_of(placed.live))

    async def _target_of(self, live: LiveCall, referral: Referral) -> Address:
        """Return the room or party that the phone refers to.

        Raises _Declined unless it may dial it by itself.
        """
        customer_id = live.call.customer_id
        if not referral.is_local:
            if live.caller.account_id is None:
                # Only authenticated phones may call outside addresses: the operator pays for these calls.
                raise _Declined(FORBIDDEN)
            return Address("sip", referral.target)
        routed = await self._directory.route(_far_end(live), referral.target, live.caller)
        if not isinstance(routed, Routed):
            raise _Declined(routed.status_code)
        if routed.customer_id != customer_id:
            raise _Declined(NOT_FOUND)
        if routed.program.flow_id != NIL:
            # A flow runs on the call of the party that dials it; a transferred party cannot be put into one.
            raise _Declined(DECLINED)
        return routed.destination

    async def _call_into(
        self, live: LiveCall, seat: Seat, addresses: Sequence[Address], role: Role, *, replaces: str = ""
    ) -> Placed:
        """Call parties that join the room, with this role, as soon as they answer."""
        join = {"type": "confbridge_join", "option": {"confbridge_id": str(seat.conference.id)}}
        settings = seat.conference.settings
        order = Order(
            destinations=addresses,
            program=Program((join, {"type": "hangup"})),
            source=_far_end(live),
            pin=settings.moderator_pin if role is Role.MODERATOR else settings.pin,
            replaces=replaces,
            max_forwards=live.max_forwards - 1,
        )
        if len(addresses) > 1:
            return (await self._dialout.ring_together(live.call.customer_id, order))[1]
        return await self._dialout.place(live.call.customer_id, order)

    async def _finish(
        self, live: LiveCall, seat: Seat, placed: Placed, notify: Callable[[int], None] = lambda _: None
    ) -> bool:
        """Give the call's place to the first called party that is heard in the room; False if none is."""
        room_for_two = seat.conference.type == "connect"
        successor = await self._first(live, placed.live, notify, room_for_two=room_for_two)
        if successor is None:
            return False
        if not live.over.done():
            live.hand_over(successor)
        notify(OK)
        await live.hang_up()
        return True

    async def _first(
        self,
        live: LiveCall,
        called: Sequence[DialledCall],
        notify: Callable[[int], None],
        *,
        room_for_two: bool,
    ) -> DialledCall | None:
        """Return the first call that is heard in the room; None if all of them end before.

        If the transferred call ends meanwhile, the called parties still join, except in a room for two, which
        has ended with that call.
        """
        ringing: list[asyncio.Future[Any]] = [each.rang for each in called]
        room_closed: list[asyncio.Future[Any]] = [live.over] if room_for_two else []
        while unfinished := [each for each in called if not each.over.done()]:
            outcomes = [future for each in unfinished for future in (each.arrived, each.over)]
            await asyncio.wait([*room_closed, *ringing, *outcomes], return_when=asyncio.FIRST_COMPLETED)
            if arrived := next((each for each in unfinished if each.arrived.done()), None):
                return arrived
            if any(each.done() for each in room_closed):
                room_closed = []
                for each in unfinished:
                    await each.hang_up()
            if any(each.done() for each in ringing):
                ringing = []
                notify(RINGING)
        return None

    async def _transfer_attended(
        self, live: LiveCall, seat: Seat, other_leg: LegId, notify: Callable[[int], None]
    ) -> None:
        """Connect the far ends of the two calls of one phone."""
        other = self._live_calls.by_leg(other_leg)
        if other is None or other is live or other.call.customer_id != live.call.customer_id:
            raise _Declined(UNKNOWN_DIALOG)
        other_seat = self._seat_of_call(other.id)
        if other_seat is None or other_seat.conference.id == seat.conference.id:
            raise _Declined(DECLINED)
        if other_seat.conference.type == "connect":
            place = Place(seat.conference.id, seat.role)
            live.hand_over(await self._move_other(other, other_seat, place, notify))
        elif seat.conference.type == "connect":
            place = Place(other_seat.conference.id, other_seat.role)
            other.hand_over(await self._move_other(live, seat, place, notify))
        else:
            raise _Declined(DECLINED)
        await live.hang_up()
        await other.hang_up()

    async def _move_other(
        self, live: LiveCall, seat: Seat, place: Place, notify: Callable[[int], None]
    ) -> LiveCall:
        """Move the other participant of a room for two to a place, and return its call.

        Raise _Declined for any other room, or if there is no other participant.
        """
        if seat.conference.type != "connect":
            raise _Declined(DECLINED)
        room = self._rooms.find(seat.conference.id)
        for other_seat in room.seats.values() if room else ():
            other = self._live_calls.get(other_seat.call_id)
            if other_seat.joined and other and other is not live:
                break
        else:
            raise _Declined(UNAVAILABLE)
        arrived = other.move_to(place)
        live.hand_over(other)
        # The room for two, and this call with it, ends when one has left: the phone is notified before.
        notify(OK)
        await self._participants.kick(live.call.customer_id, other_seat.id)
        await asyncio.wait((arrived, other.over), return_when=asyncio.FIRST_COMPLETED)
        return other


def _far_end(live: LiveCall) -> Address:
    return live.call.source if live.call.direction == "incoming" else live.call.destination


def _refusal_of(called: Sequence[DialledCall]) -> int:
    """Return the SIP status code for calls that ended without joining the room."""
    if not called:
        return FAILED
    return _REASONS.get(called[-1].over.result().reason, FAILED)
