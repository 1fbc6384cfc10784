"""PhoneMedia: the audio of a SIP phone by ICE and DTLS-SRTP, over the browsers' port (``call.secure_media``)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from aioice import Candidate
from aiortc import RTCDtlsFingerprint

from mixminus import log
from mixminus.call.secure_media import SecureExchange
from mixminus.errors import InvalidArgument
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.model.media import PortMedia, SrtpKeys
from mixminus.tasks import TaskScope
from mixminus.webrtc.handover import DtlsSetup
from mixminus.webrtc.ice import MAX_CANDIDATES, IceCredentials, parse_candidate, usable
from mixminus.webrtc.paths import NetworkAddress
from mixminus.webrtc.peer import OwnEnd, Peer, Shared

__all__ = ["PhoneMedia"]

_MAX_SSRC: Final = 2**32 - 1
_log = log.get("webrtc.phone")


@dataclass(slots=True)
class _Phone:
    """The far end as its last description says (``peer.Remote``)."""

    exchange: SecureExchange
    media: PortMedia

    @property
    def ice(self) -> IceCredentials:
        return IceCredentials(self.exchange.theirs.ufrag, self.exchange.theirs.pwd)

    @property
    def ice_lite(self) -> bool:
        return self.exchange.is_lite

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return tuple(_candidates(self.exchange.candidates))[:MAX_CANDIDATES]

    @property
    def dtls(self) -> DtlsSetup:
        fingerprints = tuple(
            RTCDtlsFingerprint(algorithm=each.algorithm, value=each.value)
            for each in self.exchange.fingerprints
        )
        return DtlsSetup(fingerprints, "server" if self.exchange.we_connect else "client")

    def port_media(self, *, srtp: SrtpKeys, ssrc: int, remote: NetworkAddress) -> PortMedia:
        return replace(self.media, srtp=srtp, ssrc=ssrc, remote=remote, remote_rtcp=None, rtcp_mux=True)


class PhoneMedia:
    """Opens a peer once there is an exchange and a configuration; implements ``call.secure_media.SecureMedia``."""

    def __init__(self, shared: Shared, scope: TaskScope) -> None:
        self._shared = shared
        self._scope = scope
        self._port = shared.mux.native.open_port()
        self._certificate = shared.certificates.newest
        self._ssrc = secrets.randbelow(_MAX_SSRC) + 1
        self._exchange: SecureExchange | None = None
        self._phone: _Phone | None = None
        self._peer: Peer | None = None
        self._closed = False
        self._on_lost: Callable[[HangupReason], Awaitable[None]] | None = None

    @property
    def port(self) -> Port:
        return self._port

    @property
    def fingerprint(self) -> str:
        found = self._certificate.fingerprint
        return f"{found.algorithm} {found.value}"

    @property
    def ssrc(self) -> int:
        return self._ssrc

    @property
    def address(self) -> tuple[tuple[str, ...], int]:
        return tuple(host for host, _ in self._shared.advertised), self._shared.advertised[0][1]

    def watch(self, on_lost: Callable[[HangupReason], Awaitable[None]]) -> None:
        """Call ``on_lost`` when no connection comes about, or when it is lost."""
        self._on_lost = on_lost

    def agree(self, exchange: SecureExchange) -> None:
        """Take an exchange: the first one, an ICE restart, or another certificate of the far end."""
        before, self._exchange = self._exchange, exchange
        if self._phone is None or self._peer is None or before is None:
            return
        self._phone.exchange = exchange
        if before.fingerprints != exchange.fingerprints or before.we_connect != exchange.we_connect:
            # RFC 8842 section 5.5: another certificate or role is another association.
            self._scope.spawn("phone.media.close", self._peer.close())
            self._open_peer(self._phone)
        elif before.theirs != exchange.theirs:
            self._scope.spawn("phone.media.restart", self._restart(self._peer, exchange))

    def configure(self, media: PortMedia) -> None:
        """Configure the port once the keys are there; the first call starts ICE."""
        if self._closed or self._exchange is None:
            return
        if self._phone is not None and self._peer is not None:
            self._phone.media = media
            self._peer.reconfigure()
            return
        self._phone = _Phone(self._exchange, media)
        self._open_peer(self._phone)

    def close(self) -> None:
        """Close the path and its port; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._scope.spawn("phone.media.close", self._close())

    def _open_peer(self, phone: _Phone) -> None:
        exchange = phone.exchange
        own = OwnEnd(
            ice=IceCredentials(exchange.ours.ufrag, exchange.ours.pwd),
            certificate=self._certificate,
            ssrc=self._ssrc,
            controlling=exchange.we_offered,
        )
        self._peer = peer = Peer(phone, self._port, self._shared, own)
        self._scope.spawn("phone.media", self._run(peer))

    async def _run(self, peer: Peer) -> None:
        """Connect, then wait until the peer is lost."""
        reason = await peer.lost() if await self._connect(peer) else HangupReason.FAILED
        if peer is self._peer and not self._closed and self._on_lost:
            _log.info("phone media lost", reason=reason.value)
            await self._on_lost(reason)

    async def _connect(self, peer: Peer) -> bool:
        await peer.open()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._shared.connect_timeout_s):
                return await peer.connect()
        return False

    async def _restart(self, peer: Peer, exchange: SecureExchange) -> None:
        await peer.restart(
            IceCredentials(exchange.theirs.ufrag, exchange.theirs.pwd),
            tuple(_candidates(exchange.candidates))[:MAX_CANDIDATES],
            local=IceCredentials(exchange.ours.ufrag, exchange.ours.pwd),
            controlling=exchange.we_offered,
        )

    async def _close(self) -> None:
        try:
            if self._peer is not None:
                await self._peer.close()
        finally:
            self._port.close()


def _candidates(lines: tuple[str, ...]) -> list[Candidate]:
    """Return the candidates that our socket can reach; malformed lines are left out."""
    found = []
    for line in lines:
        with suppress(InvalidArgument):
            candidate = parse_candidate(line)
            if usable(candidate):
                found.append(candidate)
    return found
