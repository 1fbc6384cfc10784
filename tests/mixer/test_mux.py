"""One UDP port for all browsers: STUN and DTLS are passed to Python, SRTP to the port of its source."""

import select
from collections.abc import Iterator

import pytest

from mixminus.errors import Conflict, InvalidArgument
from mixminus.mixer import Engine, EngineConfig, Mux, SrtpProfile
from tests.mixer.test_srtp_ports import SecurePhone
from tests.support.phone import RtpPhone
from tests.support.waiting import eventually

STUN = b"\x00\x01" + bytes(18)
DTLS = b"\x16\xfe\xff" + bytes(20)


@pytest.fixture
def mux(engine: Engine) -> Iterator[Mux]:
    with engine.open_mux("127.0.0.1", 0) as opened:
        yield opened


@pytest.fixture
def browser() -> Iterator[SecurePhone]:
    with SecurePhone(SrtpProfile.AES_CM_128_HMAC_SHA1_80) as phone:
        yield phone


def test_stun_and_dtls_are_received_with_their_source(engine: Engine, mux: Mux) -> None:
    with RtpPhone() as peer:
        for datagram in (STUN, DTLS, b"", b"\x40 TURN channel data", b"\xff"):
            peer.send_raw(mux.port, datagram)
        engine.tick()
        assert select.select([mux.fileno()], [], [], 0)[0]
        assert mux.receive() == [(STUN, peer.address), (DTLS, peer.address)]
        assert not select.select([mux.fileno()], [], [], 0)[0]
        assert engine.counters()["rtp_malformed"] == 3


def test_datagrams_are_sent_from_the_same_port(mux: Mux) -> None:
    with RtpPhone() as peer:
        mux.send(STUN, peer.address)
        assert peer.socket.recvfrom(100) == (STUN, ("127.0.0.1", mux.port))


def test_srtp_reaches_the_port_its_address_is_bound_to(
    engine: Engine, mux: Mux, browser: SecurePhone
) -> None:
    port = mux.open_port()
    assert (port.local_host, port.local_port) == ("127.0.0.1", mux.port)
    port.configure(browser.media(srtp=browser.keys, rtcp_mux=True, remote=None))
    browser.send(mux.port)
    engine.tick()
    assert engine.counters()["mux_unknown_source"] == 1
    mux.bind(browser.address, port)
    browser.send(mux.port)
    engine.tick()
    assert port.statistics().counters["rtp_received"] == 1
    mux.unbind(browser.address)
    browser.send(mux.port)
    engine.tick()
    assert engine.counters()["mux_unknown_source"] == 2


def test_media_is_sent_to_the_nominated_pair_only(engine: Engine, mux: Mux, browser: SecurePhone) -> None:
    port = mux.open_port()
    port.configure(browser.media(srtp=browser.keys, rtcp_mux=True, remote=None))
    with RtpPhone() as other_path:
        port.set_remote(browser.address)
        mux.bind(browser.address, port)
        mux.bind(other_path.address, port)
        other_path.send_raw(mux.port, browser.protected(bytes(160)))
        engine.tick(3)
        assert port.statistics().counters["rtp_received"] == 1
        assert len(browser.receive()) == 3
        port.set_remote(other_path.address)
        engine.tick(3)
        assert len(other_path.receive_raw()) == 3
        assert engine.events()[1:] == []


def test_a_flood_overruns_only_its_own_inbox(engine: Engine, mux: Mux, browser: SecurePhone) -> None:
    flooded, calm = mux.open_port(), mux.open_port()
    flooded.configure(browser.media(srtp=browser.keys, rtcp_mux=True))
    mux.bind(browser.address, flooded)
    with SecurePhone(SrtpProfile.AES_CM_128_HMAC_SHA1_80, fill=7) as other:
        calm.configure(other.media(srtp=other.keys, rtcp_mux=True))
        mux.bind(other.address, calm)
        engine.tick()
        for _ in range(100):
            browser.send(mux.port)
        other.send(mux.port)
        engine.tick()
    assert engine.counters()["mux_overrun"] == 36
    assert calm.statistics().counters["rtp_received"] == 1


def test_a_port_of_another_mux_cannot_be_bound(engine: Engine, mux: Mux) -> None:
    with pytest.raises(InvalidArgument):
        mux.bind(("127.0.0.1", 4000), engine.open_rtp_port())


def test_a_closed_mux_receives_nothing(engine: Engine, mux: Mux) -> None:
    port = mux.open_port()
    mux.close()
    mux.close()
    assert port.closed
    assert mux.fileno() == -1
    assert mux.receive() == []
    mux.send(STUN, ("127.0.0.1", 4000))
    with pytest.raises(Conflict):
        mux.open_port()


def test_two_browsers_are_served_by_threads_and_closed() -> None:
    profile = SrtpProfile.AES_CM_128_HMAC_SHA1_80
    with (
        Engine(EngineConfig()) as engine,
        engine.open_mux("127.0.0.1", 0) as mux,
        SecurePhone(profile) as one,
        SecurePhone(profile, fill=3) as two,
    ):
        engine.start()
        bridge = engine.open_bridge()
        ports = []
        for browser in (one, two):
            port = mux.open_port()
            port.configure(browser.media(srtp=browser.keys, rtcp_mux=True))
            mux.bind(browser.address, port)
            port.join(bridge)
            ports.append(port)
        one.send_raw(mux.port, one.packet(bytes(160)))
        two.send_raw(mux.port, two.packet(bytes(160)))
        one.send_protected(mux.port, STUN)
        eventually(lambda: engine.counters()["rtp_received"] == 2, what="both are received")
        assert select.select([mux.fileno()], [], [], 5)[0]
        assert mux.receive() == [(STUN, one.address)]
        eventually(lambda: bool(one.receive()) and bool(two.receive()), what="both are sent to")
        ports[0].close()
        before = engine.counters()["mux_unknown_source"]

        def refused() -> bool:
            one.send_protected(mux.port, b"\x80" + bytes(40))
            return engine.counters()["mux_unknown_source"] > before

        eventually(refused, what="a closed port's address is forgotten")
