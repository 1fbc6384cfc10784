"""LiveCall: a call that has a leg, as its flow and its verbs see it; gone when the leg is over."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mixminus.call.digits import Digits
from mixminus.call.errors import CallNotProgressing
from mixminus.call.ledger import CallLedger
from mixminus.call.leg import ANYBODY, Caller, Leg, LegEnded, OutgoingLeg
from mixminus.errors import IllegalTransition
from mixminus.mixer import BridgePort, PortClosed
from mixminus.model.call import Call, CallStatus, HangupReason, MuteDirection
from mixminus.model.conference import Role
from mixminus.model.ids import CallId, ConferenceId, LegId

__all__ = ["DialledCall", "LiveCall", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A room that a call is moved into, and what it may be there."""

    conference_id: ConferenceId
    role: Role


class LiveCall:
    """Keeps a leg and its row in step."""

    def __init__(self, call: Call, leg: Leg, ledger: CallLedger, pin: str | None = None) -> None:
        self.id: CallId = call.id
        self.over: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()
        """Done when the leg has ended, whoever ended it."""
        self.up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the call is answered."""
        self.call = call
        """The row as it was last written."""
        self.action: dict[str, Any] = {}
        """What the flow does now; the row learns of it with the next change."""
        self.pin = pin
        """What the caller has brought for the door, if it could say it at once."""
        self.caller: Caller = ANYBODY
        """What is certain of the far end."""
        self.digits = Digits()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the call is over, and whoever has taken its place is gone."""
        self.successor: LiveCall | None = None
        """Who has taken its place."""
        self.released = False
        """No other call's end is its own any more."""
        self.place: Place | None = None
        """The room that it goes to when it gets up from where it sits."""
        self.arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the call is heard in a room."""
        self._leg = leg
        self._ledger = ledger
        self.over.add_done_callback(lambda _: self._follow_successor())

    @property
    def leg_id(self) -> LegId:
        return self._leg.id

    @property
    def port(self) -> BridgePort:
        return self._leg.port

    @property
    def answered(self) -> bool:
        return self.call.status is CallStatus.PROGRESSING

    async def watch(self) -> None:
        """Wait for the leg's end and tell of it."""
        self.over.set_result(await self._leg.ended())

    @property
    def heir(self) -> "LiveCall":
        """Who carries on what this call was for: itself, or the last of those who have taken its place."""
        live = self
        while live.successor:
            live = live.successor
        return live

    def hand_over(self, successor: "LiveCall") -> None:
        """Let another call have this one's place, which that one keeps when this one ends."""
        if successor.heir is not self:  # which has come back to where it was
            self.successor = successor

    def take_place(self) -> Place | None:
        """Return where to go next, and forget it."""
        place, self.place = self.place, None
        return place

    def expect_arrival(self) -> asyncio.Future[None]:
        """Return what is done when the call is heard in another room."""
        self.arrived = asyncio.get_running_loop().create_future()
        return self.arrived

    def note_arrival(self) -> None:
        """Note that the call is heard in a room from now on."""
        if not self.arrived.done():
            self.arrived.set_result(None)

    def _follow_successor(self) -> None:
        if self.successor is None:
            self.gone.set_result(None)
        else:
            self.successor.gone.add_done_callback(lambda _: self.gone.set_result(None))

    async def ring(self) -> None:
        """Tell the caller to wait."""
        await self._leg.ring()

    async def answer(self) -> None:
        """Accept the call, unless that is done."""
        if not self.answered:
            await self._leg.answer()
            await self._note_answered()

    async def _note_answered(self) -> None:
        self.call = await self._ledger.mark_answered(self.id, self.action)
        if not self.up.done():
            self.up.set_result(None)

    async def go_on(self) -> None:
        """Tell that the call has left a room and goes on; one that is ending does not."""
        if not self.over.done():
            self.call = await self._ledger.set_action(self.id, self.action)

    async def set_mute(self, direction: MuteDirection, on: bool) -> None:
        """Mute or unmute; the other bit stays as it is."""
        self.call = await self._ledger.set_muted(self.id, direction, on)
        try:
            self.port.set_muted(MuteDirection.IN in self.call.mute)
            self.port.set_deafened(MuteDirection.OUT in self.call.mute)
        except PortClosed as exc:
            raise CallNotProgressing(f"call {self.id} is ending") from exc

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        """End the call from our side; harmless when it is ending."""
        if not self.over.done():
            self.call = await self._ledger.mark_hanging_up(self.id)
            await self._leg.hang_up(reason)

    async def hold(self) -> None:
        """Put the far end on hold: not heard, and not hearing; CallNotProgressing unless the call is up."""
        self._set_held(True)
        await self._leg.hold()

    async def resume(self) -> None:
        """Take the far end back from hold; CallNotProgressing unless the call is up."""
        self._set_held(False)
        await self._leg.resume()

    async def refer(self, uri: str) -> bool:
        """Ask the far end to call a URI itself; False if it cannot be asked."""
        return await self._leg.refer(uri)

    def _set_held(self, held: bool) -> None:
        if not self.answered:
            raise CallNotProgressing(f"call {self.id} is {self.call.status}")
        try:
            self.port.set_muted(held, by="hold")
            self.port.set_deafened(held, by="hold")
        except PortClosed as exc:
            raise CallNotProgressing(f"call {self.id} is ending") from exc


class DialledCall(LiveCall):
    """A call that we make: the far end rings, and answers."""

    def __init__(self, call: Call, leg: OutgoingLeg, ledger: CallLedger) -> None:
        super().__init__(call, leg, ledger)
        self.rang: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the far end rings."""
        self._outgoing_leg = leg

    async def follow(self) -> None:
        """Write what the far end does until it has answered, or does not any more."""
        with suppress(IllegalTransition):  # taken back meanwhile
            if await self._outgoing_leg.rang():
                self.call = await self._ledger.mark_ringing(self.id)
                self.rang.set_result(None)
            if await self._outgoing_leg.answered():
                await self._note_answered()

    async def ring(self) -> None:
        """Do nothing: it is the other side that rings."""

    async def answer(self) -> None:
        """Wait until the far end has answered, or the call is over."""
        await asyncio.wait((self.up, self.over), return_when=asyncio.FIRST_COMPLETED)

    async def give_up(self) -> None:
        """Take the call back because nobody picks up."""
        if not self.up.done():
            await self._leg.hang_up(HangupReason.DIALOUT)
