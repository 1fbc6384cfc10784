"""The TCP side of the browsers' port: frames, limits by source, deadlines (RFC 4571, RFC 6544)."""

import socket
import time
from collections.abc import Iterator

import pytest

from mixminus.mixer import Engine, Mux
from tests.support.waiting import eventually

STUN = bytes(20)
CONNECTIONS_OF_SOURCE = 16
UNVERIFIED_FRAMES = 64
VERIFY_S = 10.0
MOST_S = 30.0


@pytest.fixture
def mux(engine: Engine) -> Iterator[Mux]:
    with engine.open_mux("127.0.0.1", 0) as opened:
        opened.listen_tcp()
        yield opened


@pytest.fixture
def browser(mux: Mux) -> Iterator[socket.socket]:
    with connected(mux) as made:
        yield made


def connected(mux: Mux) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", mux.port), timeout=MOST_S)
    made.settimeout(MOST_S)
    return made


def framed(datagram: bytes) -> bytes:
    return len(datagram).to_bytes(2, "big") + datagram


def received(mux: Mux, count: int) -> list[tuple[bytes, tuple[str, int]]]:
    found: list[tuple[bytes, tuple[str, int]]] = []

    def enough() -> bool:
        found.extend(mux.receive())
        return len(found) >= count

    eventually(enough, what=f"{count} datagrams")
    return found


def read_exactly(browser: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size and (more := browser.recv(size - len(read))):
        read += more
    return read


def is_closed(browser: socket.socket) -> bool:
    try:
        return browser.recv(1) == b""
    except ConnectionResetError:
        return True


def counter(engine: Engine, name: str) -> int:
    return engine.counters()[name]


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_frames_are_datagrams_however_the_stream_is_cut(mux: Mux, browser: socket.socket, piece: int) -> None:
    sent = [STUN + bytes([number]) * number for number in range(5)]
    stream = framed(b"") + b"".join(map(framed, sent))  # a null packet is allowed
    browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(0, len(stream), piece):
        browser.sendall(stream[at : at + piece])
    assert [datagram for datagram, _ in received(mux, len(sent))] == sent


def test_answers_come_framed_to_the_right_connection(mux: Mux) -> None:
    with connected(mux) as one, connected(mux) as other:
        for number, each in enumerate((one, other)):
            each.sendall(framed(STUN + bytes([number])))
            ((_, address),) = received(mux, 1)
            assert address[0] == mux.relay_host
            mux.send(b"\x01" * (30 + number), address)
        assert read_exactly(one, 32) == framed(b"\x01" * 30)
        assert read_exactly(other, 33) == framed(b"\x01" * 31)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(framed(b"\x80" + bytes(40)), id="RTP at first"),
        pytest.param(framed(b"\x16" + bytes(40)), id="DTLS at first"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", id="HTTP"),
        pytest.param(b"\xff\xff" + bytes(4000), id="a frame longer than any datagram"),
        pytest.param(framed(STUN) * (UNVERIFIED_FRAMES + 1), id="many requests without an answer"),
    ],
)
def test_what_no_browser_sends_closes_the_connection(
    engine: Engine, mux: Mux, browser: socket.socket, sent: bytes
) -> None:
    before = counter(engine, "tcp_malformed")
    browser.sendall(sent)
    assert is_closed(browser)
    eventually(lambda: counter(engine, "tcp_malformed") == before + 1, what="it is counted")


def test_a_source_has_few_connections_that_are_not_verified(engine: Engine, mux: Mux) -> None:
    waiting = [connected(mux) for _ in range(CONNECTIONS_OF_SOURCE)]
    with connected(mux) as excess:
        assert is_closed(excess)
    eventually(lambda: counter(engine, "tcp_refused") == 1, what="it is counted")
    waiting[0].sendall(framed(STUN))
    ((_, address),) = received(mux, 1)
    mux.send(STUN, address)
    assert read_exactly(waiting[0], 22) == framed(STUN)
    with connected(mux) as another:  # the first is verified now
        another.sendall(framed(STUN))
        assert received(mux, 1)
    for each in waiting:
        each.close()


def test_a_connection_without_a_valid_request_is_closed_in_time(
    engine: Engine, mux: Mux, browser: socket.socket
) -> None:
    started = time.monotonic()
    browser.sendall(framed(STUN))
    assert is_closed(browser)
    assert time.monotonic() - started > VERIFY_S - 1
    eventually(lambda: counter(engine, "tcp_unverified") == 1, what="it is counted")


def test_frames_for_a_browser_that_does_not_read_are_dropped(
    engine: Engine, mux: Mux, browser: socket.socket
) -> None:
    browser.sendall(framed(STUN))
    ((_, address),) = received(mux, 1)

    def is_full() -> bool:
        for _ in range(100):
            mux.send(bytes(1200), address)
        return counter(engine, "tcp_overrun") > 0

    eventually(is_full, what="frames are dropped and counted")
    stream = browser.makefile("rb")
    for _ in range(20):  # what is read are whole frames
        assert stream.read(1202) == framed(bytes(1200))
    stream.close()


def test_closing_the_mux_closes_connections(engine: Engine) -> None:
    mux = engine.open_mux("127.0.0.1", 0)
    mux.listen_tcp()
    with connected(mux) as browser:
        browser.sendall(framed(STUN))
        assert received(mux, 1)
        mux.close()
        assert is_closed(browser)
    assert counter(engine, "tcp_accepted") == 1
