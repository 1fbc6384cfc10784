"""SipLeg: a phone's leg, as the rest of the house sees it."""

import abc
import asyncio
import enum
from collections.abc import Callable
from typing import Final

from mixminus import log
from mixminus.call.leg import LegEnded
from mixminus.errors import MixMinusError
from mixminus.machine import step
from mixminus.mixer import Port, PortMedia
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.sip.messages import Answer, HangUp, Hold, Message, Refer, Reject, Ring
from mixminus.sip.sdp.description import parse
from mixminus.sip.sdp.negotiation import agree

__all__ = ["LEG_TRANSITIONS", "IncomingLeg", "LegEvent", "LegState", "SipLeg"]

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
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class LegEvent(enum.StrEnum):
    RING = enum.auto()
    ANSWER = enum.auto()
    END = enum.auto()


LEG_TRANSITIONS: Final[dict[LegState, dict[LegEvent, LegState]]] = {
    LegState.INCOMING: {
        LegEvent.RING: LegState.RINGING,
        LegEvent.ANSWER: LegState.ANSWERED,
        LegEvent.END: LegState.ENDED,
    },
    LegState.RINGING: {LegEvent.ANSWER: LegState.ANSWERED, LegEvent.END: LegState.ENDED},
    LegState.ANSWERED: {LegEvent.END: LegState.ENDED},
    LegState.ENDED: {},
}


class SipLeg(abc.ABC):
    """Holds the port from the INVITE to the end; the dialog itself lives in a worker.

    Hanging up ends the leg at once: whether the phone confirms the BYE is the
    worker's care.
    """

    def __init__(self, leg_id: LegId, port: Port, send: Callable[[Message], None]) -> None:
        self._id = leg_id
        self._port = port
        self._send = send
        self._media: PortMedia | None = None
        self._ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()

    @property
    def id(self) -> LegId:
        return self._id

    @property
    def port(self) -> Port:
        return self._port

    @property
    def is_over(self) -> bool:
        return self._ended.done()

    @property
    @abc.abstractmethod
    def is_answered(self) -> bool:
        """Whether the call is up."""

    @abc.abstractmethod
    def _end(self) -> None:
        """Note the end in the lifecycle."""

    @abc.abstractmethod
    def _follows_media(self) -> bool:
        """Return whether what an exchange settles is for the port now."""

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        """Send BYE or CANCEL, or refuse what is not answered yet."""
        if not self.is_over:
            self._send(HangUp(self._id))
            self.over(LegEnded(reason, remote=False))

    async def hold(self) -> None:
        """Send a re-INVITE: we do not listen any more."""
        if self.is_answered:
            self._send(Hold(self._id, on=True))

    async def resume(self) -> None:
        """Send a re-INVITE: we listen again."""
        if self.is_answered:
            self._send(Hold(self._id, on=False))

    async def refer(self, uri: str) -> bool:
        """Send a REFER (RFC 3515), if the call is up."""
        if self.is_answered:
            self._send(Refer(self._id, uri))
        return self.is_answered

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

    def over(self, ended: LegEnded) -> None:
        """Close the port and tell who waits; only the first end counts."""
        if not self.is_over:
            self._end()
            self._port.close()
            self._ended.set_result(ended)

    def _configure(self, media: PortMedia) -> None:
        if media != self._media:
            self._media = media
            self._port.configure(media)
            # Whoever sends no events can only send tones; as events, they are not for the room's ears.
            self._port.set_inband_dtmf(media.dtmf_payload_type is None, remove=True)


class IncomingLeg(SipLeg):
    """A leg that a phone has opened: it waits for ring, answer or reject."""

    def __init__(
        self, leg_id: LegId, port: Port, *, media: PortMedia | None, send: Callable[[Message], None]
    ) -> None:
        """``media`` is what our answer to the INVITE's offer means for the port; None if there was no offer."""
        super().__init__(leg_id, port, send)
        self._answered_media = media
        self._state = LegState.INCOMING

    @property
    def is_answered(self) -> bool:
        return self._state is LegState.ANSWERED

    async def ring(self) -> None:
        """Send 180."""
        if self._can(LegEvent.RING):
            self._fire(LegEvent.RING)
            self._send(Ring(self._id))

    async def answer(self) -> None:
        """Send 200, with the port ready for what the phone may send the moment it has it."""
        if not self._can(LegEvent.ANSWER):
            return
        if self._answered_media:
            self._configure(self._answered_media)
        self._fire(LegEvent.ANSWER)
        self._send(Answer(self._id))

    async def reject(self, status_code: int) -> None:
        """Send a refusal; harmless when answered or over."""
        if self._can(LegEvent.ANSWER):
            self._send(Reject(self._id, status_code))
            self.over(LegEnded(_REFUSALS.get(status_code, HangupReason.FAILED), remote=False))

    def _follows_media(self) -> bool:
        """The first exchange is done by ``answer``."""
        return self.is_answered

    def _end(self) -> None:
        self._fire(LegEvent.END)

    def _can(self, event: LegEvent) -> bool:
        return event in LEG_TRANSITIONS[self._state]

    def _fire(self, event: LegEvent) -> None:
        self._state = step(LEG_TRANSITIONS, self._state, event)
