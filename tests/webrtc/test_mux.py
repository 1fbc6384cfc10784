"""Whose datagram it is: peers told apart by ufrag, transaction and vouched address."""

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
    """What one peer was given."""

    lives_at: NetworkAddress | None = None
    requests: list[NetworkAddress] = field(default_factory=list)
    dtls: list[bytes] = field(default_factory=list)
    displaced: list[NetworkAddress] = field(default_factory=list)
    full: bool = False

    @property
    def route(self) -> Route:
        return Route(
            on_request=lambda _, __, address: self.requests.append(address),
            on_dtls=self._take_dtls,
            holds=lambda address: address == self.lives_at,
            on_displaced=self.displaced.append,
        )

    def _take_dtls(self, datagram: bytes) -> bool:
        if not self.full:
            self.dtls.append(datagram)
        return not self.full


@pytest.fixture
def mux(engine: Engine) -> PeerMux:
    return PeerMux(engine.open_mux("127.0.0.1", 0), SystemClock())


def admit(mux: PeerMux, inbox: Inbox) -> IceConnection:
    connection = IceConnection(
        advertised=("127.0.0.1", mux.native.port),
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


def test_an_address_is_a_peers_once_a_valid_request_has_come_from_it(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    mux.take(DTLS, HERE)
    assert (inbox.dtls, mux.counters["webrtc.dtls.unvouched"]) == ([], 1)
    mux.take(request(connection), HERE)
    mux.take(DTLS, HERE)
    mux.take(DTLS, THERE)
    assert (inbox.requests, inbox.dtls) == ([HERE], [DTLS])
    assert mux.counters["webrtc.dtls.unvouched"] == 2


def test_nobody_is_evicted_from_where_they_live(mux: PeerMux) -> None:
    """A participant with valid credentials may forge the source of its requests."""
    victim, thief = Inbox(), Inbox()
    connections = admit(mux, victim), admit(mux, thief)
    mux.take(request(connections[0]), HERE)
    victim.lives_at = HERE
    mux.take(request(connections[1]), HERE)
    mux.take(DTLS, HERE)
    assert (victim.dtls, victim.displaced, thief.requests) == ([DTLS], [], [])
    assert mux.counters["webrtc.stun.conflict"] == 1


def test_an_address_that_a_nat_has_given_to_another_is_the_others(mux: PeerMux) -> None:
    gone, newcomer = Inbox(), Inbox()
    connections = admit(mux, gone), admit(mux, newcomer)
    mux.take(request(connections[0]), HERE)
    mux.take(request(connections[1]), HERE)
    mux.take(DTLS, HERE)
    assert (gone.displaced, gone.dtls, newcomer.dtls) == ([HERE], [], [DTLS])


def test_a_peer_that_is_gone_gets_nothing(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    mux.take(request(connection), HERE)
    mux.remove(connection)
    mux.take(request(connection), HERE)
    assert (len(inbox.requests), mux.counters["webrtc.stun.unknown"]) == (1, 1)


def test_a_full_inbox_drops_and_counts(mux: PeerMux) -> None:
    inbox = Inbox(full=True)
    mux.take(request(admit(mux, inbox)), HERE)
    mux.take(DTLS, HERE)
    assert mux.counters["webrtc.dtls.overrun"] == 1


def test_a_known_peer_may_send_more_than_a_stranger_but_not_everything(mux: PeerMux) -> None:
    inbox = Inbox()
    connection = admit(mux, inbox)
    for _ in range(1000):
        mux.take(DTLS, THERE)
    stranger = 1000 - mux.counters["webrtc.limited"]
    mux.take(request(connection), HERE)
    for _ in range(1000):
        mux.take(DTLS, HERE)
    assert stranger < len(inbox.dtls) < 1000


@pytest.mark.parametrize(
    "datagram", [b"", b"\x00", b"\x00\x01" + bytes(18), b"\x40abc", b"\xc8", bytes(19), bytes(700)]
)
def test_nonsense_is_dropped_and_counted(mux: PeerMux, datagram: bytes) -> None:
    mux.take(datagram, HERE)
    assert mux.counters["webrtc.malformed"] + mux.counters["webrtc.stun.unknown"] == 1
