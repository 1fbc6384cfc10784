"""SipLeg: a phone's leg, as calls see it (``call.leg.Leg``), and the leg of a phone that calls us."""

import abc
import asyncio
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from mixminus import log
from mixminus.call.leg import LegEnded, Transport, measured
from mixminus.call.secure_media import SecureMedia
from mixminus.errors import MixMinusError
from mixminus.machine import step
from mixminus.mixer import MediaDirection, Port, PortMedia
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.model.signalling import NO_HEADERS
from mixminus.model.srtp import SrtpPolicy
from mixminus.sip.endings import GONE, rejected
from mixminus.sip.incoming_media import IncomingMedia
from mixminus.sip.internal_headers import OWN_WARNING
from mixminus.sip.media_hosts import opens_to_any_host
from mixminus.sip.messages import (
    Answer,
    Ask,
    HangUp,
    HeaderFields,
    Hold,
    Message,
    Progress,
    Refer,
    Reject,
    Ring,
)
from mixminus.sip.sdp.agreement import NotAcceptable, agree, secure_exchange
from mixminus.sip.sdp.description import parse
from mixminus.sip.sdp.negotiation import LocalEnd

__all__ = [
    "LEG_TRANSITIONS",
    "IncomingLeg",
    "LegEvent",
    "LegState",
    "Session",
    "SipLeg",
]

_OK: Final = 200
_BYE_GRACE_S: Final = 2.0
_RESPONSE_S: Final = 5.0
"""Several retransmissions (RFC 3261 section 17.1.2.2)."""
_SRTP_WARNINGS: Final = {
    "required": "SRTP is required here: offer RTP/SAVP with a=crypto, or UDP/TLS/RTP/SAVPF",
    "never": "SRTP is not accepted here: offer RTP/AVP",
}

_log = log.get("sip.leg")


class LegState(enum.StrEnum):
    INCOMING = enum.auto()
    RINGING = enum.auto()
    EARLY = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class LegEvent(enum.StrEnum):
    RING = enum.auto()
    PROGRESS = enum.auto()
    ANSWER = enum.auto()
    END = enum.auto()


LEG_TRANSITIONS: Final[dict[LegState, dict[LegEvent, LegState]]] = {
    LegState.INCOMING: {
        LegEvent.RING: LegState.RINGING,
        LegEvent.PROGRESS: LegState.EARLY,
        LegEvent.ANSWER: LegState.ANSWERED,
        LegEvent.END: LegState.ENDED,
    },
    LegState.RINGING: {
        LegEvent.PROGRESS: LegState.EARLY,
        LegEvent.ANSWER: LegState.ANSWERED,
        LegEvent.END: LegState.ENDED,
    },
    LegState.EARLY: {LegEvent.ANSWER: LegState.ANSWERED, LegEvent.END: LegState.ENDED},
    LegState.ANSWERED: {LegEvent.END: LegState.ENDED},
    LegState.ENDED: {},
}


@dataclass(slots=True)
class Session:
    """The session of a leg: our end, what was agreed on last, and whether we hold the phone."""

    local: LocalEnd | None = None
    agreed: tuple[str, str] = field(default=("", ""), repr=False)
    """Our description and the phone's."""
    held: bool = False


class SipLeg(abc.ABC):
    """Holds the port from the INVITE to the end; the dialog itself lives in a worker.

    Hanging up ends the leg at once; the worker repeats the BYE until the phone confirms it.
    """

    given_up_code: ClassVar[int] = 480
    """The final status code of an INVITE that this server gives up before the answer."""

    def __init__(
        self, leg_id: LegId, port: Port, send: Callable[[Message], None], secure: SecureMedia | None = None
    ) -> None:
        """``secure`` is the path of a leg whose audio goes by ICE and DTLS-SRTP; it owns the port."""
        self._id = leg_id
        self._port = port
        self._send = send
        self._media: PortMedia | None = None
        self._secure = secure
        if secure:
            secure.watch(self._media_lost)
        self.session = Session()
        """What another worker needs to continue the call."""
        self._has_listened = False
        """Whether the far end has ever accepted our audio: one that never does is a source, not on hold."""
        self.on_hold_changed: Callable[[bool], None] = lambda _: None
        """Called when the far end puts the call on hold, and when it ends that."""
        self._signalling_hosts: tuple[str, ...] = ()
        self._media_timeout_ms = 0
        self._response: asyncio.Future[bool] | None = None
        """Whether the phone knows the call, as its response to OPTIONS will show."""
        self._ended: asyncio.Future[LegEnded] = asyncio.get_running_loop().create_future()

    @property
    def id(self) -> LegId:
        return self._id

    @property
    def transport(self) -> Transport:
        return "sip"

    @property
    def port(self) -> Port:
        return self._port

    @property
    def is_ended(self) -> bool:
        return self._ended.done()

    @property
    @abc.abstractmethod
    def is_answered(self) -> bool:
        """Whether the call is answered and not over."""

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        """Return True: what an outgoing call offers is decided when it is dialled."""
        return True

    def set_media_timeout(self, timeout_s: int) -> None:
        """Wait this long for audio or reports before the far end is asked; 0 for the server's time."""
        self._media_timeout_ms = timeout_s * 1000

    @abc.abstractmethod
    def _end(self) -> None:
        """Fire the lifecycle's end event."""

    @abc.abstractmethod
    def _follows_media(self) -> bool:
        """Return whether the port follows the result of an offer/answer exchange now."""

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """Send BYE or CANCEL, or refuse an unanswered incoming call."""
        if not self.is_ended:
            self._send(HangUp(self._id, tuple(headers.items())))
            code = _OK if self.is_answered else self.given_up_code
            self.set_ended(LegEnded(reason, remote=False, sip_code=code))

    async def hold(self) -> None:
        """Put the phone on hold by a re-INVITE."""
        if self.is_answered:
            self.session.held = True
            self._send(Hold(self._id, on=True))

    async def resume(self) -> None:
        """Take the phone off hold by a re-INVITE."""
        if self.is_answered:
            self.session.held = False
            self._send(Hold(self._id, on=False))

    async def refer(self, uri: str) -> bool:
        """Send a REFER (RFC 3515); return False if the call is not answered."""
        if self.is_answered:
            self._send(Refer(self._id, uri))
        return self.is_answered

    async def responds(self) -> bool:
        """Send OPTIONS within the call; return False if no response comes in time, or one that knows no such call."""
        if self.is_ended:
            return False
        if self._response is None or self._response.done():
            self._response = asyncio.get_running_loop().create_future()
            self._send(Ask(self._id))
        try:
            async with asyncio.timeout(_RESPONSE_S):
                return await asyncio.shield(self._response)
        except TimeoutError:
            return False

    def on_response(self, status_code: int) -> None:
        """Take the phone's response to OPTIONS."""
        if self._response and not self._response.done():
            self._response.set_result(status_code not in GONE)

    async def ended(self) -> LegEnded:
        """Wait for the end."""
        # Shielded: cancelling one waiter must not cancel the future for the others.
        return await asyncio.shield(self._ended)

    async def media_agreed(self, local_sdp: str, remote_sdp: str) -> None:
        """Configure the port by an offer/answer exchange; end the leg if the port cannot follow it."""
        if self.session.agreed == (local_sdp, remote_sdp):
            return
        self.session.agreed = (local_sdp, remote_sdp)
        if not self._follows_media():
            return
        try:
            local, remote = parse(local_sdp), parse(remote_sdp)
            media = agree(local, remote)
            if self._secure:
                self._secure.agree(secure_exchange(local, remote))
            self._configure(media)
        except MixMinusError as error:
            _log.warning("description unusable", leg=str(self._id), reason=error.reason)
            await self.hang_up(HangupReason.FAILED)

    def set_signalling_hosts(self, hosts: tuple[str, ...]) -> None:
        """Take the addresses that the phone's newest message names: its audio may come from there."""
        self._signalling_hosts = hosts
        if (media := self._newest_media()) and not self.is_ended:
            self._configure(media)

    def _newest_media(self) -> PortMedia | None:
        return self._media

    def set_ended(self, ended: LegEnded) -> None:
        """Close the port and release the waiters; only the first end counts."""
        if not self.is_ended:
            self._end()
            ended = replace(ended, transport=self.transport, media=measured(self._port))
            (self._secure or self._port).close()
            self._ended.set_result(ended)

    def _configure(self, media: PortMedia) -> None:
        media = replace(
            media,
            signalling_hosts=self._signalling_hosts,
            opens_to_any_host=opens_to_any_host(media.remote, self._signalling_hosts),
            media_timeout_ms=self._media_timeout_ms,
        )
        if media != self._media:
            self._media = media
            self._apply(media)
            # Without telephone-event a phone sends tones: they become events and are removed from the audio.
            self._port.set_inband_dtmf(media.dtmf_payload_type is None, remove=True)
            self._follow_hold(media.direction)

    def _follow_hold(self, direction: MediaDirection) -> None:
        """Hold is a change: the far end accepts our audio no longer (RFC 3264 section 8.4)."""
        self._has_listened |= direction.sends
        on_hold = self._has_listened and not direction.sends
        if on_hold is not self._port.on_hold:
            self.on_hold_changed(on_hold)

    def _apply(self, media: PortMedia) -> None:
        """Configure the port: at once, or once its keys are there."""
        (self._secure or self._port).configure(media)

    async def _media_lost(self, reason: HangupReason) -> None:
        """End the leg when ICE or DTLS has; a phone that closes DTLS sends its BYE at the same time."""
        if reason is HangupReason.NORMAL:
            await asyncio.sleep(_BYE_GRACE_S)
        await self.hang_up(reason)


class IncomingLeg(SipLeg):
    """A leg that a phone has opened; it waits for ring, answer or reject."""

    def __init__(
        self,
        leg_id: LegId,
        port: Port,
        *,
        media: IncomingMedia,
        send: Callable[[Message], None],
        signalling_hosts: tuple[str, ...] = (),
        verified: bool = False,
        secure: SecureMedia | None = None,
    ) -> None:
        """``media`` has made our answer to the INVITE's offer.

        ``signalling_hosts`` are the addresses that the INVITE names; ``verified`` if the one that sent it has proved
        to receive what is sent to it.
        """
        super().__init__(leg_id, port, send, secure)
        self._signalling_hosts = signalling_hosts
        self._answer = media
        self._warning: HeaderFields = ()
        """What a refusal says beside its status code (RFC 3261 section 20.43)."""
        self._may_send = verified
        self._unsent: PortMedia | None = None
        self._state = LegState.INCOMING

    @property
    def is_answered(self) -> bool:
        return self._state is LegState.ANSWERED

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        """Hold the call to a policy; False if its offer does not allow that, which a refusal then says."""
        if not policy or policy == "optional" or self._secure or not self._can(LegEvent.RING):
            return True
        try:
            attach = self._answer.describe(policy)
        except NotAcceptable:
            self._warning = (("Warning", f'{OWN_WARNING}"{_SRTP_WARNINGS[policy]}"'),)
            return False
        self.session.local = attach.local
        self._send(attach)
        return True

    async def ring(self) -> None:
        """Send 180."""
        if self._can(LegEvent.RING):
            self._fire(LegEvent.RING)
            self._send(Ring(self._id))

    async def open_early_media(self) -> bool:
        """Configure the port and send 183 with our answer; False if the INVITE has no offer."""
        if self._answer.agreed is None:
            return False
        if self._can(LegEvent.PROGRESS):
            self._configure(self._answer.agreed)
            self._fire(LegEvent.PROGRESS)
            self._send(Progress(self._id))
        return self._state in (LegState.EARLY, LegState.ANSWERED)

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Configure the port, then send 200: the phone may send media at once."""
        if not self._can(LegEvent.ANSWER):
            return
        if self._answer.agreed:
            # Again after early media: the media timeout starts now.
            self._media = None
            self._configure(self._answer.agreed)
        self._fire(LegEvent.ANSWER)
        self._send(Answer(self._id, tuple(headers.items())))

    async def reject(self, status_code: int) -> None:
        """Send a refusal; does nothing once answered or over."""
        if self._can(LegEvent.ANSWER):
            self._send(Reject(self._id, status_code, self._warning))
            self.set_ended(rejected(status_code))

    def _newest_media(self) -> PortMedia | None:
        return self._unsent

    def on_confirmed(self) -> None:
        """Take the phone's ACK or PRACK: from now on audio is sent."""
        self._may_send = True
        if self._unsent and self._follows_media():
            super()._configure(self._unsent)

    def _configure(self, media: PortMedia) -> None:
        """Receive at once, but send nothing before the phone has acknowledged something: a source may be forged.

        ICE asks for consent by itself (RFC 7675).
        """
        self._unsent = media
        if not (self._may_send or self._secure):
            silent = MediaDirection.RECVONLY if media.direction.receives else MediaDirection.INACTIVE
            media = replace(media, direction=silent)
        super()._configure(media)

    def _follows_media(self) -> bool:
        """``answer`` or ``open_early_media`` has configured the port by the first exchange."""
        return self._state in (LegState.EARLY, LegState.ANSWERED)

    def _end(self) -> None:
        self._fire(LegEvent.END)

    def _can(self, event: LegEvent) -> bool:
        return event in LEG_TRANSITIONS[self._state]

    def _fire(self, event: LegEvent) -> None:
        self._state = step(LEG_TRANSITIONS, self._state, event)
