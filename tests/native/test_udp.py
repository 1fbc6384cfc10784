"""Batches of datagrams, on loopback."""

import contextlib
import ctypes
import errno
import os
import select
import socket
import statistics
import time
from collections.abc import Iterator

import pytest

from tests.support.native import library

BATCH = 64
MAX_BYTES = 2048


class Address(ctypes.Structure):
    """``struct mm_address``: the union is as long as a ``sockaddr_in6``."""

    _fields_ = [("len", ctypes.c_uint32), ("sockaddr", ctypes.c_uint32 * 7)]


class Datagram(ctypes.Structure):
    """``struct mm_datagram``."""

    _fields_ = [
        ("source", Address),
        ("arrival_us", ctypes.c_int64),
        ("size", ctypes.c_size_t),
        ("content", ctypes.c_uint8 * MAX_BYTES),
    ]


class Out(ctypes.Structure):
    """``struct mm_udp_out``."""

    _fields_ = [("to", Address), ("size", ctypes.c_size_t), ("content", ctypes.c_uint8 * MAX_BYTES)]


def address(host: str, port: int) -> Address:
    made = Address()
    assert library().mm_address_parse(ctypes.byref(made), host.encode(), ctypes.c_uint16(port)) == 0
    return made


def equal(a: Address, b: Address) -> bool:
    compare = library().mm_address_equal
    compare.restype = ctypes.c_bool
    return bool(compare(ctypes.byref(a), ctypes.byref(b)))


@contextlib.contextmanager
def opened(host: str) -> Iterator[tuple[int, int]]:
    """A socket of ours: (file descriptor, port)."""
    fd = library().mm_udp_open(ctypes.byref(address(host, 0)), 1 << 18)
    assert fd >= 0
    try:
        yield fd, library().mm_udp_port(fd) & 0xFFFF
    finally:
        os.close(fd)


def receive(fd: int, expected: int, most: int = BATCH) -> list[Datagram]:
    """Wait until `expected` datagrams have come, at most `most` at a time."""
    got: list[Datagram] = []
    while len(got) < expected:
        readable, _, _ = select.select([fd], [], [], 5)
        assert readable
        batch = (Datagram * BATCH)()
        count = library().mm_udp_receive(fd, batch, ctypes.c_size_t(most))
        assert count >= 0
        got += batch[:count]
    return got


HOSTS = pytest.mark.parametrize("host", ["127.0.0.1", "::1"])


@pytest.mark.parametrize("host", ["localhost", "", "1.2.3", "::g", "127.0.0.1 "])
def test_invalid_addresses_are_refused(host: str) -> None:
    made = Address()
    code = library().mm_address_parse(ctypes.byref(made), host.encode(), ctypes.c_uint16(1))
    assert code == -errno.EINVAL


def test_addresses_compare_by_family_host_and_port() -> None:
    assert equal(address("127.0.0.1", 5), address("127.0.0.1", 5))
    assert equal(address("::1", 5), address("0:0::1", 5))
    assert not equal(address("127.0.0.1", 5), address("127.0.0.1", 6))
    assert not equal(address("127.0.0.1", 5), address("127.0.0.2", 5))
    assert not equal(address("::1", 5), address("::2", 5))
    assert not equal(address("::", 0), address("0.0.0.0", 0))


@HOSTS
@pytest.mark.parametrize("most", [1, BATCH])
def test_datagrams_are_received_with_source_and_time(host: str, most: int) -> None:
    with opened(host) as (sender, sender_port), opened(host) as (receiver, receiver_port):
        out = (Out * 100)()
        for n, datagram in enumerate(out):
            datagram.to, datagram.size = address(host, receiver_port), n
            datagram.content[:n] = bytes([n]) * n
        before_us = time.monotonic_ns() // 1000
        assert library().mm_udp_send_batch(sender, out, ctypes.c_size_t(100)) == 100
        after_us = time.monotonic_ns() // 1000
        got = receive(receiver, 100, most)
        now_us = time.monotonic_ns() // 1000
    assert [bytes(d.content[: d.size]) for d in got] == [bytes([n]) * n for n in range(100)]
    assert all(equal(d.source, address(host, sender_port)) for d in got)
    # Kernel timestamps are of the sending, not of our reading. A reading that is preempted between its two clocks is off.
    assert before_us - 1000 <= statistics.median(d.arrival_us for d in got) <= after_us + 1000
    assert all(d.arrival_us <= now_us for d in got)


def test_receiving_without_datagrams_returns_zero() -> None:
    with opened("127.0.0.1") as (fd, _):
        assert library().mm_udp_receive(fd, (Datagram * 1)(), ctypes.c_size_t(1)) == 0


@pytest.mark.parametrize("most", [1, 2])
def test_an_oversized_datagram_is_received_as_empty(most: int) -> None:
    with opened("127.0.0.1") as (fd, port), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.sendto(bytes(MAX_BYTES + 1), ("127.0.0.1", port))
        peer.sendto(bytes(MAX_BYTES), ("127.0.0.1", port))
        assert [d.size for d in receive(fd, 2, most)] == [0, MAX_BYTES]


def test_one_unreachable_peer_does_not_block_the_others() -> None:
    with opened("127.0.0.1") as (fd, port):
        out = (Out * 3)()
        # An IPv6 address does not fit an IPv4 socket.
        for datagram, to in zip(
            out, [address("127.0.0.1", port), address("::1", port), address("127.0.0.1", port)], strict=True
        ):
            datagram.to, datagram.size = to, 1
        assert library().mm_udp_send_batch(fd, out, ctypes.c_size_t(3)) == 2
        assert len(receive(fd, 2)) == 2


def test_a_single_datagram_is_sent() -> None:
    with opened("127.0.0.1") as (fd, port):
        to = address("127.0.0.1", port)
        assert library().mm_udp_send(fd, ctypes.byref(to), b"abc", ctypes.c_size_t(3)) == 0
        assert bytes(receive(fd, 1)[0].content[:3]) == b"abc"
        to = address("::1", port)
        assert library().mm_udp_send(fd, ctypes.byref(to), b"abc", ctypes.c_size_t(3)) < 0


def test_a_port_in_use_is_refused() -> None:
    with opened("127.0.0.1") as (_, port):
        code = library().mm_udp_open(ctypes.byref(address("127.0.0.1", port)), 0)
        assert code == -errno.EADDRINUSE


def test_a_socket_of_all_addresses_serves_both_families() -> None:
    with opened("::") as (fd, port):
        for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            with socket.socket(family, socket.SOCK_DGRAM) as peer:
                peer.bind((host, 0))
                peer.settimeout(5)
                peer.sendto(b"in", (host, port))
                (datagram,) = receive(fd, 1)
                # An IPv4 source is an IPv4 address, not a mapped one.
                assert equal(datagram.source, address(host, peer.getsockname()[1]))
                to = datagram.source
                assert library().mm_udp_send(fd, ctypes.byref(to), b"out", ctypes.c_size_t(3)) == 0
                content, source = peer.recvfrom(10)
                assert (content, source[:2]) == (b"out", (host, port))
                out = (Out * 2)()
                for each in out:
                    each.to, each.size = to, 1
                assert library().mm_udp_send_batch(fd, out, ctypes.c_size_t(2)) == 2
                assert [len(peer.recv(10)) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize(("wanted", "other"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_a_filter_on_a_socket_of_both_families_takes_the_source_alone(wanted: str, other: str) -> None:
    def peer(host: str) -> socket.socket:
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((host, 0))
        return made

    with opened("::") as (fd, port), peer(wanted) as right, peer(other) as wrong, peer(wanted) as second:
        source = address(wanted, right.getsockname()[1])
        assert library().mm_source_filter_set(fd, ctypes.byref(source), ctypes.c_bool(False)) == 0
        wrong.sendto(b"x", (other, port))
        second.sendto(b"y", (wanted, port))
        right.sendto(b"z", (wanted, port))
        assert [bytes(each.content[: each.size]) for each in receive(fd, 1)] == [b"z"]
        assert library().mm_source_filter_set(fd, ctypes.byref(source), ctypes.c_bool(True)) == 0
        wrong.sendto(b"x", (other, port))
        second.sendto(b"y", (wanted, port))
        assert [bytes(each.content[: each.size]) for each in receive(fd, 1)] == [b"y"]
        library().mm_source_filter_clear(fd)
        wrong.sendto(b"x", (other, port))
        assert [bytes(each.content[: each.size]) for each in receive(fd, 1)] == [b"x"]
