"""Peer: ICE and DTLS of one browser, or of one phone, over the shared port; media goes from there to the engine.

DTLS lasts as long as the peer. ICE has generations: a restart runs a new one beside the old,
which continues until the new one has nominated an address (RFC 8445 section 2.4). For DTLS and
SRTP only the destination address changes.
"""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from aioice import Candidate
from aioice.stun import Message

from mixminus import log
from mixminus.clock import Clock
from mixminus.errors import InvalidArgument
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.model.media import PortMedia, SrtpKeys
from mixminus.tasks import TaskScope
from mixminus.webrtc.answer import LocalMedia
from mixminus.webrtc.handover import Certificate, Certificates, DtlsLink, DtlsSetup, IceConnection
from mixminus.webrtc.ice import IceCredentials, tcp_candidate
from mixminus.webrtc.mux import PeerMux, Route
from mixminus.webrtc.paths import NetworkAddress, Paths

__all__ = ["OwnEnd", "Peer", "Remote", "Shared"]

_log = log.get("webrtc.peer")
_MAX_SSRC: Final = 2**32 - 1


class Remote(Protocol):
    """The far end of a peer: what its description says."""

    @property
    def ice(self) -> IceCredentials: ...

    @property
    def ice_lite(self) -> bool: ...

    @property
    def candidates(self) -> tuple[Candidate, ...]: ...

    @property
    def dtls(self) -> DtlsSetup: ...

    def port_media(self, *, srtp: SrtpKeys, ssrc: int, remote: NetworkAddress) -> PortMedia:
        """Return the engine's configuration; the SRTP keys come from DTLS."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all peers of one port have in common."""

    mux: PeerMux
    advertised: tuple[NetworkAddress, ...]
    """The addresses in our ICE candidates."""
    certificates: Certificates
    connect_timeout_s: float
    """How long ICE and DTLS may take."""
    clock: Clock


@dataclass(frozen=True, slots=True)
class OwnEnd:
    """Our side where it was described before the peer is there; else the peer makes it."""

    ice: IceCredentials
    certificate: Certificate
    ssrc: int
    controlling: bool
    """Whether we nominate (RFC 8445 section 6.1.1): the side that has offered does."""


class Peer:
    """Owns ICE, DTLS and the addresses of one browser; the engine port belongs to the leg."""

    def __init__(self, remote: Remote, port: Port, shared: Shared, own: OwnEnd | None = None) -> None:
        self._remote = remote
        self._port = port
        self._mux = shared.mux
        self._advertised = shared.advertised
        self._timeout_s = shared.connect_timeout_s
        self._clock = shared.clock
        self._scope = TaskScope(_report)
        self._has_address = asyncio.Event()
        self._ended = asyncio.Event()
        self._media_started = False
        self._paths = Paths()
        self._certificate = own.certificate if own else shared.certificates.newest
        self._dtls = DtlsLink(send=self._send_dtls, on_closed=self._ended.set, certificate=self._certificate)
        self._keys: SrtpKeys | None = None
        self._route = Route(self._on_request, self._dtls.enqueue, self._is_at, self._on_displaced)
        self._ssrc = own.ssrc if own else secrets.randbelow(_MAX_SSRC) + 1
        self._ice = self._new_ice(
            remote.ice, own.ice if own else None, controlling=bool(own and own.controlling)
        )
        self._successor: IceConnection | None = None

    async def open(self) -> LocalMedia:
        """Start ICE and return our side, for a description."""
        await self._open(self._ice, self._remote.candidates)
        self._scope.spawn("webrtc.ice", self._run_ice(self._ice))
        return LocalMedia(
            ice=self._ice.credentials,
            candidates=self._described(self._ice),
            fingerprint=self._certificate.fingerprint,
            ssrc=self._ssrc,
        )

    async def connect(self) -> bool:
        """Wait for ICE, run the DTLS handshake, start media; return False if the handshake fails."""
        await self._has_address.wait()
        self._keys = await self._dtls.handshake(self._remote.dtls)
        if self._keys is None or self._paths.nominated is None:
            return False
        self._media_started = True
        self.reconfigure()
        for address in self._paths:
            self._mux.native.bind(address, self._port)
        return True

    def reconfigure(self) -> None:
        """Configure the port anew from the remote's ``port_media``; nothing happens before ``connect`` has the keys."""
        if self._media_started and self._keys and self._paths.nominated:
            media = self._remote.port_media(srtp=self._keys, ssrc=self._ssrc, remote=self._paths.nominated)
            self._port.configure(media)
            # Without telephone-event digits can only come as tones: they become events and leave the audio.
            self._port.set_inband_dtmf(media.dtmf_payload_type is None, remove=True)

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
        self,
        remote: IceCredentials,
        candidates: tuple[Candidate, ...],
        *,
        local: IceCredentials | None = None,
        controlling: bool = False,
    ) -> tuple[IceCredentials, tuple[Candidate, ...]]:
        """Start a new generation of ICE; return its credentials, which may be given, and candidates."""
        if self._successor is not None:
            await self._close_ice(self._successor)
        ice = self._successor = self._new_ice(remote, local, controlling=controlling)
        await self._open(ice, candidates)
        self._scope.spawn("webrtc.ice.restart", self._run_ice(ice))
        return ice.credentials, self._described(ice)

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

    def _described(self, ice: IceConnection) -> tuple[Candidate, ...]:
        """Return our candidates for a description; to aioice a browser that comes by TCP is another UDP address."""
        addresses = self._advertised if self._mux.native.accepts_tcp else ()
        tcp = (tcp_candidate(*address, rank=rank) for rank, address in enumerate(addresses))
        return (*ice.local_candidates, *tcp)

    def _new_ice(
        self, remote: IceCredentials, local: IceCredentials | None = None, *, controlling: bool = False
    ) -> IceConnection:
        return IceConnection(
            advertised=self._advertised,
            remote=remote,
            remote_is_lite=self._remote.ice_lite,
            local=local,
            controlling=controlling,
            send=self._mux.send_stun,
            on_nominated=self._on_nominated,
        )

    async def _open(self, ice: IceConnection, candidates: tuple[Candidate, ...]) -> None:
        # In this order aioice pairs the candidates once, when it connects.
        await ice.add_candidates(candidates)
        await ice.gather_candidates()
        self._mux.add(ice, self._route)

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
