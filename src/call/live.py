"""LiveCall: a call that has a leg, as its flow and the API's operations see it; it ends with the leg.

Its status is that of its row (``model.call.CALL_TRANSITIONS``), which only ``CallLedger`` changes. What a
transfer adds: a successor that takes over the call's purpose, and a room that the call is moved to.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mixminus.call.digits import Digits
from mixminus.call.errors import CallNotProgressing
from mixminus.call.ledger import ENDING, CallLedger
from mixminus.call.leg import ANONYMOUS, Caller, Leg, LegEnded, OutgoingLeg, Transport
from mixminus.conference.room import Seat
from mixminus.errors import IllegalTransition
from mixminus.mixer import BridgePort, PortClosed
from mixminus.model.call import Answered, Call, CallStatus, HangupReason, MuteDirection
from mixminus.model.conference import Role
from mixminus.model.ids import CallId, ConferenceId, LegId
from mixminus.model.signalling import MAX_FORWARDS, NO_HEADERS
from mixminus.store.database import Transaction, Write, write_nothing
from mixminus.telemetry import current_span

__all__ = ["DialledCall", "LiveCall", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A room that a call is moved to, and its role there."""

    conference_id: ConferenceId
    role: Role
    seat: Seat | None = None
    """The seat that is reserved there, if any."""


class LiveCall:
    """Keeps a leg and its row in step. Other modules change it through its methods only."""

    def __init__(
        self, call: Call, leg: Leg, ledger: CallLedger, *, pin: str | None = None, caller: Caller = ANONYMOUS
    ) -> None:
        """``pin`` is the room's pin if the transport has sent it; ``caller`` is what it has authenticated."""
        self.id: CallId = call.id
        self.call = call
        """The row as it was last written."""
        self.pin = pin
        self.caller = caller
        self.max_forwards = MAX_FORWARDS
        """How many hops the calls that this one leads to may take together with it."""
        self.digits = Digits()
        loop = asyncio.get_running_loop()
        self.up: asyncio.Future[None] = loop.create_future()
        """Done when the call is answered."""
        self.over: asyncio.Future[LegEnded] = loop.create_future()
        """Done when the leg has ended."""
        self.gone: asyncio.Future[None] = loop.create_future()
        """Done when the call and its successors are over."""
        self.arrived: asyncio.Future[None] = loop.create_future()
        """Done when the call's audio is connected in a room."""
        self._leg = leg
        self._ledger = ledger
        self._action: Mapping[str, Any] = {}
        self._unwritten: dict[str, Any] | None = None
        """The flow's action when the call was answered, until that is written."""
        self._successor: LiveCall | None = None
        self._moved = False
        self._next_place: Place | None = None
        self.over.add_done_callback(lambda _: self._follow_successor())

    @property
    def leg_id(self) -> LegId:
        return self._leg.id

    @property
    def transport(self) -> Transport:
        return self._leg.transport

    @property
    def port(self) -> BridgePort:
        return self._leg.port

    @property
    def shown_name(self) -> str:
        """The name that the party gives itself, unverified, or its number or address."""
        is_called = self.call.direction == "outgoing"
        party = self.call.destination if is_called else self.call.source
        return party.name or party.target_name or party.target

    @property
    def answered(self) -> bool:
        return self.unwritten or self.call.status is CallStatus.PROGRESSING

    @property
    def unwritten(self) -> bool:
        """Whether the call is answered, and that is not written yet."""
        return self._unwritten is not None

    @property
    def action(self) -> dict[str, Any]:
        """The action that the flow executes; the row gets it with the call's next change."""
        return dict(self._action)

    def set_action(self, action: Mapping[str, Any]) -> None:
        """Set the action that the flow executes."""
        self._action = action

    @property
    def moved(self) -> bool:
        """Whether a transfer has moved the call: it no longer ends with the call that it was chained to."""
        return self._moved

    @property
    def last_successor(self) -> "LiveCall":
        """The call that now serves this call's purpose: itself, or the last in its chain of successors."""
        live = self
        while live._successor:
            live = live._successor
        return live

    def hand_over(self, successor: "LiveCall") -> None:
        """Let another call take over this call's purpose, and keep it when this call ends."""
        if successor.last_successor is not self:  # it would be its own successor
            self._successor = successor

    def move_to(self, place: Place) -> asyncio.Future[None]:
        """Set the room that the call enters when it leaves its room.

        The future that is returned is done when the call is heard there.
        """
        self._next_place, self._moved = place, True
        self.arrived = asyncio.get_running_loop().create_future()
        return self.arrived

    @property
    def next_place(self) -> Place | None:
        """The room that the call is moved to, until it is taken."""
        return self._next_place

    def take_next_place(self) -> Place | None:
        """Return and clear the room that the call is moved to."""
        place, self._next_place = self._next_place, None
        return place

    def mark_arrived(self) -> None:
        """Note that the call's audio is connected in a room."""
        if not self.arrived.done():
            self.arrived.set_result(None)

    async def watch(self) -> None:
        """Wait for the end of the leg, and complete ``over``."""
        self.over.set_result(await self._leg.ended())

    async def ring(self) -> None:
        """Signal ringing to the caller."""
        await self._leg.ring()

    async def open_early_media(self) -> bool:
        """Let the caller hear audio before the answer; False if it cannot, and hears nothing before."""
        return self.answered or await self._leg.open_early_media()

    async def answer(
        self, headers: Mapping[str, str] = NO_HEADERS, *, early: bool = False, later: bool = False
    ) -> None:
        """Answer the call; harmless when it is answered.

        With ``early`` the caller only hears what is played from now on, if that is possible. With ``later`` it is left to
        who calls this to write that the call is answered, with what comes next (``write_answer``).
        """
        if early and await self.open_early_media():
            return
        if not self.answered:
            with current_span().child("answer"):
                await self._leg.answer(headers)
            self._unwritten = self.action
        if not later:
            await self._write_answer_now()

    async def write_answer(self, tx: Transaction) -> Call:
        """Write that the call is answered, unless that is written; return the row as it is then."""
        if self._unwritten is None:
            return self.call
        call = await self._ledger.mark_answered(self.id, self._unwritten, self.call, tx=tx)
        tx.after_commit(lambda: self._note_answered(call))
        return call

    async def publish_action(self) -> None:
        """Write and publish the current action after the call has left a room; not if it is ending."""
        if not self.over.done():
            self.call = await self._ledger.set_action(self.id, self.action, self.call)

    async def set_mute(self, direction: MuteDirection, on: bool) -> None:
        """Mute or unmute one or both directions; CallNotProgressing unless the call is answered."""
        await self._write_answer_now()
        self.call = await self._ledger.set_muted(self.id, direction, on)
        try:
            self.port.set_muted(MuteDirection.IN in self.call.mute)
            self.port.set_deafened(MuteDirection.OUT in self.call.mute)
        except PortClosed as exc:
            raise CallNotProgressing(f"call {self.id} is ending") from exc

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """Hang up; harmless when the call is ending."""
        if not self.over.done():
            try:
                with suppress(IllegalTransition):  # another node has written its end
                    await self._write_answer_now()
                if self.call.status not in ENDING:
                    self.call = await self._ledger.mark_hanging_up(self.id, self.call)
            finally:  # a database that is away must not keep a phone in the call
                await self._leg.hang_up(reason, headers)

    async def write_end(self, tx: Transaction) -> None:
        """Write, with the end of its flow, that the call is hung up, or has ended."""
        known = self.call
        with suppress(IllegalTransition):  # another node has written its end
            known = await self.write_answer(tx)
        if self.over.done():
            call = await self._ledger.mark_ended(self.id, self.over.result(), self.action, known, tx)
        else:
            call = await self._ledger.mark_hanging_up(self.id, known, tx)
        tx.after_commit(lambda: setattr(self, "call", call))

    async def set_answered_by(self, found: Answered, tx: Transaction) -> None:
        """Write what answering machine detection has heard."""
        call = await self._ledger.set_answered_by(self.id, found, self.call, tx)
        tx.after_commit(lambda: setattr(self, "call", call))

    async def finish(self) -> None:
        """Wait for the end of the leg, and write it unless that is done."""
        ended = await self.over
        if self.call.status is not CallStatus.HANGUP:
            self.call = await self._ledger.write_ended(self.id, ended, self.action, self.call)

    async def hold(self) -> None:
        """Put the far end on hold: it is not heard and does not hear; CallNotProgressing unless answered."""
        self._set_held(True)
        await self._leg.hold()

    async def resume(self) -> None:
        """Take the far end off hold; CallNotProgressing unless answered."""
        self._set_held(False)
        await self._leg.resume()

    def send_text(self, text: str) -> bool:
        """Show a text at the far end; False if it cannot be shown."""
        return self._leg.send_text(text)

    async def responds(self) -> bool:
        """Ask the far end by signalling whether it is there."""
        return await self._leg.responds()

    async def refer(self, uri: str) -> bool:
        """Ask the far end to call a URI (REFER); False if its transport cannot be asked."""
        return await self._leg.refer(uri)

    async def _write_answer_now(self) -> None:
        """Write that the call is answered, unless that is written."""
        if self._unwritten is not None:
            self._note_answered(await self._ledger.mark_answered(self.id, self._unwritten, self.call))

    def _note_answered(self, call: Call) -> None:
        self.call, self._unwritten = call, None
        if not self.up.done():
            self.up.set_result(None)

    def _follow_successor(self) -> None:
        if self._successor is None:
            self.gone.set_result(None)
        else:
            self._successor.gone.add_done_callback(lambda _: self.gone.set_result(None))

    def _set_held(self, held: bool) -> None:
        if not self.answered:
            raise CallNotProgressing(
                f"call {self.id} is {self.call.status}; this requires a call that is progressing"
            )
        try:
            self.port.set_muted(held, by="hold")
            self.port.set_deafened(held, by="hold")
        except PortClosed as exc:
            raise CallNotProgressing(f"call {self.id} is ending") from exc


class DialledCall(LiveCall):
    """An outgoing call: the far end rings and answers."""

    def __init__(
        self,
        call: Call,
        leg: OutgoingLeg,
        ledger: CallLedger,
        *,
        pin: str | None = None,
        caller: Caller = ANONYMOUS,
    ) -> None:
        super().__init__(call, leg, ledger, pin=pin, caller=caller)
        self.rang: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the far end rings."""
        self._outgoing_leg = leg

    async def follow(self, then: Write = write_nothing) -> None:
        """Write that the far end rings and answers, as it happens; return when it has, or the leg is over.

        ``then`` is written with the answer, after it.
        """
        with suppress(IllegalTransition):  # hung up in the meantime
            if await self._outgoing_leg.rang():
                self.call = await self._ledger.mark_ringing(self.id)
                self.rang.set_result(None)
            if await self._outgoing_leg.answered():
                self._note_answered(await self._ledger.mark_answered(self.id, self.action, self.call, then))

    async def ring(self) -> None:
        """Do nothing: the far end rings."""

    async def early_media(self) -> bool:
        """Wait until the far end sends audio before it answers; False if it answers or ends before."""
        return await self._outgoing_leg.early_media()

    async def answer(
        self, headers: Mapping[str, str] = NO_HEADERS, *, early: bool = False, later: bool = False
    ) -> None:
        """Wait until the far end has answered, or the call is over."""
        if not self.up.done():
            with current_span().child("answer"):
                await asyncio.wait((self.up, self.over), return_when=asyncio.FIRST_COMPLETED)

    async def give_up(self) -> None:
        """Hang up a call that is not answered, with the reason ``dialout``."""
        if not self.up.done():
            await self._leg.hang_up(HangupReason.DIALOUT)
