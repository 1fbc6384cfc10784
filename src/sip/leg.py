"""SipLeg: a phone's leg, as calls see it (``call.leg.Leg``)."""

import abc
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from mixminus import log
from mixminus.call.leg import LegEnded, Transport, measured
from mixminus.call.secure_media import SecureMedia
from mixminus.errors import MixMinusError
from mixminus.mixer import MediaDirection, Port, PortMedia
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.model.signalling import NO_HEADERS
from mixminus.model.srtp import SrtpPolicy
from mixminus.sip.endings import GONE
from mixminus.sip.media_hosts import opens_to_any_host
from mixminus.sip.messages import (
    Ask,
    HangUp,
    Hold,
    MediaAgreed,
    Message,
    Refer,
)
from mixminus.sip.sdp.agreement import agree, secure_exchange
from mixminus.sip.sdp.description import parse
from mixminus.sip.sdp.negotiation import LocalEnd
from mixminus.sip.texts import TextQueue

__all__ = ["Session", "SipLeg"]

_OK: Final = 200
_BYE_GRACE_S: Final = 2.0
_RESPONSE_S: Final = 5.0
"""Several retransmissions (RFC 3261 section 17.1.2.2)."""

_log = log.get("sip.leg")


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
        self.texts: TextQueue | None = None
        """None of a far end that shows no texts."""
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

    def send_text(self, text: str) -> bool:
        """Send MESSAGE within the call (RFC 3428); return False to a far end that does not take it."""
        return self.is_answered and self.texts is not None and self.texts.add(text)

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

    async def follow(self, report: MediaAgreed) -> None:
        """Take the worker's report of an exchange."""
        await self.media_agreed(report.local_sdp, report.remote_sdp)

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
