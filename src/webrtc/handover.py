"""Everything that depends on internals of aiortc and aioice: private attributes and undocumented behaviour.

- ICE without a socket (IceConnection): the one method of aioice that lists interfaces and opens sockets is
  overridden, and gives aioice a transport that sends through the shared mux. Nothing is done while nothing is to be
  checked.
- DTLS without ICE (DtlsLink): aiortc runs DTLS over any object that sends and receives
  datagrams. The one method that installs SRTP keys is overridden, and exports them to the engine.
- One certificate and SSL context for all peers, with cipher suites for those with RSA certificates (Certificates).
- Parsers (parse_stun, parse_session): which exceptions malformed input raises.

So no media packet passes through either library, and nothing is patched: both are subclassed. Other
modules use only their types (Candidate, Message, the classes of ``aiortc.sdp``).

Written for the versions in ``TESTED``; ``tests/webrtc/test_handover.py`` fails if an upgrade
changes what is used here.
"""

import asyncio
import re
import secrets
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from typing import Any, Final, cast

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, StunProtocol
from aioice.stun import Message, parse_message
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES, SRTPProtectionProfile, State
from aiortc.sdp import SessionDescription
from OpenSSL import SSL

from mixminus.clock import Clock
from mixminus.errors import InvalidArgument
from mixminus.hosts import family_of
from mixminus.model.media import SrtpKeys, SrtpProfile
from mixminus.webrtc.ice import MAX_CANDIDATES, IceCredentials, usable
from mixminus.webrtc.paths import NetworkAddress

__all__ = [
    "TESTED",
    "Certificate",
    "Certificates",
    "DtlsLink",
    "DtlsSetup",
    "IceConnection",
    "parse_session",
    "parse_stun",
]

TESTED: Final = {"aiortc": "1.16.0", "aioice": "0.13.0"}

_COMPONENT: Final = 1
_UNCHECKED: Final = (CandidatePair.State.WAITING, CandidatePair.State.FROZEN)
_PACE_S: Final = 0.02
"""Between two checks, as in aioice."""
_MOST_PREFERRED: Final = 65_535  # RFC 8445 section 5.1.2.1: the local preference
_UFRAG_BYTES: Final = 8
_PWD_BYTES: Final = 16  # RFC 8445 section 5.3 wants 128 bits of randomness
_DTLS_QUEUE: Final = 64
"""Datagrams: two flights of a handshake are about ten; more are dropped and counted."""
_RENEWED_S: Final = 86_400.0
# aiortc's cipher suites, for both kinds of certificates.
_KEYS: Final = (b"ECDSA", b"RSA")
_CIPHERS: Final = (b"AES128-GCM-SHA256", b"CHACHA20-POLY1305", b"AES128-SHA", b"AES256-SHA")
_SRTP_PROFILES: Final = {
    b"SRTP_AES128_CM_SHA1_80": SrtpProfile.AES_CM_128_HMAC_SHA1_80,
    b"SRTP_AEAD_AES_128_GCM": SrtpProfile.AEAD_AES_128_GCM,
    b"SRTP_AEAD_AES_256_GCM": SrtpProfile.AEAD_AES_256_GCM,
}

# aiortc rejects extension attributes after the URI (RFC 8285 section 5), which are not needed here.
_EXTMAP_ATTRIBUTES: Final = re.compile(r"^(a=extmap:\S+[ ]\S+)[^\r\n]*", re.MULTILINE)
# What aiortc's SDP parser raises for malformed lines: it validates by assertion and by unpacking.
_SDP_ERRORS: Final = (AssertionError, AttributeError, LookupError, StopIteration, TypeError, ValueError)
# What aioice's STUN parser raises for malformed messages.
_STUN_ERRORS: Final = (ValueError, LookupError, struct.error)


def parse_session(sdp: str) -> SessionDescription:
    """Parse SDP; InvalidArgument if it is malformed."""
    try:
        return SessionDescription.parse(_EXTMAP_ATTRIBUTES.sub(r"\1", sdp))
    except _SDP_ERRORS as error:
        raise InvalidArgument(f"the SDP offer is malformed: {error or type(error).__name__}") from None


def parse_stun(datagram: bytes) -> Message | None:
    """Parse a STUN message; None if it is malformed, or its FINGERPRINT is wrong."""
    try:
        return parse_message(datagram)
    except _STUN_ERRORS:
        return None


@dataclass(frozen=True, slots=True)
class DtlsSetup:
    """The peer's side of DTLS: its certificates, and which side starts the handshake (RFC 8842)."""

    fingerprints: tuple[RTCDtlsFingerprint, ...]
    role: str
    """The peer's role as aiortc names it: auto, client or server."""

    @property
    def our_role(self) -> str:
        """Return client if the peer leaves the choice, so that the handshake starts with our answer."""
        return "server" if self.role == "client" else "client"


class _MuxTransport(asyncio.DatagramTransport):
    """The object that aioice uses as its socket."""

    def __init__(self, protocol: StunProtocol, send: Callable[[bytes, NetworkAddress], None]) -> None:
        super().__init__()
        self._protocol = protocol
        self._send = send

    def sendto(self, data: Any, addr: Any = None) -> None:  # the signature is asyncio's
        self._send(data, addr)

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


class IceConnection(Connection):
    """One generation of ICE with one peer: full ICE, a host candidate of each family, no socket of its own."""

    def __init__(
        self,
        *,
        advertised: tuple[NetworkAddress, ...],
        remote: IceCredentials,
        remote_is_lite: bool,
        local: IceCredentials | None = None,
        controlling: bool = False,
        send: Callable[["IceConnection", bytes, NetworkAddress], None],
        on_nominated: Callable[["IceConnection", NetworkAddress], None],
    ) -> None:
        super().__init__(
            ice_controlling=remote_is_lite or controlling,
            local_username=local.ufrag if local else secrets.token_hex(_UFRAG_BYTES),
            local_password=local.pwd if local else secrets.token_hex(_PWD_BYTES),
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
    def is_closed(self) -> bool:
        """Whether consent was lost, or the connection closed."""
        return self._closed

    async def add_candidates(self, candidates: Iterable[Candidate]) -> None:
        """Add the remote candidates that our socket can reach, up to MAX_CANDIDATES."""
        # The end of candidates is not passed to aioice: it would fail for a browser of which no
        # candidate can be reached from here, although that browser may reach us.
        for candidate in filter(usable, candidates):
            if len(self._remote_candidates) < MAX_CANDIDATES:
                await self.add_remote_candidate(candidate)
        if self._early_checks_done:
            await self._check_added()

    async def _check_added(self) -> None:
        """Start the checks of candidates that came after ``connect`` has started all others, at its pace."""
        for _ in range(MAX_CANDIDATES):
            if not self._check_periodic():
                break
            await asyncio.sleep(_PACE_S)

    def _check_periodic(self) -> bool:
        """Start the next check; return whether another waits, or whether there is nothing to check yet.

        aioice would look for one 50 times a second until a check succeeds, because candidates may still come.
        """
        waits = super()._check_periodic()
        return waits and (not self._check_list or any(each.state in _UNCHECKED for each in self._check_list))

    def authenticates(self, request: Message) -> bool:
        """Return whether a request is authenticated as our peer's (RFC 8489 section 9.1.3)."""
        return request.attributes.get(
            "USERNAME"
        ) == f"{self.local_username}:{self.remote_username}" and request.check_message_integrity(
            self.local_password.encode()
        )

    def handle_request(self, request: Message, address: NetworkAddress, *, moved: bool) -> None:
        """Answer an authenticated request; ``moved`` makes it a nomination (see paths.py).

        One without PRIORITY, which RFC 8445 section 7.1.1 requires and FFmpeg's WHIP leaves out, gets the default.
        """
        request.attributes.setdefault("PRIORITY", candidate_priority(_COMPONENT, "prflx"))
        if moved:
            request.attributes["USE-CANDIDATE"] = None
        self.request_received(request, address, self._protocol_facing(address))

    def handle_response(self, response: Message, address: NetworkAddress) -> None:
        """Complete the transaction of a response; aioice checks its integrity."""
        transaction = self._protocol_facing(address).transactions.get(response.transaction_id)
        if transaction is not None:
            transaction.response_received(response, address)

    def _protocol_facing(self, address: NetworkAddress) -> StunProtocol:
        """Return the local candidate's protocol that has the family of an address; the first if none has."""
        family = family_of(address[0])
        found = (each for each in self._protocols if family_of(each.local_candidate.host) == family)
        return next(found, self._protocols[0])

    def remove_address(self, address: NetworkAddress) -> None:
        """Remove what aioice keeps of an address, so that a peer that moves often does not fill its lists."""
        self._remote_candidates = [
            candidate for candidate in self._remote_candidates if (candidate.host, candidate.port) != address
        ]
        for pair in [pair for pair in self._check_list if pair.remote_addr == address]:
            if pair.task is not None:
                pair.task.cancel()
            self._check_list.remove(pair)

    async def gather_candidates(self) -> None:
        """Take the mux's public addresses: aioice would list the interfaces and open a socket on each."""
        for at, (host, port) in enumerate(self._advertised):
            protocol = StunProtocol(self)
            protocol.connection_made(_MuxTransport(protocol, partial(self._send_datagram, self)))
            protocol.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", host),
                component=_COMPONENT,
                transport="udp",
                priority=candidate_priority(_COMPONENT, "host", _MOST_PREFERRED - at),
                host=host,
                port=port,
                type="host",
            )
            self._protocols.append(protocol)
            self._local_candidates.append(protocol.local_candidate)
        self._local_candidates_end = True

    def check_complete(self, pair: CandidatePair) -> None:
        """Call ``on_nominated`` for each newly nominated address."""
        super().check_complete(pair)
        nominated = self._nominated.get(_COMPONENT)
        if nominated is not None and nominated.remote_addr != self.nominated:
            self.nominated = nominated.remote_addr
            self._on_nominated(self, self.nominated)


class Certificate(RTCCertificate):
    """An ECDSA certificate, whose owner also connects to servers with RSA certificates, as Linphone's are."""

    @cached_property
    def fingerprint(self) -> RTCDtlsFingerprint:
        """The fingerprint that every peer knows."""
        return next(each for each in self.getFingerprints() if each.algorithm == "sha-256")

    @cached_property
    def _context(self) -> SSL.Context:
        context = super()._create_ssl_context(SRTP_PROFILES)
        context.set_cipher_list(b":".join(b"ECDHE-%s-%s" % each for each in product(_KEYS, _CIPHERS)))
        # No handshake continues another: each shows the certificate that is in its own description.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return context

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        """Return one context for all handshakes: to make one takes as long as to use it."""
        return self._context


class Certificates:
    """The certificate that peers get now, made anew each day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: Certificate | None = None
        self._made_at_s = 0.0

    @property
    def newest(self) -> Certificate:
        now_s = self._clock.monotonic_s()
        if self._newest is None or now_s - self._made_at_s >= _RENEWED_S:
            self._newest, self._made_at_s = Certificate.generateCertificate(), now_s
        return self._newest


class _Dtls(RTCDtlsTransport):
    """aiortc's DTLS, which exports the SRTP keys instead of using them."""

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
    """DTLS with one peer, over the address that ICE has nominated.

    It takes the place of aiortc's ICE transport, of which DTLS uses only ``_send``, ``_recv``
    and ``role``; therefore DTLS survives an ICE restart.
    """

    role = "controlled"

    def __init__(
        self,
        *,
        send: Callable[[bytes], None],
        on_closed: Callable[[], None],
        certificate: Certificate,
    ) -> None:
        self._send_datagram = send
        self._on_closed = on_closed
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=_DTLS_QUEUE)
        self._dtls = _Dtls(cast(RTCIceTransport, self), [certificate])

    def enqueue(self, datagram: bytes) -> bool:
        """Queue a received datagram; return False if the queue is full."""
        if self._queue.full():
            return False
        self._queue.put_nowait(datagram)
        return True

    async def handshake(self, setup: DtlsSetup) -> SrtpKeys | None:
        """Run the handshake; return the keys, or None if the peer's certificate is not the one in SDP."""
        self._dtls._set_role(setup.our_role)
        self._dtls.on("statechange", self._on_state_change)
        await self._dtls.start(RTCDtlsParameters(fingerprints=list(setup.fingerprints), role=setup.role))
        return self._dtls.srtp_keys if self._dtls.state == "connected" else None

    async def close(self) -> None:
        """Send close_notify if there is a connection."""
        await self._dtls.stop()
        self._dtls.remove_all_listeners()

    def _on_state_change(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._on_closed()

    async def _send(self, datagram: bytes) -> None:
        self._send_datagram(datagram)

    async def _recv(self) -> bytes:
        return await self._queue.get()
