"""SipLeg: a phone's leg, as the rest of the house sees it."""

import asyncio
import enum
from collections.abc import Callable
from typing import Final

from mixminus import log
from mixminus.call.leg import LegEnded
from mixminus.call.states import HangupReason
from mixminus.errors import MixMinusError
from mixminus.ids import LegId
from mixminus.machine import step
from mixminus.mixer import Port, PortMedia
from mixminus.sip.messages import Answer, HangUp, Hold, Message, Reject, Ring
from mixminus.sip.sdp.description import parse
from mixminus.sip.sdp.negotiation import LocalEnd, agree, make_answer

__all__ = ["LEG_TRANSITIONS", "DialledLeg", "LegEvent", "LegState", "SipLeg"]

# RFC 3261 sections 21.4.9, 21.4.18, 21.6.1
_REFUSALS: Final = {
    408: HangupReason.TIMEOUT,
    480: HangupReason.NOANSWER,
    486: HangupReason.BUSY,
    600: HangupReason.BUSY,
}

_log = log.get("sip.leg")


class LegState(enum.StrEnum):
    INCOMING = enum.auto()
    RINGING = enum.auto()
    DIALLING = enum.auto()
    PROCEEDING = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class LegEvent(enum.StrEnum):
    RING = enum.auto()
    ANSWER = enum.auto()
    RANG = enum.auto()
    ACCEPTED = enum.auto()
    END = enum.auto()


LEG_TRANSITIONS: Final[dict[LegState, dict[LegEvent, LegState]]] = {
    LegState.INCOMING: {
        LegEvent.RING: LegState.RINGING,
        LegEvent.ANSWER: LegState.ANSWERED,
        LegEvent.END: LegState.ENDED,
    },
    LegState.RINGING: {LegEvent.ANSWER: LegState.ANSWERED, LegEvent.END: LegState.ENDED},
    LegState.DIALLING: {
        LegEvent.RANG: LegState.PROCEEDING,
        LegEvent.ACCEPTED: LegState.ANSWERED,
        LegEvent.END: LegState.ENDED,
    },
    LegState.PROCEEDING: {LegEvent.ACCEPTED: LegState.ANSWERED, LegEvent.END: LegState.ENDED},
    LegState.ANSWERED: {LegEvent.END: LegState.ENDED},
    LegState.ENDED: {},
}


class SipLeg:
    """Holds the port from the INVITE to the end; the dialog itself lives in a worker.

    Hanging up ends the leg at once: whether the phone confirms the BYE is the
    worker's care.
    """

    _first_state = LegState.INCOMING

    def __init__(
        self, leg_id: LegId, port: Port, local: LocalEnd, *, offer: str, send: Callable[[Message], None]
    ) -> None:
        self._id = leg_id
        self._port = port
        self._local = local
        self._offer = offer
        self._send = send
        self._state = self._first_state
        self._media: PortMedia | None = None
        self._ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()

    @property
    def id(self) -> LegId:
        return self._id

    @property
    def port(self) -> Port:
        return self._port

    async def ring(self) -> None:
        """Send 180."""
        if self._can(LegEvent.RING):
            self._fire(LegEvent.RING)
            self._send(Ring(self._id))

    async def answer(self) -> None:
        """Send 200, with the port ready for what the phone may send the moment it has it."""
        if not self._can(LegEvent.ANSWER):
            return
        if self._offer:
            offer = parse(self._offer)
            self._configure(agree(make_answer(self._local, offer), offer))
        self._fire(LegEvent.ANSWER)
        self._send(Answer(self._id))

    async def reject(self, status_code: int) -> None:
        """Send a refusal; harmless when answered or over."""
        if self._can(LegEvent.ANSWER):
            self._send(Reject(self._id, status_code))
            self.over(LegEnded(_REFUSALS.get(status_code, HangupReason.FAILED), remote=False))

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        """Send BYE, or refuse what is not answered yet."""
        if self._can(LegEvent.END):
            self._send(HangUp(self._id))
            self.over(LegEnded(reason, remote=False))

    async def hold(self) -> None:
        """Send a re-INVITE: we do not listen any more."""
        await self._hold(on=True)

    async def resume(self) -> None:
        """Send a re-INVITE: we listen again."""
        await self._hold(on=False)

    async def _hold(self, *, on: bool) -> None:
        if self._state is LegState.ANSWERED:
            self._send(Hold(self._id, on))

    async def ended(self) -> LegEnded:
        """Wait for the end."""
        # Shielded: a waiter that gives up must not take the future from the others.
        return await asyncio.shield(self._ended)

    async def media_agreed(self, local_sdp: str, remote_sdp: str) -> None:
        """Follow an exchange of descriptions; one that the port cannot follow ends the leg."""
        if not self._follows_media():
            return
        try:
            self._configure(agree(parse(local_sdp), parse(remote_sdp)))
        except MixMinusError as error:
            _log.warning("description unusable", leg=str(self._id), reason=error.reason)
            await self.hang_up(HangupReason.FAILED)

    def _follows_media(self) -> bool:
        """An incoming call's first exchange is done by ``answer``."""
        return self._state is LegState.ANSWERED

    def over(self, ended: LegEnded) -> None:
        """Close the port and tell who waits; only the first end counts."""
        if self._can(LegEvent.END):
            self._fire(LegEvent.END)
            self._port.close()
            self._ended.set_result(ended)

    def _configure(self, media: PortMedia) -> None:
        if media != self._media:
            self._media = media
            self._port.configure(media)

    def _can(self, event: LegEvent) -> bool:
        return event in LEG_TRANSITIONS[self._state]

    def _fire(self, event: LegEvent) -> None:
        self._state = step(LEG_TRANSITIONS, self._state, event)


class DialledLeg(SipLeg):
    """A leg that we have opened; early media goes to its port as it comes."""

    _first_state = LegState.DIALLING

    def __init__(self, leg_id: LegId, port: Port, local: LocalEnd, *, send: Callable[[Message], None]) -> None:
        super().__init__(leg_id, port, local, offer="", send=send)
        self._rang: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def is_answered(self) -> bool:
        return self._state is LegState.ANSWERED

    @property
    def is_over(self) -> bool:
        return self._state is LegState.ENDED

    async def rang(self) -> bool:
        """Wait until it rings or is answered; False if it is over before."""
        return await asyncio.shield(self._rang)

    async def answered(self) -> bool:
        """Wait until it is answered; False if it is over before."""
        return await asyncio.shield(self._answered)

    def note_ringing(self) -> None:
        """The far end has sent an 18x."""
        if self._can(LegEvent.RANG):
            self._fire(LegEvent.RANG)
            self._settle(self._rang, True)

    def note_answered(self) -> None:
        """The far end has sent a 2xx."""
        if self._can(LegEvent.ACCEPTED):
            self._fire(LegEvent.ACCEPTED)
            self._settle(self._rang, True)
            self._settle(self._answered, True)

    def over(self, ended: LegEnded) -> None:
        """Close the port and tell who waits; only the first end counts."""
        self._settle(self._rang, False)
        self._settle(self._answered, False)
        super().over(ended)

    def _follows_media(self) -> bool:
        return self._state is not LegState.ENDED

    @staticmethod
    def _settle(future: asyncio.Future[bool], value: bool) -> None:
        if not future.done():
            future.set_result(value)
