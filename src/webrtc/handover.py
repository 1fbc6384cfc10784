"""What mixminus knows of the insides of aiortc and aioice, and nothing else knows.

aioice runs ICE without a socket: its one method that would open sockets is overridden
and hands it a transport that speaks through the shared mux. aiortc runs DTLS over any
object that sends and receives datagrams; its one method that would install SRTP keys
is overridden and exports them instead. So no packet of media ever meets either, and
nothing is patched: both are subclassed.

Tied to ``TESTED``; ``tests/webrtc/test_handover.py`` fails when an upgrade moves what
is used here.
"""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol
from aioice.stun import Message
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import State

from mixminus.mixer.formats import SrtpKeys, SrtpProfile
from mixminus.webrtc.ice import IceCredentials
from mixminus.webrtc.paths import NetworkAddress
from mixminus.webrtc.sdp import DtlsSetup

__all__ = ["TESTED", "DtlsLink", "IceConnection"]

TESTED: Final = {"aiortc": "1.16.0", "aioice": "0.13.0"}

_COMPONENT: Final = 1
_UFRAG_BYTES: Final = 8
_PWD_BYTES: Final = 16  # RFC 8445 section 5.3 wants 128 bits of randomness
_DTLS_QUEUE: Final = 64
"""Datagrams: two flights of a handshake are some ten; what comes on top is dropped and counted."""
_SRTP_PROFILES: Final = {
    b"SRTP_AES128_CM_SHA1_80": SrtpProfile.AES_CM_128_HMAC_SHA1_80,
    b"SRTP_AEAD_AES_128_GCM": SrtpProfile.AEAD_AES_128_GCM,
    b"SRTP_AEAD_AES_256_GCM": SrtpProfile.AEAD_AES_256_GCM,
}


class _MuxTransport(asyncio.DatagramTransport):
    """What aioice takes for its socket."""

    def __init__(self, protocol: StunProtocol, send: Callable[[bytes, NetworkAddress], None]) -> None:
        super().__init__()
        self._protocol = protocol
        self._send = send

    def sendto(self, data: Any, addr: Any = None) -> None:  # the signature is asyncio's
        self._send(data, addr)

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


class IceConnection(Connection):
    """One generation of ICE with one peer: full ICE, one host candidate, no socket of its own."""

    def __init__(
        self,
        *,
        advertised: NetworkAddress,
        remote: IceCredentials,
        remote_is_lite: bool,
        send: Callable[["IceConnection", bytes, NetworkAddress], None],
        on_nominated: Callable[["IceConnection", NetworkAddress], None],
    ) -> None:
        super().__init__(
            ice_controlling=remote_is_lite,
            local_username=secrets.token_hex(_UFRAG_BYTES),
            local_password=secrets.token_hex(_PWD_BYTES),
        )
        self.remote_username = remote.ufrag
        self.remote_password = remote.pwd
        self.remote_is_lite = remote_is_lite
        self._advertised = advertised
        self._send_datagram = send
        self._on_nominated = on_nominated
        self.nominated: NetworkAddress | None = None

    @property
    def credentials(self) -> IceCredentials:
        return IceCredentials(self.local_username, self.local_password)

    @property
    def gone(self) -> bool:
        """Whether consent was lost, or the connection closed."""
        return self._closed

    def vouches(self, request: Message) -> bool:
        """Return whether a request proves to come from our peer (RFC 8489 section 9.1.3)."""
        return (
            request.attributes.get("USERNAME") == f"{self.local_username}:{self.remote_username}"
            and "PRIORITY" in request.attributes
            and request.check_message_integrity(self.local_password.encode())
        )

    def take_request(self, request: Message, address: NetworkAddress, *, moved: bool) -> None:
        """Answer a request that we vouch for; ``moved`` makes it a nomination (see paths.py)."""
        if moved:
            request.attributes["USE-CANDIDATE"] = None
        self.request_received(request, address, self._protocols[0])

    def take_response(self, response: Message, address: NetworkAddress) -> None:
        """Finish the transaction that the response belongs to; aioice checks its integrity."""
        transaction = self._protocols[0].transactions.get(response.transaction_id)
        if transaction is not None:
            transaction.response_received(response, address)

    def forget(self, address: NetworkAddress) -> None:
        """Drop what ICE keeps of an address, so that a peer that keeps moving costs nothing."""
        self._remote_candidates = [
            candidate for candidate in self._remote_candidates if (candidate.host, candidate.port) != address
        ]
        for pair in [pair for pair in self._check_list if pair.remote_addr == address]:
            if pair.task is not None:
                pair.task.cancel()
            self._check_list.remove(pair)

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 -- aioice's
    ) -> list[Candidate]:
        """Offer the mux's public address, instead of opening sockets on every interface."""
        protocol = StunProtocol(self)
        protocol.connection_made(_MuxTransport(protocol, partial(self._send_datagram, self)))
        host, port = self._advertised
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", host),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=host,
            port=port,
            type="host",
        )
        self._protocols.append(protocol)
        return [protocol.local_candidate]

    def check_complete(self, pair: CandidatePair) -> None:
        """Tell when ICE has settled on an address, and on each one after it."""
        super().check_complete(pair)
        nominated = self._nominated.get(_COMPONENT)
        if nominated is not None and nominated.remote_addr != self.nominated:
            self.nominated = nominated.remote_addr
            self._on_nominated(self, self.nominated)


class _Dtls(RTCDtlsTransport):
    """aiortc's DTLS, which gives the SRTP keys away instead of using them."""

    srtp_keys: SrtpKeys | None = None

    def _setup_srtp(self) -> None:
        """Export the keys as RFC 5764 section 4.2 orders them."""
        assert self._ssl is not None
        name = self._ssl.get_selected_srtp_profile()
        profile = next((known for known in self._srtp_profiles if known.openssl_profile == name), None)
        if profile is None:
            self._set_state(State.FAILED)
            return
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        client, server = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
        rx_key, tx_key = (client, server) if self._role == "server" else (server, client)
        self.srtp_keys = SrtpKeys(_SRTP_PROFILES[name], rx_key=rx_key, tx_key=tx_key)


class DtlsLink:
    """DTLS with one peer, over whatever address ICE has settled on.

    It stands where aiortc expects its ICE transport, of which DTLS uses only ``_send``,
    ``_recv`` and ``role``; so DTLS outlives any generation of ICE.
    """

    role = "controlled"

    def __init__(self, *, send: Callable[[bytes], None], on_closed: Callable[[], None]) -> None:
        self._send_datagram = send
        self._on_closed = on_closed
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=_DTLS_QUEUE)
        self._dtls = _Dtls(cast(RTCIceTransport, self), [RTCCertificate.generateCertificate()])

    @property
    def fingerprint(self) -> RTCDtlsFingerprint:
        return next(
            fingerprint
            for fingerprint in self._dtls.getLocalParameters().fingerprints
            if fingerprint.algorithm == "sha-256"
        )

    def take(self, datagram: bytes) -> bool:
        """Queue a DTLS datagram; return whether there was room."""
        if self._queue.full():
            return False
        self._queue.put_nowait(datagram)
        return True

    async def handshake(self, setup: DtlsSetup) -> SrtpKeys | None:
        """Shake hands; return the keys, or None when the peer is not who SDP said."""
        self._dtls._set_role(setup.our_role)
        self._dtls.on("statechange", self._state_changed)
        await self._dtls.start(RTCDtlsParameters(fingerprints=list(setup.fingerprints), role=setup.role))
        return self._dtls.srtp_keys if self._dtls.state == "connected" else None

    async def close(self) -> None:
        """Say close_notify if there is somebody to hear it."""
        await self._dtls.stop()
        self._dtls.remove_all_listeners()

    def _state_changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._on_closed()

    async def _send(self, datagram: bytes) -> None:
        self._send_datagram(datagram)

    async def _recv(self) -> bytes:
        return await self._queue.get()
