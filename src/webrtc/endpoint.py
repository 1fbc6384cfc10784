"""WebRtcEndpoint: browsers join here; each becomes a leg, all share one UDP port."""

import asyncio
import socket

from mixminus import log
from mixminus.call.leg import Address, IncomingLegs
from mixminus.clock import Clock, SystemClock
from mixminus.errors import Exhausted, NotFound, Unavailable
from mixminus.mixer import Engine
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.tasks import TaskScope
from mixminus.webrtc.config import WebRtcConfig
from mixminus.webrtc.leg import WebRtcLeg
from mixminus.webrtc.mux import PeerMux
from mixminus.webrtc.paths import NetworkAddress
from mixminus.webrtc.peer import Peer
from mixminus.webrtc.sdp import Offer, parse_offer
from mixminus.webrtc.session import WhipSession

__all__ = ["WebRtcEndpoint"]

_log = log.get("webrtc")


class WebRtcEndpoint:
    """Owns the shared port and every session on it."""

    def __init__(
        self,
        engine: Engine,
        legs: IncomingLegs,
        config: WebRtcConfig = WebRtcConfig(),  # noqa: B008 -- frozen
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._legs = legs
        self._config = config
        self._clock = clock or SystemClock()
        self._scope = TaskScope(_report)
        self._sessions: dict[LegId, WhipSession] = {}
        self._mux: PeerMux | None = None
        self._advertised: NetworkAddress = ("", 0)

    @property
    def ready(self) -> bool:
        """Whether browsers can join."""
        return self._mux is not None

    @property
    def port(self) -> int:
        """Our UDP port."""
        return self._advertised[1]

    @property
    def counters(self) -> dict[str, int]:
        """How many datagrams came up from the engine, and how many of them were dropped, by reason."""
        return dict(self._mux.counters) if self._mux is not None else {}

    async def start(self) -> None:
        """Open the shared port."""
        public_address = await _resolve(self._config.public_host)
        native = self._engine.open_mux(self._config.host, self._config.port)
        self._mux = PeerMux(native, self._clock)
        self._mux.open()
        self._advertised = (public_address, native.port)
        _log.info("webrtc ready", port=native.port)

    async def close(self) -> None:
        """Hang up every browser and close the port; closing twice is harmless."""
        mux, self._mux = self._mux, None
        for session in tuple(self._sessions.values()):
            await session.leg.hang_up()
        await self._scope.close()
        if mux is not None:
            mux.close()

    async def join(
        self, offer_sdp: str, *, destination: Address, source: Address, pin: str | None = None
    ) -> WhipSession:
        """Turn an offer into a leg, and return its session once its flow has answered."""
        if self._mux is None:
            raise Unavailable("the WebRTC endpoint is not running")
        offer = parse_offer(offer_sdp)
        if len(self._sessions) >= self._config.max_sessions:
            raise Exhausted("every place for a browser is taken")
        session = self._open_session(offer, self._mux, destination)
        try:
            await self._legs.incoming(session.leg, source=source, destination=destination, pin=pin)
            async with asyncio.timeout(self._config.answer_timeout_s):
                await session.open()
        except TimeoutError:
            await session.leg.hang_up(HangupReason.NOANSWER)
            raise Unavailable("the call was not answered in time") from None
        except BaseException:  # whoever asked may have gone: nobody will close the session then
            await session.leg.hang_up(HangupReason.CANCEL)
            raise
        return session

    def session(self, session_id: LegId) -> WhipSession:
        """Return a session that has not ended."""
        try:
            return self._sessions[session_id]
        except KeyError:
            raise NotFound("no such session") from None

    def _open_session(self, offer: Offer, mux: PeerMux, destination: Address) -> WhipSession:
        port = mux.native.open_port()
        peer = Peer(
            offer,
            port,
            mux=mux,
            advertised=self._advertised,
            timeout_s=self._config.connect_timeout_s,
            clock=self._clock,
        )
        leg = WebRtcLeg(
            peer,
            port,
            scope=self._scope,
            connect_timeout_s=self._config.connect_timeout_s,
            on_ended=self._forget,
        )
        session = WhipSession(leg, peer, mid=offer.audio.mid, destination=destination)
        self._sessions[session.id] = session
        return session

    def _forget(self, session_id: LegId) -> None:
        del self._sessions[session_id]


async def _resolve(host: str) -> str:
    """Return the address of a host: a candidate has no room for names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    return str(found[0][4][0])


def _report(task: str, error: BaseException) -> None:
    _log.error("task failed", task=task, error=type(error).__name__)
