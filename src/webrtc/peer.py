"""Peer: one browser's ICE and DTLS over the shared port, and its media handed to the engine.

DTLS lives as long as the peer. ICE comes in generations: a restart runs a new one
beside the old, which goes on until the new one has nominated an address (RFC 8445
section 2.4); DTLS and SRTP notice nothing but another destination.
"""

import asyncio
import secrets
from contextlib import suppress
from typing import Final

from aioice import Candidate
from aioice.stun import Message

from mixminus import log
from mixminus.clock import Clock
from mixminus.errors import InvalidArgument
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.tasks import TaskScope
from mixminus.webrtc.answer import LocalMedia, render_answer
from mixminus.webrtc.handover import DtlsLink, IceConnection
from mixminus.webrtc.ice import MAX_CANDIDATES, IceCredentials, usable
from mixminus.webrtc.mux import PeerMux, Route
from mixminus.webrtc.paths import NetworkAddress, Paths
from mixminus.webrtc.sdp import Offer

__all__ = ["Peer"]

_log = log.get("webrtc.peer")
_SSRCS: Final = 2**32 - 1


class Peer:
    """Owns ICE, DTLS and the addresses of one browser; its port is the leg's."""

    def __init__(
        self,
        offer: Offer,
        port: Port,
        *,
        mux: PeerMux,
        advertised: NetworkAddress,
        timeout_s: float,
        clock: Clock,
    ) -> None:
        self._offer = offer
        self._port = port
        self._mux = mux
        self._advertised = advertised
        self._timeout_s = timeout_s
        self._clock = clock
        self._scope = TaskScope(_report)
        self._settled = asyncio.Event()
        self._lost = asyncio.Event()
        self._media_flows = False
        self._paths = Paths()
        self._route = Route(self._take_request, self._take_dtls, self._holds, self._displaced)
        self._dtls = DtlsLink(send=self._send_dtls, on_closed=self._lost.set)
        self._ssrc = secrets.randbelow(_SSRCS) + 1
        self._ice = self._generation(offer.ice)
        self._successor: IceConnection | None = None

    async def answer(self) -> str:
        """Listen for the peer, and return the SDP that invites it."""
        await self._open(self._ice, self._offer.candidates)
        self._scope.spawn("webrtc.ice", self._check(self._ice))
        local = LocalMedia(
            ice=self._ice.credentials,
            candidates=tuple(self._ice.local_candidates),
            fingerprint=self._dtls.fingerprint,
            ssrc=self._ssrc,
        )
        return render_answer(self._offer, local)

    async def connect(self) -> bool:
        """Wait for ICE, shake hands, let media flow; return False if the handshake fails."""
        await self._settled.wait()
        keys = await self._dtls.handshake(self._offer.dtls)
        if keys is None or self._paths.nominated is None:
            return False
        remote = self._paths.nominated
        self._port.configure(self._offer.port_media(srtp=keys, ssrc=self._ssrc, remote=remote))
        self._media_flows = True
        for address in self._paths:
            self._mux.native.bind(address, self._port)
        return True

    async def lost(self) -> HangupReason:
        """Wait until the peer has closed DTLS, or has not consented for some 30 s; say which."""
        await self._lost.wait()
        return HangupReason.TIMEOUT if self._ice.gone else HangupReason.NORMAL

    async def trickle(self, ufrag: str, candidates: tuple[Candidate, ...]) -> None:
        """Add candidates to the generation that they belong to."""
        generations = [ice for ice in (self._successor, self._ice) if ice is not None]
        ice = next((ice for ice in generations if ufrag in ("", ice.remote_username)), None)
        if ice is None:
            raise InvalidArgument("a=ice-ufrag belongs to no generation of this session")
        await self._add(ice, candidates)

    def is_restart(self, remote: IceCredentials) -> bool:
        """Return whether the credentials ask for another generation of ICE."""
        newest = self._successor or self._ice
        return (remote.ufrag, remote.pwd) != (newest.remote_username, newest.remote_password)

    async def restart(
        self, remote: IceCredentials, candidates: tuple[Candidate, ...]
    ) -> tuple[IceCredentials, tuple[Candidate, ...]]:
        """Begin a new generation of ICE; return our credentials and candidates for it."""
        if self._successor is not None:
            await self._drop(self._successor)
        ice = self._successor = self._generation(remote)
        await self._open(ice, candidates)
        self._scope.spawn("webrtc.ice.restart", self._check(ice))
        return ice.credentials, tuple(ice.local_candidates)

    async def close(self) -> None:
        """Say goodbye and give every address back; closing twice is harmless."""
        await self._dtls.close()
        for address in self._paths:
            self._leave(address)
        await self._drop(self._ice)
        if self._successor is not None:
            await self._drop(self._successor)
        await self._scope.close()
        self._lost.set()

    def _generation(self, remote: IceCredentials) -> IceConnection:
        return IceConnection(
            advertised=self._advertised,
            remote=remote,
            remote_is_lite=self._offer.ice_lite,
            send=self._mux.send_stun,
            on_nominated=self._nominated,
        )

    async def _open(self, ice: IceConnection, candidates: tuple[Candidate, ...]) -> None:
        await ice.gather_candidates()
        self._mux.add(ice, self._route)
        await self._add(ice, candidates)

    async def _add(self, ice: IceConnection, candidates: tuple[Candidate, ...]) -> None:
        # aioice is never told that candidates have ended: it would give up on a browser that
        # has none that we can reach, though that browser can still reach us.
        for candidate in filter(usable, candidates):
            if len(ice.remote_candidates) < MAX_CANDIDATES:
                await ice.add_remote_candidate(candidate)

    async def _drop(self, ice: IceConnection) -> None:
        self._mux.remove(ice)
        await ice.close()

    async def _check(self, ice: IceConnection) -> None:
        """Run a generation from its first check to the end of consent (RFC 7675)."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._timeout_s):
                await ice.connect()
            await ice.get_event()
        await self._drop(ice)
        if ice is self._successor:
            self._successor = None
        if self._successor is None and self._ice.gone:
            self._lost.set()

    def _nominated(self, ice: IceConnection, address: NetworkAddress) -> None:
        """Send to ``address`` from now on."""
        if ice is self._successor:
            self._scope.spawn("webrtc.ice.drop", self._drop(self._ice))
            self._ice, self._successor = ice, None
            self._paths.restart()
        if ice is not self._ice:
            return
        self._paths.nominate(address, self._clock.monotonic_s())
        self._mux.map(address, self._route)
        if self._media_flows:
            self._mux.native.bind(address, self._port)
            self._port.set_remote(address)
        self._settled.set()

    def _take_request(self, ice: IceConnection, request: Message, address: NetworkAddress) -> None:
        now = self._clock.monotonic_s()
        moved = ice is self._ice and self._paths.is_move(address, now)
        if address not in self._paths and self._media_flows:
            self._mux.native.bind(address, self._port)
        evicted = self._paths.hear(address, now)
        if evicted is not None:
            self._leave(evicted)
        ice.take_request(request, address, moved=moved)

    def _take_dtls(self, datagram: bytes) -> bool:
        return self._dtls.take(datagram)

    def _send_dtls(self, datagram: bytes) -> None:
        if self._paths.nominated is not None:
            self._mux.native.send(datagram, self._paths.nominated)

    def _holds(self, address: NetworkAddress) -> bool:
        return self._paths.holds(address, self._clock.monotonic_s())

    def _displaced(self, address: NetworkAddress) -> None:
        self._paths.forget(address)
        self._leave(address)

    def _leave(self, address: NetworkAddress) -> None:
        self._mux.unmap(address, self._route)
        self._mux.native.unbind(address)
        self._ice.forget(address)


def _report(task: str, error: BaseException) -> None:
    _log.error("task failed", task=task, error=type(error).__name__)
