"""WebRtcLeg: the leg of a browser, from its offer to its end (``call.leg.Leg``).

offered --answer--> answered --connect--> connected --end--> ended
"""

import asyncio
import enum
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from mixminus import log, machine
from mixminus.call.leg import LegEnded, Transport, measured
from mixminus.errors import Conflict, InvalidArgument, MixMinusError, NotFound, PermissionDenied, Unavailable
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.model.signalling import NO_HEADERS
from mixminus.model.srtp import SrtpPolicy
from mixminus.tasks import TaskScope
from mixminus.usage.errors import InsufficientBalance
from mixminus.webrtc.answer import render_answer
from mixminus.webrtc.peer import Peer
from mixminus.webrtc.sdp import Offer

__all__ = ["WEBRTC_LEG_TRANSITIONS", "LegRefused", "WebRtcLeg", "WebRtcLegEvent", "WebRtcLegState"]

_log = log.get("webrtc.leg")


class WebRtcLegState(enum.StrEnum):
    OFFERED = enum.auto()
    ANSWERED = enum.auto()
    CONNECTED = enum.auto()
    ENDED = enum.auto()


class WebRtcLegEvent(enum.StrEnum):
    ANSWER = enum.auto()
    CONNECT = enum.auto()
    END = enum.auto()


WEBRTC_LEG_TRANSITIONS: Final[dict[WebRtcLegState, dict[WebRtcLegEvent, WebRtcLegState]]] = {
    WebRtcLegState.OFFERED: {
        WebRtcLegEvent.ANSWER: WebRtcLegState.ANSWERED,
        WebRtcLegEvent.END: WebRtcLegState.ENDED,
    },
    WebRtcLegState.ANSWERED: {
        WebRtcLegEvent.CONNECT: WebRtcLegState.CONNECTED,
        WebRtcLegEvent.END: WebRtcLegState.ENDED,
    },
    WebRtcLegState.CONNECTED: {WebRtcLegEvent.END: WebRtcLegState.ENDED},
    WebRtcLegState.ENDED: {},
}


class LegRefused(Conflict):
    """The called party declined the call."""

    reason = "CALL_REFUSED"


# SIP status code of a refusal -> the error of the browser's join; any other code is Unavailable.
_REFUSALS: dict[int, type[MixMinusError]] = {
    402: InsufficientBalance,
    403: PermissionDenied,
    404: NotFound,
    410: NotFound,
    484: NotFound,
    486: LegRefused,
    488: InvalidArgument,
    600: LegRefused,
    603: LegRefused,
    604: NotFound,
}


class WebRtcLeg:
    """One browser's session, as its call uses it."""

    def __init__(
        self,
        peer: Peer,
        port: Port,
        offer: Offer,
        *,
        scope: TaskScope,
        connect_timeout_s: float,
        on_ended: Callable[[LegId], None],
    ) -> None:
        self.id = LegId(new_id())
        self._peer = peer
        self._port = port
        self._offer = offer
        self._scope = scope
        self._connect_timeout_s = connect_timeout_s
        self._on_ended = on_ended
        self._state = WebRtcLegState.OFFERED
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[str] = loop.create_future()
        self._ended: asyncio.Future[LegEnded] = loop.create_future()

    @property
    def transport(self) -> Transport:
        return "webrtc"

    @property
    def port(self) -> Port:
        return self._port

    @property
    def state(self) -> WebRtcLegState:
        return self._state

    async def answered(self) -> str:
        """Wait until the call is answered and return our SDP; raise the error if it is refused."""
        return await asyncio.shield(self._answer)

    def set_media_timeout(self, timeout_s: int) -> None:
        """Do nothing: ICE asks by itself whether the browser is there (RFC 7675)."""

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        """Return True: the audio of browsers is encrypted always."""
        return True

    async def ring(self) -> None:
        """Answer: WHIP has no ringing, and the HTTP request must not wait until another party joins."""
        await self.answer()

    async def open_early_media(self) -> bool:
        """Answer, as ``ring`` does: the browser hears what is played."""
        await self.answer()
        return True

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Create the SDP answer and start to connect; answering twice is harmless."""
        if self._state is not WebRtcLegState.OFFERED:
            return
        self._step(WebRtcLegEvent.ANSWER)
        answer = render_answer(self._offer, await self._peer.open())
        if self._answer.done():  # hung up meanwhile: close what was just opened
            await self._peer.close()
        else:
            self._answer.set_result(answer)
            self._scope.spawn("webrtc.leg", self._run())

    async def reject(self, status_code: int) -> None:
        """Refuse an unanswered offer; the join raises the error that belongs to the SIP status code."""
        if self._state is WebRtcLegState.OFFERED:
            error = _REFUSALS.get(status_code, Unavailable)
            self._fail_answer(error(f"the call was refused with status {status_code}"))
            await self._end(LegEnded(HangupReason.FAILED, remote=False))

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """End the leg; the browser notices by a DTLS close_notify. No effect after the end."""
        await self._end(LegEnded(reason, remote=False))

    async def close_remote(self) -> None:
        """End the leg on request of the browser."""
        await self._end(LegEnded(HangupReason.NORMAL, remote=True))

    async def hold(self) -> None:
        """Do nothing: WHIP has no hold, and the browser hears silence."""

    async def resume(self) -> None:
        """Do nothing."""

    async def refer(self, uri: str) -> bool:
        """Return False: WHIP has no transfer."""
        return False

    def send_text(self, text: str) -> bool:
        """Return False: it shows no texts."""
        return False

    async def responds(self) -> bool:
        """Return False: ICE asks for consent by itself (RFC 7675), and a browser that gives it sends audio."""
        return False

    async def ended(self) -> LegEnded:
        """Wait for the end of the leg; its port is closed by then."""
        return await asyncio.shield(self._ended)

    async def _run(self) -> None:
        """Connect, then wait until the peer is lost; the leg ends after any failure."""
        ended = LegEnded(HangupReason.FAILED, remote=False)
        try:
            if await self._connect():
                ended = LegEnded(await self._peer.lost(), remote=True)
        finally:
            await self._end(ended)

    async def _connect(self) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._connect_timeout_s):
                if await self._peer.connect() and self._state is WebRtcLegState.ANSWERED:
                    self._step(WebRtcLegEvent.CONNECT)
                    _log.info("leg connected", leg_id=str(self.id))
                    return True
        return False

    async def _end(self, ended: LegEnded) -> None:
        """Close the leg once, in a task of its own, so that a cancelled caller does not interrupt it."""
        if self._state is not WebRtcLegState.ENDED:
            self._step(WebRtcLegEvent.END)
            self._fail_answer(Unavailable("the call ended before it was answered"))
            self._scope.spawn("webrtc.leg.close", self._close(ended))
        await self.ended()

    async def _close(self, ended: LegEnded) -> None:
        try:
            ended = replace(ended, transport=self.transport, media=measured(self._port))
            await self._peer.close()
        finally:
            self._port.close()
            self._on_ended(self.id)
            self._ended.set_result(ended)
            _log.info("leg ended", leg_id=str(self.id), reason=ended.reason.value, remote=ended.remote)

    def _fail_answer(self, error: MixMinusError) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)
            self._answer.exception()  # marks it as retrieved: the join may be cancelled by now

    def _step(self, event: WebRtcLegEvent) -> None:
        self._state = machine.step(WEBRTC_LEG_TRANSITIONS, self._state, event)
