"""Sockets are read in groups: none is skipped when ports open, close or are flooded."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mixminus.mixer import Engine, Port
from tests.support.phone import RtpPhone

PORTS = 40
"""More than two groups."""


@pytest.fixture
def phones() -> Iterator[list[RtpPhone]]:
    with ExitStack() as stack:
        yield [stack.enter_context(RtpPhone(ssrc=0x100 + i)) for i in range(PORTS)]


@pytest.fixture
def ports(engine: Engine, phones: list[RtpPhone]) -> list[Port]:
    bridge = engine.open_bridge()
    opened = []
    for phone in phones:
        port = engine.open_rtp_port()
        port.configure(phone.media())
        port.join(bridge)
        opened.append(port)
    engine.tick()
    return opened


def received(ports: list[Port]) -> list[int]:
    return [port.statistics().counters["rtp_received"] for port in ports]


def test_every_socket_is_read_in_every_tick(
    engine: Engine, phones: list[RtpPhone], ports: list[Port]
) -> None:
    for count in (1, 2):
        for phone, port in zip(phones, ports, strict=True):
            phone.send(port.local_port)
        engine.tick()
        assert received(ports) == [count] * PORTS


def test_a_burst_is_received_completely_and_in_order(
    engine: Engine, phones: list[RtpPhone], ports: list[Port]
) -> None:
    sizes = [i % 9 for i in range(PORTS)]
    for phone, port, size in zip(phones, ports, sizes, strict=True):
        for _ in range(size):
            phone.send(port.local_port)
    engine.tick()
    assert received(ports) == sizes
    assert not any(port.statistics().counters["jbuf_reordered"] for port in ports)


def test_remaining_sockets_are_read_after_others_close(
    engine: Engine, phones: list[RtpPhone], ports: list[Port]
) -> None:
    for gone in ports[::3]:
        gone.close()
    engine.tick()
    left = [pair for i, pair in enumerate(zip(phones, ports, strict=True)) if i % 3]
    for phone, port in left:
        phone.send(port.local_port)
    engine.tick()
    assert received([port for _, port in left]) == [1] * len(left)


def test_every_port_sends_through_its_own_socket(
    engine: Engine, phones: list[RtpPhone], ports: list[Port]
) -> None:
    for phone in phones:
        phone.receive()
    engine.tick(3)
    packets = [phone.receive() for phone in phones]
    assert [len(heard) for heard in packets] == [3] * PORTS
    assert len({heard[0].ssrc for heard in packets}) == PORTS
