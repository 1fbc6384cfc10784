"""More idle connections over TLS and secure WebSockets than the server may open files: calls over UDP, TLS and WebSocket go on."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.raw_phone import RawPhone
from tests.support.server import Server, checked_server

IDLE = 1100
FILES = 1024
HOSTS = 40
NAMES = ("TLS", "WSS")
SOON_S = 5.0


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: free_port(ADDRESS) for name in NAMES}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]) -> Iterator[Server]:
    with checked_server(
        tmp_path_factory.mktemp("idle-tls"),
        launcher=("prlimit", f"--nofile={FILES}:{FILES}"),
        **{f"MIXMINUS_SIP_{name}_PORT": str(port) for name, port in ports.items()},
    ) as running:
        yield running


def connection(port: int, source: str) -> socket.socket:
    return socket.create_connection((ADDRESS, port), timeout=SOON_S, source_address=(source, 0))


def trusting(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.save_root(server.directory)))


@pytest.mark.parametrize("shakes", [False, True], ids=["before the handshake", "after the handshake"])
def test_idle_connections_stop_no_call(server: Server, ports: dict[str, int], shakes: bool) -> None:
    room, context = server.new_room(), trusting(server)
    with ExitStack() as stack:
        for count in range(IDLE):
            # One beyond its share is reset.
            with suppress(OSError):
                idle = stack.enter_context(connection(ports[NAMES[count % 2]], f"127.66.{count % HOSTS}.1"))
                if shakes:
                    stack.enter_context(context.wrap_socket(idle, server_hostname=ADDRESS))
        begun_s = time.monotonic()
        with RawPhone() as phone:
            phone.dial((server.host, server.sip_port), room)
        assert options(ports["TLS"], context) == b"SIP/2.0 200"
        assert handshake(ports["WSS"], context).startswith(b"HTTP/1.1 101")
        assert time.monotonic() - begun_s < SOON_S


def options(port: int, context: ssl.SSLContext) -> bytes:
    """Ask over TLS as a phone does; return the status."""
    with context.wrap_socket(connection(port, "127.67.1.1"), server_hostname=ADDRESS) as phone:
        phone.sendall(
            f"OPTIONS sip:{ADDRESS} SIP/2.0\r\nVia: SIP/2.0/TLS 127.67.1.1;branch=z9hG4bKt\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:{ADDRESS}>\r\nCall-ID: tls\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return phone.recv(2048)[:11]


def handshake(port: int, context: ssl.SSLContext) -> bytes:
    """Open a WebSocket as a browser does; return the response."""
    with context.wrap_socket(connection(port, "127.67.1.2"), server_hostname=ADDRESS) as browser:
        browser.sendall(
            f"GET /sip HTTP/1.1\r\nHost: {ADDRESS}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: sip\r\n\r\n".encode()
        )
        return browser.recv(2048)
