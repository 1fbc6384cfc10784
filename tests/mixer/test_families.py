"""RTP ports and the browsers' port on sockets of both families: audio, latching, keeping others out."""

import socket
from collections.abc import Iterator

import numpy as np
import pytest

from mixminus.mixer import Engine, EngineConfig, RemoteChanged
from tests.support.phone import RtpPhone
from tests.support.tones import tone

HOSTS = ("127.0.0.1", "::1")


@pytest.fixture
def engine(nothing_left_behind: None) -> Iterator[Engine]:
    with Engine(EngineConfig(manual=True, rtp_host="::")) as opened:
        yield opened


def test_phones_of_both_families_hear_each_other(engine: Engine) -> None:
    with RtpPhone(host="127.0.0.1") as ada, RtpPhone(host="::1", ssrc=2) as bob:
        bridge = engine.open_bridge()
        ports = {}
        for phone in (ada, bob):
            ports[phone.host] = engine.open_rtp_port()
            ports[phone.host].configure(phone.media())
            ports[phone.host].join(bridge)
        spoken = tone(400, 1.0, sample_rate_hz=8000).reshape(-1, 160)
        for frame in spoken:
            ada.send(ports[ada.host].local_port, frame)
            bob.send(ports[bob.host].local_port)
            engine.tick()
        heard = bob.heard().astype(float)
        assert np.sqrt(np.mean(heard[4000:] ** 2)) > 1000
        assert np.abs(ada.heard()).max() < 100


@pytest.mark.parametrize("signalled", HOSTS)
@pytest.mark.parametrize("actual", HOSTS)
def test_a_port_latches_to_either_family(engine: Engine, signalled: str, actual: str) -> None:
    """A phone that names one address and sends from the other: a proxy between the families, or a phone with both."""
    with RtpPhone(host=signalled) as named, RtpPhone(host=actual, ssrc=2) as sending:
        port = engine.open_rtp_port()
        port.configure(named.media(signalling_hosts=(actual,)))
        for _ in range(5):
            sending.send(port.local_port)
            engine.tick()
        moved = [event for event in engine.events() if isinstance(event, RemoteChanged)]
        assert [(each.host, each.port) for each in moved] == [sending.address]
        sending.receive_raw()
        engine.tick()
        assert sending.receive()


@pytest.mark.parametrize(("mine", "attacker"), [HOSTS, HOSTS[::-1]])
def test_the_other_family_does_not_take_over_a_call(engine: Engine, mine: str, attacker: str) -> None:
    with RtpPhone(host=mine) as phone, RtpPhone(host=attacker, ssrc=3, sequence_number=9000) as other:
        port = engine.open_rtp_port()
        port.configure(phone.media())
        for _ in range(200):
            phone.send(port.local_port)
            other.send(port.local_port)
            engine.tick()
        phone.receive_raw()
        engine.tick()
        assert phone.receive()
        assert not other.receive()


def test_the_browsers_port_gives_each_source_the_family_that_it_has(engine: Engine) -> None:
    mux = engine.open_mux("::", 0)
    with RtpPhone(host="127.0.0.1") as four, RtpPhone(host="::1") as six:
        for phone in (four, six):
            phone.socket.sendto(b"\x16dtls", (phone.host, mux.port))
        received = []
        for _ in range(5):
            engine.tick()
            received += mux.receive()
        assert sorted(source for _, source in received) == sorted([four.address, six.address])
        for phone in (four, six):
            mux.send(b"\x16back", phone.address)
            phone.socket.settimeout(5)
            assert phone.socket.recv(10) == b"\x16back"


def test_a_port_on_one_address_has_one_family(nothing_left_behind: None) -> None:
    with Engine(EngineConfig(manual=True, rtp_host="::1")) as engine:
        port = engine.open_rtp_port()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", port.local_port))
