"""Peer: ICE and DTLS of one browser over the shared port; media goes from there to the engine.

DTLS lasts as long as the peer. ICE has generations: a restart runs a new one beside the old,
which continues until the new one has nominated an address (RFC 8445 section 2.4). For DTLS and
SRTP only the destination address changes.
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
from mixminus.webrtc.ice import IceCredentials
from mixminus.webrtc.mux import PeerMux, Route
from mixminus.webrtc.paths import NetworkAddress, Paths
from mixminus.webrtc.sdp import Offer

__all__ = ["Peer"]

_log = log.get("webrtc.peer")
_MAX_SSRC: Final = 2**32 - 1


class Peer:
    """Owns ICE, DTLS and the addresses of one browser; the engine port belongs to the leg."""

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
        self._has_address = asyncio.Event()
        self._ended = asyncio.Event()
        self._media_started = False
        self._paths = Paths()
        self._dtls = DtlsLink(send=self._send_dtls, on_closed=self._ended.set)
        self._route = Route(self._on_request, self._dtls.enqueue, self._is_at, self._on_displaced)
        self._ssrc = secrets.randbelow(_MAX_SSRC) + 1
        self._ice = self._new_ice(offer.ice)
        self._successor: IceConnection | None = None

    async def answer(self) -> str:
        """Start ICE and return the SDP answer."""
        await self._open(self._ice, self._offer.candidates)
        self._scope.spawn("webrtc.ice", self._run_ice(self._ice))
        local = LocalMedia(
            ice=self._ice.credentials,
            candidates=tuple(self._ice.local_candidates),
            fingerprint=self._dtls.fingerprint,
            ssrc=self._ssrc,
        )
        return render_answer(self._offer, local)

    async def connect(self) -> bool:
        """Wait for ICE, run the DTLS handshake, start media; return False if the handshake fails."""
        await self._has_address.wait()
        keys = await self._dtls.handshake(self._offer.dtls)
        if keys is None or self._paths.nominated is None:
            return False
        remote = self._paths.nominated
        self._port.configure(self._offer.port_media(srtp=keys, ssrc=self._ssrc, remote=remote))
        # Without telephone-event digits can only come as tones: they become events and leave the audio.
        self._port.set_inband_dtmf(self._offer.dtmf is None, remove=True)
        self._media_started = True
        for address in self._paths:
            self._mux.native.bind(address, self._port)
        return True

    async def lost(self) -> HangupReason:
        """Wait until the peer closes DTLS (NORMAL), or its consent expires after about 30 s (TIMEOUT)."""
        await self._ended.wait()
        return HangupReason.TIMEOUT if self._ice.is_closed else HangupReason.NORMAL

    async def trickle(self, ufrag: str, candidates: tuple[Candidate, ...]) -> None:
        """Add candidates to the ICE generation that they belong to."""
        generations = [ice for ice in (self._successor, self._ice) if ice is not None]
        ice = next((ice for ice in generations if ufrag in ("", ice.remote_username)), None)
        if ice is None:
            raise InvalidArgument("a=ice-ufrag is not of this session")
        await ice.add_candidates(candidates)

    def is_restart(self, remote: IceCredentials) -> bool:
        """Return whether the credentials request an ICE restart."""
        newest = self._successor or self._ice
        return (remote.ufrag, remote.pwd) != (newest.remote_username, newest.remote_password)

    async def restart(
        self, remote: IceCredentials, candidates: tuple[Candidate, ...]
    ) -> tuple[IceCredentials, tuple[Candidate, ...]]:
        """Start a new generation of ICE; return its credentials and candidates."""
        if self._successor is not None:
            await self._close_ice(self._successor)
        ice = self._successor = self._new_ice(remote)
        await self._open(ice, candidates)
        self._scope.spawn("webrtc.ice.restart", self._run_ice(ice))
        return ice.credentials, tuple(ice.local_candidates)

    async def close(self) -> None:
        """Close DTLS and ICE, and release all addresses; closing twice is harmless."""
        await self._dtls.close()
        for address in self._paths:
            self._release(address)
        await self._close_ice(self._ice)
        if self._successor is not None:
            await self._close_ice(self._successor)
        await self._scope.close()
        self._ended.set()

    def _new_ice(self, remote: IceCredentials) -> IceConnection:
        return IceConnection(
            advertised=self._advertised,
            remote=remote,
            remote_is_lite=self._offer.ice_lite,
            send=self._mux.send_stun,
            on_nominated=self._on_nominated,
        )

    async def _open(self, ice: IceConnection, candidates: tuple[Candidate, ...]) -> None:
        await ice.gather_candidates()
        self._mux.add(ice, self._route)
        await ice.add_candidates(candidates)

    async def _close_ice(self, ice: IceConnection) -> None:
        self._mux.remove(ice)
        await ice.close()

    async def _run_ice(self, ice: IceConnection) -> None:
        """Run a generation from its first connectivity check until consent expires (RFC 7675)."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._timeout_s):
                await ice.connect()
            await ice.get_event()
        await self._close_ice(ice)
        if ice is self._successor:
            self._successor = None
        if self._successor is None and self._ice.is_closed:
            self._ended.set()

    def _on_nominated(self, ice: IceConnection, address: NetworkAddress) -> None:
        """Send media to ``address`` from now on."""
        if ice is self._successor:
            self._scope.spawn("webrtc.ice.drop", self._close_ice(self._ice))
            self._ice, self._successor = ice, None
            self._paths.restart()
        if ice is not self._ice:
            return
        self._paths.nominate(address, self._clock.monotonic_s())
        self._mux.map(address, self._route)
        if self._media_started:
            self._mux.native.bind(address, self._port)
            self._port.set_remote(address)
        self._has_address.set()

    def _on_request(self, ice: IceConnection, request: Message, address: NetworkAddress) -> None:
        now = self._clock.monotonic_s()
        moved = ice is self._ice and self._paths.is_move(address, now)
        if address not in self._paths and self._media_started:
            self._mux.native.bind(address, self._port)
        evicted = self._paths.record_request(address, now)
        if evicted is not None:
            self._release(evicted)
        ice.handle_request(request, address, moved=moved)

    def _send_dtls(self, datagram: bytes) -> None:
        if self._paths.nominated is not None:
            self._mux.native.send(datagram, self._paths.nominated)

    def _is_at(self, address: NetworkAddress) -> bool:
        return self._paths.is_at(address, self._clock.monotonic_s())

    def _on_displaced(self, address: NetworkAddress) -> None:
        self._paths.remove(address)
        self._release(address)

    def _release(self, address: NetworkAddress) -> None:
        self._mux.unmap(address, self._route)
        self._mux.native.unbind(address)
        self._ice.remove_address(address)


def _report(task: str, error: BaseException) -> None:
    _log.error("task failed", task=task, error=type(error).__name__)
