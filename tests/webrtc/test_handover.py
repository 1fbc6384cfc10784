"""The internals of aiortc and aioice are those that handover.py is written for."""

import asyncio
import inspect
import re
from importlib.metadata import version

import aioice.ice
import aioice.stun
import pytest
from aiortc import RTCCertificate, RTCDtlsTransport
from aiortc.rtcdtlstransport import SRTP_PROFILES

from mixminus.mixer import SrtpProfile
from mixminus.webrtc import handover
from mixminus.webrtc.handover import TESTED, Certificate, Certificates, DtlsLink, DtlsSetup, IceConnection
from mixminus.webrtc.ice import IceCredentials, parse_candidate
from tests.support.clock import ManualClock
from tests.support.waiting import until

ADVICE = "handover.py is written for other internals: read the diff of the release, then adapt it"


def test_installed_versions_are_the_tested_ones() -> None:
    assert {name: version(name) for name in TESTED} == TESTED, ADVICE


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (aioice.ice.Connection, "gather_candidates", ["self"]),
        (aioice.ice.Connection, "_check_periodic", ["self"]),
        (aioice.ice.Connection, "check_complete", ["self", "pair"]),
        (aioice.ice.Connection, "request_received", ["self", "message", "addr", "protocol"]),
        (aioice.ice.StunProtocol, "connection_made", ["self", "transport"]),
        (aioice.ice.StunProtocol, "connection_lost", ["self", "exc"]),
        (aioice.stun.Transaction, "response_received", ["self", "message", "addr"]),
        (aioice.stun.Message, "check_message_integrity", ["self", "key"]),
        (RTCDtlsTransport, "__init__", ["self", "transport", "certificates"]),
        (RTCCertificate, "_create_ssl_context", ["self", "srtp_profiles"]),
        (RTCDtlsTransport, "_setup_srtp", ["self"]),
        (RTCDtlsTransport, "_set_role", ["self", "role"]),
        (RTCDtlsTransport, "_set_state", ["self", "state"]),
        (RTCDtlsTransport, "start", ["self", "remoteParameters"]),
    ],
)
def test_overridden_and_called_methods_have_the_expected_signatures(
    owner: type, name: str, parameters: list[str]
) -> None:
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters, ADVICE


async def test_private_attributes_exist() -> None:
    connection = aioice.ice.Connection(ice_controlling=False)
    for name in (
        "_check_list",
        "_closed",
        "_early_checks_done",
        "_nominated",
        "_protocols",
        "_remote_candidates",
    ):
        assert hasattr(connection, name), ADVICE
    assert hasattr(aioice.ice.StunProtocol(connection), "transactions"), ADVICE


def test_dtls_uses_only_known_attributes_of_its_ice_transport() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    assert set(re.findall(r"self\.transport\.(\w+)", source)) == {"_recv", "_send", "role"}, ADVICE


def test_every_srtp_profile_is_known_to_the_engine() -> None:
    assert {profile.openssl_profile for profile in SRTP_PROFILES} <= set(handover._SRTP_PROFILES), ADVICE


CLIENT, SERVER = Certificate.generateCertificate(), Certificate.generateCertificate()


def linked() -> tuple[DtlsLink, DtlsLink, list[str]]:
    """Return two connected links, and the names of those that have closed."""
    ends: dict[str, DtlsLink] = {}
    closed: list[str] = []

    def end(name: str, other: str, certificate: Certificate) -> DtlsLink:
        def send(datagram: bytes) -> None:
            ends[other].enqueue(datagram)

        return DtlsLink(send=send, on_closed=lambda: closed.append(name), certificate=certificate)

    ends["client"], ends["server"] = end("client", "server", CLIENT), end("server", "client", SERVER)
    return ends["client"], ends["server"], closed


@pytest.mark.parametrize("number", ["first", "second"])
async def test_two_links_complete_a_handshake_with_the_same_keys(number: str) -> None:
    """Also where their certificates have been in another handshake."""
    client, server, closed = linked()
    ours, theirs = await asyncio.gather(
        client.handshake(DtlsSetup((SERVER.fingerprint,), "server")),
        server.handshake(DtlsSetup((CLIENT.fingerprint,), "client")),
    )
    assert ours is not None and theirs is not None
    assert ours.profile is theirs.profile is SrtpProfile.AEAD_AES_256_GCM
    assert (ours.rx_key, ours.tx_key) == (theirs.tx_key, theirs.rx_key)
    assert len(ours.rx_key) == 32 + 12
    await client.close()
    await until(lambda: "server" in closed)
    await server.close()


async def test_a_certificate_that_is_not_in_sdp_gives_no_keys() -> None:
    client, server, _ = linked()
    ours, theirs = await asyncio.gather(
        client.handshake(DtlsSetup((CLIENT.fingerprint,), "server")),
        server.handshake(DtlsSetup((CLIENT.fingerprint,), "client")),
    )
    assert ours is None and theirs is not None
    await client.close()
    await server.close()


async def test_handshakes_with_one_certificate_give_different_keys() -> None:
    found = []
    for _ in range(2):
        client, server, _ = linked()
        keys, _ = await asyncio.gather(
            client.handshake(DtlsSetup((SERVER.fingerprint,), "server")),
            server.handshake(DtlsSetup((CLIENT.fingerprint,), "client")),
        )
        assert keys is not None
        found.append(keys.rx_key)
        await client.close()
        await server.close()
    assert found[0] != found[1]


def test_peers_of_one_day_share_a_certificate() -> None:
    clock = ManualClock()
    certificates = Certificates(clock)
    first = certificates.newest
    assert certificates.newest is first
    clock.advance(86_399)
    assert certificates.newest is first
    clock.advance(1)
    assert certificates.newest.fingerprint != first.fingerprint


async def test_the_queue_of_a_link_is_bounded() -> None:
    client, _, _ = linked()
    assert [client.enqueue(b"\x16") for _ in range(65)] == [True] * 64 + [False]


async def test_candidates_are_checked_also_after_all_others_have_been() -> None:
    checked: list[str] = []
    connection = IceConnection(
        advertised=(("192.0.2.1", 1),),
        remote=IceCredentials("rrrr", "r" * 22),
        remote_is_lite=False,
        send=lambda _, __, address: checked.append(address[0]),
        on_nominated=lambda *_: None,
    )
    await connection.add_candidates([candidate("192.0.2.7"), candidate("192.0.2.8")])
    await connection.gather_candidates()
    connecting = asyncio.create_task(connection.connect())
    try:
        await until(lambda: set(checked) == {"192.0.2.7", "192.0.2.8"})
        await connection.add_candidates(
            [candidate("192.0.2.9"), candidate("192.0.2.10"), candidate("x.local")]
        )
        await until(lambda: set(checked) >= {"192.0.2.9", "192.0.2.10"})
        assert not connecting.done()
    finally:
        await connection.close()
        with pytest.raises(ConnectionError):
            await connecting


def candidate(host: str) -> aioice.Candidate:
    return parse_candidate(f"1 1 udp 2130706431 {host} 4000 typ host")


def test_a_request_is_authenticated_by_ufrag_and_password() -> None:
    connection = IceConnection(
        advertised=(("192.0.2.1", 1),),
        remote=IceCredentials("rrrr", "r" * 22),
        remote_is_lite=False,
        send=lambda *_: None,
        on_nominated=lambda *_: None,
    )

    def request(username: str, password: str, priority: int | None = 1) -> aioice.stun.Message:
        message = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
        message.attributes["USERNAME"] = username
        if priority is not None:
            message.attributes["PRIORITY"] = priority
        message.add_message_integrity(password.encode())
        return aioice.stun.parse_message(bytes(message))

    ours = connection.credentials
    assert connection.authenticates(request(f"{ours.ufrag}:rrrr", ours.pwd))
    assert not connection.authenticates(request(f"{ours.ufrag}:rrrr", "x" * 32))
    assert not connection.authenticates(request(f"{ours.ufrag}:other", ours.pwd))
    assert not connection.authenticates(request("other:rrrr", ours.pwd))
    assert connection.authenticates(request(f"{ours.ufrag}:rrrr", ours.pwd, priority=None))
