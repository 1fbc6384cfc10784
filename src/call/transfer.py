"""TransferService: a call's place in a room goes to somebody else (RFC 5589, api.md section 5.3).

blind, to whom we can call    they are called into the room; when they are heard there, the call ends
blind, to a room              from a room for two: the other one goes there
attended                      of two calls of one phone, one is in a room for two: the other one there goes to the
                              second call's room, and both calls of the phone end
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final
from uuid import UUID

from mixminus.call.dialout import DialoutService, Placed
from mixminus.call.errors import CallNotInRoom, CannotRefer, NobodyToCall, TransferPending
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
    """Nothing is done; why, as a SIP status code."""

    def __init__(self, status_code: int) -> None:
        super().__init__()
        self.status_code = status_code


class TransferService:
    """Implements ``call.leg.Transfers``; each call is handed on once at a time."""

    def __init__(
        self,
        *,
        calls: CallService,
        live_calls: LiveCalls,
        dialout: DialoutService,
        directory: Directory,
        rooms: Rooms,
        participants: ParticipantService,
    ) -> None:
        self._calls = calls
        self._live_calls = live_calls
        self._dialout = dialout
        self._directory = directory
        self._rooms = rooms
        self._participants = participants
        self._busy: set[CallId] = set()
        self._scope = TaskScope(task_failed("call.transfer"))

    async def close(self) -> None:
        """Stop looking after transfers; the calls are left as they are. Closing twice is harmless."""
        await self._scope.close()

    async def transfer(
        self, customer_id: CustomerId, call_id: CallId, addresses: Sequence[Address], *, attended: bool
    ) -> Placed:
        """Call somebody into a call's room; unless ``attended``, the call ends when the first of them is heard there.

        Returns at once. CallNotFound, CallNotInRoom, TransferPending, and what dialling raises.
        """
        await self._calls.get(customer_id, call_id)
        live = self._live_calls.get(call_id)
        if live is None or (seat := self._rooms.seat_of_call(call_id)) is None:
            raise CallNotInRoom(f"call {call_id} is in no room")
        if call_id in self._busy:
            raise TransferPending(f"call {call_id} is being transferred")
        placed = await self._call_into(live, seat, addresses, Role.PARTICIPANT if attended else seat.role)
        if not attended:
            self._spawn(live, self._finish(live, seat, placed))
        return placed

    async def refer(self, customer_id: CustomerId, call_id: CallId, address: Address) -> None:
        """Ask a call's phone to call somebody itself, which is then no call of ours; returns when it is asked.

        CallNotFound, NobodyToCall for what is no SIP address, CannotRefer for a browser or what is not up.
        """
        await self._calls.get(customer_id, call_id)
        target = sip_target(address) if address.type == "sip" else None
        if target is None:
            raise NobodyToCall("a phone is referred to a SIP address")
        live = self._live_calls.get(call_id)
        if live is None or not await live.refer(target.request_uri):
            raise CannotRefer(f"call {call_id} is of nobody who could be referred")

    def asked(self, leg_id: LegId, referral: Referral, tell: Callable[[int], None]) -> None:
        """Do what a phone refers us to, and tell it how that goes on."""
        live = self._live_calls.by_leg(leg_id)
        if live is None or live.over.done():
            return
        if live.id in self._busy:
            tell(PENDING)
            return
        self._spawn(live, self._obey(live, referral, tell))

    def _spawn(self, live: LiveCall, work: Coroutine[Any, Any, Any]) -> None:
        self._busy.add(live.id)
        task = self._scope.spawn(f"transfer {live.id}", work)
        task.add_done_callback(lambda _: self._busy.discard(live.id))

    async def _obey(self, live: LiveCall, referral: Referral, tell: Callable[[int], None]) -> None:
        tell(TRYING)
        try:
            seat = self._rooms.seat_of_call(live.id)
            if seat is None:
                raise _Declined(DECLINED)
            if referral.replaces:
                await self._join_up(live, seat, referral.replaces, tell)
            else:
                await self._refer(live, seat, referral, tell)
        except _Declined as declined:
            log.info("transfer declined", call_id=str(live.id), status_code=declined.status_code)
            tell(declined.status_code)
        except NobodyToCall:
            tell(NOT_FOUND)
        except MixMinusError as error:
            log.warning("transfer failed", call_id=str(live.id), reason=error.reason)
            tell(FAILED)

    async def _refer(
        self, live: LiveCall, seat: Seat, referral: Referral, tell: Callable[[int], None]
    ) -> None:
        """Blind."""
        whom = await self._whom(live, referral)
        if whom.type == "conference":
            place = Place(ConferenceId(UUID(whom.target)), Role.PARTICIPANT)
            await self._send_other(live, seat, place, tell)
            await live.hang_up()
            return
        placed = await self._call_into(live, seat, (whom,), seat.role)
        if not await self._finish(live, seat, placed, tell):
            raise _Declined(_refusal_of(placed.live))

    async def _whom(self, live: LiveCall, referral: Referral) -> Address:
        """Return whom the far end may dial by itself (a room, somebody to be called); _Declined for all others."""
        customer_id = live.call.customer_id
        if not referral.here:
            if live.caller.account_id is None:
                # Calls to anywhere are for those who have logged in: a stranger's would be ours to pay.
                raise _Declined(FORBIDDEN)
            return Address("sip", referral.target)
        routed = await self._directory.route(_far_end(live), referral.target, live.caller)
        if not isinstance(routed, Routed):
            raise _Declined(routed.status_code)
        if routed.customer_id != customer_id:
            raise _Declined(NOT_FOUND)
        if routed.program.flow_id != NIL:
            # Whoever is handed on would have to do what a flow says: that is for those who dial it.
            raise _Declined(DECLINED)
        return routed.destination

    async def _call_into(
        self, live: LiveCall, seat: Seat, addresses: Sequence[Address], role: Role
    ) -> Placed:
        """Call somebody who goes into the room at once, and is there what the role says."""
        join = {"type": "confbridge_join", "option": {"confbridge_id": str(seat.conference.id)}}
        settings = seat.conference.settings
        order = Order(
            destinations=addresses,
            program=Program((join, {"type": "hangup"})),
            source=_far_end(live),
            pin=settings.moderator_pin if role is Role.MODERATOR else settings.pin,
        )
        if len(addresses) > 1:
            return (await self._dialout.ring_together(live.call.customer_id, order))[1]
        return await self._dialout.place(live.call.customer_id, order)

    async def _finish(
        self, live: LiveCall, seat: Seat, placed: Placed, tell: Callable[[int], None] = lambda _: None
    ) -> bool:
        """Let the first who is heard in the room have the call's place; False if nobody comes."""
        room_for_two = seat.conference.type == "connect"
        successor = await self._first(live, placed.live, tell, room_for_two=room_for_two)
        if successor is None:
            return False
        if not live.over.done():
            live.hand_over(successor)
        tell(OK)
        await live.hang_up()
        return True

    async def _first(
        self,
        live: LiveCall,
        called: Sequence[DialledCall],
        tell: Callable[[int], None],
        *,
        room_for_two: bool,
    ) -> DialledCall | None:
        """Return who is heard in the room first; None if all are over before.

        A call that ends meanwhile is no obstacle: whoever is called comes all the same, unless the room was one
        for two, and has ended with it.
        """
        rings: list[asyncio.Future[Any]] = [each.rang for each in called]
        stops: list[asyncio.Future[Any]] = [live.over] if room_for_two else []
        while left := [each for each in called if not each.over.done()]:
            ends = [future for each in left for future in (each.arrived, each.over)]
            await asyncio.wait([*stops, *rings, *ends], return_when=asyncio.FIRST_COMPLETED)
            if here := next((each for each in left if each.arrived.done()), None):
                return here
            if any(each.done() for each in stops):
                stops = []
                for each in left:
                    await each.hang_up()
            if any(each.done() for each in rings):
                rings = []
                tell(RINGING)
        return None

    async def _join_up(
        self, live: LiveCall, seat: Seat, other_leg: LegId, tell: Callable[[int], None]
    ) -> None:
        """Attended: bring together whom the two calls of one phone talk with."""
        other = self._live_calls.by_leg(other_leg)
        if other is None or other is live or other.call.customer_id != live.call.customer_id:
            raise _Declined(UNKNOWN_DIALOG)
        their_seat = self._rooms.seat_of_call(other.id)
        if their_seat is None or their_seat.conference.id == seat.conference.id:
            raise _Declined(DECLINED)
        if their_seat.conference.type == "connect":
            place = Place(seat.conference.id, seat.role)
            live.hand_over(await self._send_other(other, their_seat, place, tell))
        elif seat.conference.type == "connect":
            place = Place(their_seat.conference.id, their_seat.role)
            other.hand_over(await self._send_other(live, seat, place, tell))
        else:
            raise _Declined(DECLINED)
        await live.hang_up()
        await other.hang_up()

    async def _send_other(
        self, live: LiveCall, seat: Seat, place: Place, tell: Callable[[int], None]
    ) -> LiveCall:
        """Move whoever is with a call in a room for two, and return who that is.

        _Declined if it is another room, or nobody is there.
        """
        if seat.conference.type != "connect":
            raise _Declined(DECLINED)
        room = self._rooms.find(seat.conference.id)
        for their_seat in room.seats.values() if room else ():
            other = self._live_calls.get(their_seat.call_id)
            if their_seat.joined and other and other is not live:
                break
        else:
            raise _Declined(UNAVAILABLE)
        arrived, other.place, other.released = other.expect_arrival(), place, True
        live.hand_over(other)
        # The room for two ends when one has left it, and with it this call: it is to be told before.
        tell(OK)
        await self._participants.kick(live.call.customer_id, their_seat.id)
        await asyncio.wait((arrived, other.over), return_when=asyncio.FIRST_COMPLETED)
        return other


def _far_end(live: LiveCall) -> Address:
    return live.call.source if live.call.direction == "incoming" else live.call.destination


def _refusal_of(called: Sequence[DialledCall]) -> int:
    """Return the SIP status that says why nobody has come."""
    if not called:
        return FAILED
    return _REASONS.get(called[-1].over.result().reason, FAILED)
