"""Floods at a port: the kernel drops them, the peer stays audible, and is found again when it moves."""

from collections.abc import Iterator

import pytest

from mixminus.mixer import Engine, Port
from tests.support.phone import RtpPhone

FLOOD_A_TICK = 400


class Flood:
    """A port with a phone that was heard, and a flooder at another host."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.phone, self.flooder = RtpPhone(ssrc=1), RtpPhone(ssrc=3, host="127.0.0.2")
        self.port: Port = engine.open_rtp_port()
        self.port.configure(self.phone.media())
        self.talk(5)

    def talk(self, ticks: int, *, flood: int = 0, phone: RtpPhone | None = None) -> None:
        for _ in range(ticks):
            for _ in range(flood):
                self.flooder.send(self.port.local_port)
            (phone or self.phone).send(self.port.local_port)
            self.engine.tick()

    def counter(self, name: str) -> int:
        return self.port.statistics().counters[name]


@pytest.fixture
def flood(engine: Engine) -> Iterator[Flood]:
    scene = Flood(engine)
    yield scene
    scene.phone.close()
    scene.flooder.close()


def test_a_flood_does_not_push_out_the_phone(flood: Flood) -> None:
    flood.talk(3, flood=FLOOD_A_TICK)
    received = flood.counter("rtp_received")
    flood.talk(50, flood=FLOOD_A_TICK)
    assert flood.counter("rtp_received") == received + 50
    assert flood.counter("rtp_floods") == 1


def test_the_kernel_drops_what_floods(flood: Flood) -> None:
    flood.talk(3, flood=FLOOD_A_TICK)
    read = flood.counter("rtp_wrong_source")
    assert 0 < read < 3 * FLOOD_A_TICK
    flood.talk(50, flood=FLOOD_A_TICK)
    assert flood.counter("rtp_wrong_source") == read


def test_a_few_packets_of_others_close_nothing(flood: Flood) -> None:
    flood.talk(200, flood=3)
    assert flood.counter("rtp_floods") == 0
    assert flood.counter("rtp_wrong_source") == 600


def test_a_rebinding_is_found_after_two_seconds_of_silence(flood: Flood) -> None:
    flood.talk(3, flood=FLOOD_A_TICK)
    with RtpPhone(ssrc=1, sequence_number=flood.phone.sequence_number) as rebound:
        flood.talk(110, phone=rebound)
        rebound.receive_raw()
        flood.engine.tick()
        assert rebound.receive()


def test_a_re_invite_opens_the_port_at_once(flood: Flood) -> None:
    flood.talk(3, flood=FLOOD_A_TICK)
    with RtpPhone(ssrc=5) as moved:
        flood.port.configure(moved.media())
        flood.engine.tick()
        received = flood.counter("rtp_received")
        flood.talk(10, phone=moved)
        assert flood.counter("rtp_received") >= received + 9


def test_a_flood_of_reports_is_dropped_as_well(flood: Flood) -> None:
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x01"
    for _ in range(50):
        for _ in range(20):
            flood.flooder.send_raw(flood.port.local_port + 1, report)
        flood.talk(1)
    assert flood.counter("rtp_floods") == 1
    assert flood.counter("rtp_wrong_source") < 400
    flood.phone.send_raw(flood.port.local_port + 1, report)
    flood.engine.tick()
    assert flood.counter("rtcp_received") == 1
