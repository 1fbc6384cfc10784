"""WebRtcEndpoint: accepts browsers by WHIP offers; each becomes a leg, and all share one port, of UDP and TCP."""

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import Final

from mixminus import log
from mixminus.call.leg import Address, IncomingLegs
from mixminus.clock import Clock, SystemClock
from mixminus.errors import Exhausted, InvalidArgument, NotFound, Unavailable
from mixminus.hosts import media_host
from mixminus.mixer import Engine, Mux
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.model.media import MediaDirection
from mixminus.tasks import TaskScope
from mixminus.webrtc.handover import Certificates
from mixminus.webrtc.ice_servers import IceServers
from mixminus.webrtc.leg import WebRtcLeg
from mixminus.webrtc.mux import PeerMux
from mixminus.webrtc.peer import Peer, Shared
from mixminus.webrtc.phone_media import PhoneMedia
from mixminus.webrtc.sdp import Offer, parse_offer
from mixminus.webrtc.session import WhipSession

__all__ = ["WebRtcConfig", "WebRtcEndpoint"]

# A free UDP port may be taken for TCP.
_BIND_ATTEMPTS: Final = 16

_log = log.get("webrtc")


@dataclass(frozen=True, slots=True)
class WebRtcConfig:
    """Address, limits and timeouts."""

    hosts: tuple[str, ...] = ("127.0.0.1",)
    """At most one of each family; with two the port is open on all addresses."""
    port: int = 0
    """UDP and TCP; 0 takes a free one."""
    public_hosts: tuple[str, ...] = ("127.0.0.1",)
    """The addresses in our ICE candidates, at most one of each family."""
    tcp: bool = True
    """Whether browsers may come by TCP too, to the port of the same number (RFC 6544)."""
    max_sessions: int = 1000
    max_listeners: int = 1000
    answer_timeout_s: float = 30.0
    """How long a join may wait until the call is answered."""
    connect_timeout_s: float = 30.0
    """How long ICE and DTLS may take after the answer."""
    ice_servers: IceServers = field(default_factory=IceServers)
    """STUN and TURN servers for browsers; the server itself needs none."""


class WebRtcEndpoint:
    """Owns the shared port and all sessions on it."""

    def __init__(
        self,
        engine: Engine,
        legs: IncomingLegs,
        config: WebRtcConfig = WebRtcConfig(),
        clock: Clock | None = None,
    ) -> None:
        self._engine = engine
        self._legs = legs
        self._config = config
        self._clock = clock or SystemClock()
        self._scope = TaskScope(_report)
        self._sessions: dict[LegId, WhipSession] = {}
        self._listening: dict[LegId, WhipSession] = {}
        self._shared: Shared | None = None
        """None while it is not running."""

    @property
    def ready(self) -> bool:
        """Whether browsers can join."""
        return self._shared is not None

    @property
    def port(self) -> int:
        """Our UDP port."""
        return self._shared.advertised[0][1] if self._shared else 0

    @property
    def counters(self) -> dict[str, int]:
        """Datagrams received from the engine, and dropped ones by reason."""
        return dict(self._shared.mux.counters) if self._shared else {}

    def ice_links(self, name: str) -> str:
        """Return a Link header with the ICE servers and credentials for ``name``; empty if there are none."""
        return self._config.ice_servers.links(self._clock.now(), name)

    async def start(self) -> None:
        """Open the shared port."""
        native = self._open_native()
        mux = PeerMux(native, self._clock)
        mux.open()
        self._shared = Shared(
            mux=mux,
            advertised=tuple((host, native.port) for host in self._config.public_hosts),
            certificates=Certificates(self._clock),
            connect_timeout_s=self._config.connect_timeout_s,
            clock=self._clock,
        )
        _log.info("webrtc ready", port=native.port)

    def _open_native(self) -> Mux:
        """Open the port; port 0 chooses one that is free, for both UDP and TCP."""
        for attempt in itertools.count(1):
            native = self._engine.open_mux(media_host(self._config.hosts), self._config.port)
            try:
                if self._config.tcp:
                    native.listen_tcp()
            except Unavailable:
                native.close()
                if self._config.port or attempt == _BIND_ATTEMPTS:
                    raise
            else:
                return native
        raise AssertionError

    async def close(self) -> None:
        """Hang up all legs and close the port; closing twice is harmless."""
        shared, self._shared = self._shared, None
        for session in (*self._sessions.values(), *self._listening.values()):
            await session.leg.hang_up()
        await self._scope.close()
        if shared:
            shared.mux.close()

    async def join(
        self, offer_sdp: str, *, destination: Address, source: Address, pin: str | None = None
    ) -> WhipSession:
        """Create a leg from an SDP offer; return its session when the call is answered.

        Raises InvalidArgument for an offer that cannot be served, Exhausted, Unavailable, or the error
        of a refusal.
        """
        offer = parse_offer(offer_sdp)
        if len(self._sessions) >= self._config.max_sessions:
            raise Exhausted(f"there are {self._config.max_sessions} browsers already; try later")
        session = self._open_session(offer, destination, self._sessions)
        try:
            await self._legs.incoming(session.leg, source=source, destination=destination, pin=pin)
            async with asyncio.timeout(self._config.answer_timeout_s):
                await session.open()
        except TimeoutError:
            await session.leg.hang_up(HangupReason.NOANSWER)
            raise Unavailable("the call was not answered in time") from None
        except BaseException:  # no other task would close the session of a cancelled request
            await session.leg.hang_up(HangupReason.CANCEL)
            raise
        return session

    def open_listener(self, offer_sdp: str, destination: Address) -> WhipSession:
        """Create a leg that only hears, from an SDP offer; the caller answers it, and joins its port to what it hears.

        Raises InvalidArgument for an offer that cannot be served, Exhausted, Unavailable.
        """
        offer = parse_offer(offer_sdp)
        if not offer.direction.sends:
            raise InvalidArgument("the offer does not receive audio: offer a=recvonly")
        if len(self._listening) >= self._config.max_listeners:
            raise Exhausted(f"there are {self._config.max_listeners} listeners already; try later")
        # What it sends all the same is dropped by the engine.
        offer = replace(offer, direction=MediaDirection.SENDONLY)
        return self._open_session(offer, destination, self._listening)

    def session(self, session_id: LegId) -> WhipSession:
        """Return a session of a participant that has not ended."""
        return _found(self._sessions, session_id)

    def listener(self, session_id: LegId) -> WhipSession:
        """Return a session of a listener that has not ended."""
        return _found(self._listening, session_id)

    def open_media(self) -> PhoneMedia:
        """Open the audio path of a SIP phone on the shared port; raise Unavailable if that is not open."""
        return PhoneMedia(self._running(), self._scope)

    def _running(self) -> Shared:
        if self._shared is None:
            raise Unavailable("the WebRTC endpoint is not running")
        return self._shared

    def _open_session(
        self, offer: Offer, destination: Address, sessions: dict[LegId, WhipSession]
    ) -> WhipSession:
        shared = self._running()
        port = shared.mux.native.open_port()
        peer = Peer(offer, port, shared)
        leg = WebRtcLeg(
            peer,
            port,
            offer,
            scope=self._scope,
            connect_timeout_s=self._config.connect_timeout_s,
            on_ended=sessions.__delitem__,
        )
        session = WhipSession(leg, peer, mid=offer.audio.mid, destination=destination)
        sessions[session.id] = session
        return session


def _found(sessions: dict[LegId, WhipSession], session_id: LegId) -> WhipSession:
    try:
        return sessions[session_id]
    except KeyError:
        raise NotFound("no such session") from None


def _report(task: str, error: BaseException) -> None:
    _log.error("task failed", task=task, error=type(error).__name__)
