"""The mux routes datagrams by ufrag, transaction id and authenticated address."""

from dataclasses import dataclass, field

import pytest
from aioice.stun import Class, Message, Method

from mixminus.clock import SystemClock
from mixminus.mixer import Engine
from mixminus.webrtc.handover import IceConnection
from mixminus.webrtc.ice import IceCredentials
from mixminus.webrtc.mux import PeerMux, Route
from mixminus.webrtc.paths import NetworkAddress

HERE, THERE = ("192.0.2.1", 4000), ("192.0.2.2", 4000)
DTLS = b"\x16\xfe\xfd"


@dataclass
class Inbox:
    """What was routed to one peer."""

    nominated: NetworkAddress | None = None
    requests: list[NetworkAddress] = field(default_factory=list)
    dtls: list[bytes] = field(default_factory=list)
    displaced: list[NetworkAddress] = field(default_factory=list)
    full: bool = False

    @property
    def route(self) -> Route:
        return Route(
            on_request=lambda _, __, address: self.requests.append(address),
            on_dtls=self._on_dtls,
            is_at=lambda address: address == self.nominated,
            on_displaced=self.displaced.append,
        )

    def _on_dtls(self, datagram: bytes) -> bool:
        if not self.full:
            self.dtls.append(datagram)
        return not self.full


@pytest.fixture
def mux(engine: Engine) -> PeerMux:
    return PeerMux(engine.open_mux("127.0.0.1", 0), SystemClock())


def admit(mux: PeerMux, inbox: Inbox) -> IceConnection:
    connection = IceConnection(
        advertised=(("127.0.0.1", mux.native.port),),
        remote=IceCredentials("rrrr", "r" * 22),
        remote_is_lite=False,
        send=mux.send_stun,
        on_nominated=lambda *_: None,
    )
    mux.add(connection, inbox.route)
    return connection


def request(connection: IceConnection) -> bytes:
    """Return a binding request as the connection's own peer signs it."""
    message = Message(Method.BINDING, Class.REQUEST)
    message.attributes["USERNAME"] = f"{connection.credentials.ufrag}:rrrr"
    message.attributes["PRIORITY"] = 1
    message.add_message_integrity(connection.credentials.pwd.encode())
    return bytes(message)


def test_an_address_is_mapped_to_a_peer_by_an_authenticated_request(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    mux.receive(DTLS, HERE)
    assert (inbox.dtls, mux.counters["webrtc.dtls.unvouched"]) == ([], 1)
    mux.receive(request(connection), HERE)
    mux.receive(DTLS, HERE)
    mux.receive(DTLS, THERE)
    assert (inbox.requests, inbox.dtls) == ([HERE], [DTLS])
    assert mux.counters["webrtc.dtls.unvouched"] == 2


def test_an_address_in_use_is_not_mapped_to_another_peer(mux: PeerMux) -> None:
    """A participant with valid credentials may forge the source of its requests."""
    victim, thief = Inbox(), Inbox()
    connections = admit(mux, victim), admit(mux, thief)
    mux.receive(request(connections[0]), HERE)
    victim.nominated = HERE
    mux.receive(request(connections[1]), HERE)
    mux.receive(DTLS, HERE)
    assert (victim.dtls, victim.displaced, thief.requests) == ([DTLS], [], [])
    assert mux.counters["webrtc.stun.conflict"] == 1


def test_an_abandoned_address_is_mapped_to_another_peer(mux: PeerMux) -> None:
    former, newcomer = Inbox(), Inbox()
    connections = admit(mux, former), admit(mux, newcomer)
    mux.receive(request(connections[0]), HERE)
    mux.receive(request(connections[1]), HERE)
    mux.receive(DTLS, HERE)
    assert (former.displaced, former.dtls, newcomer.dtls) == ([HERE], [], [DTLS])


def test_a_removed_connection_receives_nothing(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    mux.receive(request(connection), HERE)
    mux.remove(connection)
    mux.receive(request(connection), HERE)
    assert (len(inbox.requests), mux.counters["webrtc.stun.unknown"]) == (1, 1)


def test_a_datagram_for_a_full_queue_is_dropped_and_counted(mux: PeerMux) -> None:
    inbox = Inbox(full=True)
    mux.receive(request(admit(mux, inbox)), HERE)
    mux.receive(DTLS, HERE)
    assert mux.counters["webrtc.dtls.overrun"] == 1


def test_a_known_source_has_a_higher_limit_than_an_unknown_one(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    for _ in range(1000):
        mux.receive(DTLS, THERE)
    unknown = 1000 - mux.counters["webrtc.limited"]
    mux.receive(request(connection), HERE)
    for _ in range(1000):
        mux.receive(DTLS, HERE)
    assert unknown < len(inbox.dtls) < 1000


@pytest.mark.parametrize(
    "datagram", [b"", b"\x00", b"\x00\x01" + bytes(18), b"\x40abc", b"\xc8", bytes(19), bytes(700)]
)
def test_a_malformed_datagram_is_dropped_and_counted(mux: PeerMux, datagram: bytes) -> None:
    mux.receive(datagram, HERE)
    assert mux.counters["webrtc.malformed"] + mux.counters["webrtc.stun.unknown"] == 1
