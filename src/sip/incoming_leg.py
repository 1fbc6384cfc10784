"""IncomingLeg: the leg of a phone that calls us."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mixminus.call.secure_media import SecureMedia
from mixminus.machine import step
from mixminus.mixer import MediaDirection, Port, PortMedia
from mixminus.model.ids import LegId
from mixminus.model.signalling import NO_HEADERS
from mixminus.model.srtp import SrtpPolicy
from mixminus.sip.endings import rejected
from mixminus.sip.incoming_media import IncomingMedia
from mixminus.sip.internal_headers import OWN_WARNING
from mixminus.sip.leg import SipLeg
from mixminus.sip.messages import Answer, Attach, HeaderFields, Message, Progress, Reject, Ring
from mixminus.sip.sdp.agreement import NotAcceptable

__all__ = ["LEG_TRANSITIONS", "IncomingLeg", "LegEvent", "LegState"]

_SRTP_WARNINGS: Final = {
    "required": "SRTP is required here: offer RTP/SAVP with a=crypto, or UDP/TLS/RTP/SAVPF",
    "never": "SRTP is not accepted here: offer RTP/AVP",
}

_MOVED: Final = 302
_UNAVAILABLE: Final = 503
_RETRY_AFTER_S: Final = "5"


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
        self.sip_call_id = ""
        self._answer = media
        self._attached = False
        """Whether the worker has our description."""
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
            self._answer.describe(policy)
        except NotAcceptable:
            self._warning = (("Warning", f'{OWN_WARNING}"{_SRTP_WARNINGS[policy]}"'),)
            return False
        self.session.local = self._answer.attach.local
        return True

    def _attach(self) -> Attach | None:
        """Return our description for the first response; None once the worker has it."""
        attached, self._attached = self._attached, True
        return None if attached else self._answer.attach

    async def ring(self) -> None:
        """Send 180."""
        if self._can(LegEvent.RING):
            self._fire(LegEvent.RING)
            self._send(Ring(self._id, self._attach()))

    async def open_early_media(self) -> bool:
        """Configure the port and send 183 with our answer; False if the INVITE has no offer."""
        if self._answer.agreed is None:
            return False
        if self._can(LegEvent.PROGRESS):
            self._configure_first(self._answer.agreed)
            self._fire(LegEvent.PROGRESS)
            self._send(Progress(self._id, self._attach()))
        return self._state in (LegState.EARLY, LegState.ANSWERED)

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Configure the port, then send 200: the phone may send media at once."""
        if not self._can(LegEvent.ANSWER):
            return
        if self._answer.agreed:
            # Again after early media: the media timeout starts now.
            self._media = None
            self._configure_first(self._answer.agreed)
        self._fire(LegEvent.ANSWER)
        self._send(Answer(self._id, tuple(headers.items()), self._attach()))

    async def reject(self, status_code: int) -> None:
        """Send a refusal; does nothing once answered or over."""
        if self._can(LegEvent.ANSWER):
            later = (("Retry-After", _RETRY_AFTER_S),) if status_code == _UNAVAILABLE else ()
            self._send(Reject(self._id, status_code, self._warning + later))
            self.set_ended(rejected(status_code))

    def redirect(self, uri: str) -> None:
        """Send 302 with another URI for the call; does nothing once answered or over."""
        if self._can(LegEvent.ANSWER):
            self._send(Reject(self._id, _MOVED, (("Contact", f"<{uri}>"),)))
            self.set_ended(rejected(_MOVED))

    def _configure_first(self, media: PortMedia) -> None:
        """Configure the port by the INVITE's exchange, which the worker does not report."""
        if not self.session.agreed[0]:
            self.session.agreed = self._answer.texts
        self._configure(media)

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
