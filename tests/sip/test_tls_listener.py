"""Connections that do not get on with their TLS handshake are bounded, and keep no phone out."""

import asyncio
import socket
from collections import Counter
from pathlib import Path

from mixminus.sip.edge.tls_listener import MAX_HANDSHAKES, TlsListener
from mixminus.tls import ServerTls
from tests.support.sip_tls import client_context, local_authority
from tests.support.waiting import until

MORE = 20


async def silent(host: str, port: int) -> socket.socket:
    """Return a connection that sends nothing."""
    stream = socket.socket()
    stream.setblocking(False)
    stream.bind((host, 0))
    await asyncio.get_running_loop().sock_connect(stream, ("127.0.0.1", port))
    return stream


def closed(streams: list[socket.socket]) -> list[int]:
    """Return the places of those that the other side has closed."""
    found = []
    for place, stream in enumerate(streams):
        try:
            if stream.recv(1) == b"":
                found.append(place)
        except BlockingIOError:
            continue
        except ConnectionResetError:
            found.append(place)
    return found


async def test_silent_connections_make_room_for_a_phone(tmp_path: Path) -> None:
    authority, counters = local_authority(tmp_path, "127.0.0.1"), Counter[str]()
    tls = ServerTls(authority.certificate, authority.key)
    served: list[asyncio.Protocol] = []

    def serve() -> asyncio.Protocol:
        served.append(asyncio.Protocol())
        return served[-1]

    listener = TlsListener(serve, tls.context, counters)
    port = listener.listen("127.0.0.1", 0)
    # One of a prefix of its own is older than all others, and stays.
    streams = [await silent("127.9.9.1", port)]
    streams += [await silent(f"127.10.{n % 3}.1", port) for n in range(MAX_HANDSHAKES - 1 + MORE)]
    await until(lambda: counters["sip_edge_connection_refused"] == MORE)
    await until(lambda: len(closed(streams)) == MORE)
    assert closed(streams) == list(range(1, MORE + 1)), "the oldest of the crowded prefixes"
    reader, writer = await asyncio.wait_for(
        asyncio.open_connection("127.0.0.1", port, ssl=client_context(authority)), 5
    )
    assert counters["sip_edge_connection_refused"] == MORE + 1
    writer.close()
    await listener.close()
    assert await reader.read() == b""
    for stream in streams:
        stream.close()
