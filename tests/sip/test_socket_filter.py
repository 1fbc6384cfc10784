"""What the kernel drops at a socket: the sources that are named, and no others."""

import contextlib
import socket

import pytest

from mixminus.sip.edge.udp_sockets import UdpSockets
from mixminus.sip.socket_filter import drop_sources, dropped


def bound(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.setblocking(False)
    return made


def heard(server: socket.socket, *senders: socket.socket) -> list[int]:
    """Let each send a datagram; return which of them arrived. On loopback they arrive at once."""
    for number, sender in enumerate(senders):
        sender.sendto(bytes([number]), server.getsockname())
    numbers = []
    with contextlib.suppress(BlockingIOError):
        while True:
            numbers.append(server.recv(100)[0])
    return numbers


def test_named_sources_are_dropped_and_counted() -> None:
    with (
        bound("127.0.0.1") as server,
        bound("127.1.0.1") as a,
        bound("127.1.0.2") as b,
        bound("127.1.0.3") as c,
    ):
        drop_sources(server, ["127.1.0.1", "2001:db8::/64", "127.1.0.3"])
        assert heard(server, a, b, c) == [1]
        assert dropped(server) == 2
        drop_sources(server, ["127.1.0.2"])
        assert heard(server, a, b, c) == [0, 2]
        drop_sources(server, [])
        assert heard(server, a, b, c) == [0, 1, 2]
        drop_sources(server, [])
        assert dropped(server) == 3


def test_a_list_of_the_greatest_length_is_accepted() -> None:
    with bound("127.0.0.1") as server, bound("127.1.0.32") as last, bound("127.1.0.33") as other:
        drop_sources(server, [f"127.1.0.{n}" for n in range(1, 33)])
        assert heard(server, last, other) == [1]


@pytest.mark.parametrize(("network", "arrives"), [("::/64", False), ("0:0:0:1::/64", True), ("1::/64", True)])
def test_ipv6_sources_are_networks(network: str, *, arrives: bool) -> None:
    with bound("::1") as server, bound("::1") as sender:
        drop_sources(server, ["2001:db8::/64", network, "127.0.0.1"])
        assert heard(server, sender) == ([0] if arrives else [])


def test_public_sockets_drop_for_all_families_and_count_together() -> None:
    sockets = UdpSockets()
    with (
        sockets.open("127.0.0.1", 0) as four,
        sockets.open("::1", 0) as six,
        bound("127.0.0.1") as a,
        bound("::1") as b,
    ):
        sockets.drop_sources(("127.0.0.1", "::/64"))
        assert heard(four, a) == heard(six, b) == []
        assert sockets.dropped() == 2
        sockets.drop_sources(())
        assert (heard(four, a), heard(six, b)) == ([0], [0])
    sockets.close()
