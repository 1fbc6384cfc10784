"""ReplacementService: a phone's INVITE with Replaces takes over another call's place in a room (RFC 3891).

So ends an attended transfer among phones: the phone that is transferred to calls us, in place
of the one that transfers. The new call joins the room; when it is heard there, the replaced one is hung up.
"""

import asyncio
from typing import Final

from mixminus.call.leg import Address, Caller, Leg
from mixminus.call.live import LiveCall
from mixminus.call.registry import LiveCalls
from mixminus.call.routing import AudioTerms, Directory, Program, Routed
from mixminus.call.service import CallService
from mixminus.conference.room import Rooms
from mixminus.log import get, task_failed
from mixminus.model.call import HangupReason
from mixminus.model.conference import Role
from mixminus.model.ids import LegId
from mixminus.tasks import TaskScope

__all__ = ["ReplacementService"]

FORBIDDEN: Final = 403
UNKNOWN_DIALOG: Final = 481
NOT_ACCEPTABLE: Final = 488
DECLINED: Final = 603

log = get("call.replacement")


class ReplacementService:
    """Implements ``call.leg.Replacements``."""

    def __init__(
        self, *, calls: CallService, live_calls: LiveCalls, directory: Directory, rooms: Rooms
    ) -> None:
        self._calls = calls
        self._live_calls = live_calls
        self._directory = directory
        self._rooms = rooms
        self._scope = TaskScope(task_failed("call.replacement"))

    async def close(self) -> None:
        """Stop all replacements; calls stay as they are. Closing twice is harmless."""
        await self._scope.close()

    async def replace(self, leg: Leg, replaced_leg: LegId, *, source: Address, caller: Caller) -> None:
        """Let a new leg take the place of another one; returns at once. A leg that may not is rejected."""
        replaced = self._live_calls.by_leg(replaced_leg)
        if replaced is None or replaced.over.done():
            await leg.reject(UNKNOWN_DIALOG)
        elif not await self._is_allowed(replaced, caller):
            log.warning("replacement forbidden", call_id=str(replaced.id))
            await leg.reject(FORBIDDEN)
        elif (seat := self._rooms.seat_of_call(replaced.id)) is None:
            await leg.reject(DECLINED)
        elif not leg.apply_srtp((terms := await self._terms(replaced, caller)).srtp):
            await leg.reject(NOT_ACCEPTABLE)
        else:
            leg.set_media_timeout(terms.media_timeout_s)
            settings = seat.conference.settings
            pin = settings.moderator_pin if seat.role is Role.MODERATOR else settings.pin
            join = {"type": "confbridge_join", "option": {"confbridge_id": str(seat.conference.id)}}
            program = Program((join, {"type": "hangup"}))
            destination = Address("conference", str(seat.conference.id))
            routed = Routed(replaced.call.customer_id, program, source, destination)
            live = await self._calls.admit(leg, routed, caller=caller, pin=pin)
            self._scope.spawn(f"replacement {live.id}", _take_over(live, replaced))

    async def _terms(self, replaced: LiveCall, caller: Caller) -> AudioTerms:
        return await self._directory.terms_of(caller, replaced.call.customer_id)

    async def _is_allowed(self, replaced: LiveCall, caller: Caller) -> bool:
        """Return whether a caller may replace a call: the dialog's names are secret, but not on an open network.

        The call of an account is replaced by accounts of the same customer only.
        """
        if replaced.caller.account_id is None:
            return True
        return await self._directory.customer_of(caller) == replaced.call.customer_id


async def _take_over(live: LiveCall, replaced: LiveCall) -> None:
    await asyncio.wait((live.arrived, live.over), return_when=asyncio.FIRST_COMPLETED)
    if live.arrived.done():
        if not replaced.over.done():
            replaced.hand_over(live)
        await replaced.hang_up(HangupReason.NORMAL)
