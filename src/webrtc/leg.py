"""WebRtcLeg: the relation that carries a browser's participant, from offer to goodbye."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from mixminus import log, machine
from mixminus.call.leg import LegEnded
from mixminus.errors import Conflict, InvalidArgument, MixMinusError, NotFound, PermissionDenied, Unavailable
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.tasks import TaskScope
from mixminus.webrtc.peer import Peer
from mixminus.webrtc.states import WEBRTC_LEG_TRANSITIONS, WebRtcLegEvent, WebRtcLegState

__all__ = ["LegRefused", "WebRtcLeg"]

_log = log.get("webrtc.leg")


class LegRefused(Conflict):
    """The one called is there, and will not talk."""

    reason = "CALL_REFUSED"


# SIP status code of a refusal -> what the browser's join fails with; others are Unavailable.
_REFUSALS: dict[int, type[MixMinusError]] = {
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
    """One browser's session as a call sees it (``call.leg.Leg``)."""

    def __init__(
        self,
        peer: Peer,
        port: Port,
        *,
        scope: TaskScope,
        connect_timeout_s: float,
        on_ended: Callable[[LegId], None],
    ) -> None:
        self.id = LegId(new_id())
        self._peer = peer
        self._port = port
        self._scope = scope
        self._connect_timeout_s = connect_timeout_s
        self._on_ended = on_ended
        self._state = WebRtcLegState.OFFERED
        loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[str] = loop.create_future()
        self._ended: asyncio.Future[LegEnded] = loop.create_future()

    @property
    def port(self) -> Port:
        return self._port

    @property
    def state(self) -> WebRtcLegState:
        return self._state

    async def answered(self) -> str:
        """Wait for the flow's verdict: return our SDP, or raise what it was refused with."""
        return await asyncio.shield(self._answer)

    async def ring(self) -> None:
        """Answer: WHIP has no ringing, and who has asked must not wait for the other one's coming."""
        await self.answer()

    async def answer(self) -> None:
        """Send the SDP answer and begin to connect; answering twice is harmless."""
        if self._state is not WebRtcLegState.OFFERED:
            return
        self._step(WebRtcLegEvent.ANSWER)
        answer = await self._peer.answer()
        if self._answer.done():  # hung up meanwhile: what was just opened must go too
            await self._peer.close()
        else:
            self._answer.set_result(answer)
            self._scope.spawn("webrtc.leg", self._carry())

    async def reject(self, status_code: int) -> None:
        """Refuse an unanswered offer; its join raises the error that the status code stands for."""
        if self._state is WebRtcLegState.OFFERED:
            error = _REFUSALS.get(status_code, Unavailable)
            self._refuse(error(f"the call was refused with status {status_code}"))
            await self._end(LegEnded(HangupReason.FAILED, remote=False))

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        """End the leg from our side; the browser is told by DTLS. Harmless when it is over."""
        await self._end(LegEnded(reason, remote=False))

    async def close_remote(self) -> None:
        """End the leg because the browser asked for it."""
        await self._end(LegEnded(HangupReason.NORMAL, remote=True))

    async def hold(self) -> None:
        """Do nothing: a browser has no word for it, and hears silence."""

    async def resume(self) -> None:
        """Do nothing."""

    async def refer(self, uri: str) -> bool:
        """Browsers call nobody."""
        return False

    async def ended(self) -> LegEnded:
        """Wait for the end, whoever caused it; the port is closed by then."""
        return await asyncio.shield(self._ended)

    async def _carry(self) -> None:
        """Follow the peer from the first check to its end; whatever fails, the leg ends."""
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
        """End once; whoever asks, and whoever stops asking, the leg is closed to the last."""
        if self._state is not WebRtcLegState.ENDED:
            self._step(WebRtcLegEvent.END)
            self._refuse(Unavailable("the call ended before it was answered"))
            self._scope.spawn("webrtc.leg.close", self._close(ended))
        await self.ended()

    async def _close(self, ended: LegEnded) -> None:
        try:
            await self._peer.close()
        finally:
            self._port.close()
            self._on_ended(self.id)
            self._ended.set_result(ended)
            _log.info("leg ended", leg_id=str(self.id), reason=ended.reason.value, remote=ended.remote)

    def _refuse(self, error: MixMinusError) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)
            self._answer.exception()  # the join may have gone; then nobody else reads it

    def _step(self, event: WebRtcLegEvent) -> None:
        self._state = machine.step(WEBRTC_LEG_TRANSITIONS, self._state, event)
