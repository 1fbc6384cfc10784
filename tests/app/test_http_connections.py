"""HTTP connections have deadlines, a share for each source and a total; what authenticates or works is not cut."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, WSMsgType, web
from aiohttp.typedefs import Handler

from mixminus.api import connection
from mixminus.api.authentication import IDENTITY
from mixminus.api.connections import Connections
from mixminus.app.http import Listener
from mixminus.app.local_authority import LocalAuthority
from mixminus.model.access import Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.tls import ServerTls
from tests.app.test_tls import authority
from tests.support.clock import ManualClock
from tests.support.waiting import pace, until

LARGE: Final = b"x" * 30_000_000
KEY: Final = {"Authorization": "key"}


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    if "Authorization" in request.headers:
        request[IDENTITY] = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)
    return await handler(request)


async def read(request: web.Request) -> web.Response:
    return web.Response(body=str(len(await request.read())).encode())


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=LARGE)


async def echo(request: web.Request) -> web.WebSocketResponse:
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    async for message in answer:
        await answer.send_str(message.data)
    return answer


class Site:
    """A listener on loopback; the test advances its clock."""

    def __init__(self, connections: Connections, clock: ManualClock, port: int) -> None:
        self.connections = connections
        self.port = port
        self._clock = clock
        self._opened: list[socket.socket] = []

    def count(self, name: str) -> int:
        return self.connections.counters[f"api.connections_{name}"]

    def pass_s(self, seconds: float) -> None:
        """Let time pass, and close what is late."""
        self._clock.advance(seconds)
        self.connections.close_late()

    async def connect(self, host: str = "127.0.9.1", *, receive_bytes: int = 0) -> socket.socket:
        """Return a connection; it may be refused a moment later."""
        stream = socket.socket()
        if receive_bytes:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        stream.setblocking(False)
        stream.bind((host, 0))
        await asyncio.get_running_loop().sock_connect(stream, ("127.0.0.1", self.port))
        self._opened.append(stream)
        return stream

    def close(self) -> None:
        for each in self._opened:
            each.close()


@asynccontextmanager
async def opened(
    *, per_source: int = 64, total: int = 512, made: LocalAuthority | None = None
) -> AsyncIterator[Site]:
    clock = ManualClock()
    connections = Connections(clock, per_source=per_source, total=total)
    application = web.Application(
        middlewares=(connection.begin, authenticate, connection.prove), client_max_size=1 << 30
    )
    application.add_routes(
        [web.post("/read", read), web.get("/large", large), web.get("/echo", echo), web.get("/", read)]
    )
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    listener = Listener(runner.server, connections)
    tls = ServerTls(made.certificate, made.key).context if made else None
    try:
        site = Site(connections, clock, listener.listen("http", ("127.0.0.1",), 0, tls))
        yield site
        site.close()
    finally:
        await listener.close()
        await runner.cleanup()
    assert len(connections) == 0


async def is_closed(stream: socket.socket) -> bool:
    """Return whether the other side has closed, or does so within a moment."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.sock_recv(stream, 1), 0.2) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


async def send(stream: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(stream, data)


async def answer(stream: socket.socket) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(stream, 65_536), 5)


async def test_connection_without_a_request_ends_after_ten_seconds() -> None:
    async with opened() as site:
        silent, slow = await site.connect(), await site.connect()
        await until(lambda: len(site.connections) == 2)
        for octet in b"GET / HTTP":
            await send(slow, bytes([octet]))
            site.pass_s(0.9)
        assert not await is_closed(silent)
        site.pass_s(1.2)
        assert await is_closed(silent)
        assert await is_closed(slow)
        assert site.count("late:head") == 2


async def test_second_head_has_ten_seconds_from_its_first_byte() -> None:
    async with opened() as site:
        stream = await site.connect()
        await send(stream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200" in await answer(stream)
        site.pass_s(70)
        await send(stream, b"G")
        await pace(0.05)
        site.pass_s(9)
        assert not await is_closed(stream)
        site.pass_s(2)
        assert await is_closed(stream)


async def test_idle_connection_is_closed_and_one_that_has_authenticated_later() -> None:
    async with opened() as site:
        streams = [await site.connect() for _ in range(2)]
        for stream, header in zip(streams, (b"", b"Authorization: key\r\n"), strict=True):
            await send(stream, b"GET / HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n")
            assert b"200" in await answer(stream)
        site.pass_s(76)
        assert [await is_closed(each) for each in streams] == [True, False]
        site.pass_s(3600)
        assert await is_closed(streams[1])
        assert site.count("late:idle") == 2


async def test_body_that_goes_on_is_taken_and_one_that_stands_still_is_not() -> None:
    async with opened() as site:
        streams = [await site.connect() for _ in range(2)]
        for stream in streams:
            await send(stream, b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n")
        await pace(0.1)
        for _ in range(20):
            site.pass_s(50)
            await send(streams[0], b"x")
            await pace(0.02)
        assert b"20" in await answer(streams[0])
        assert await is_closed(streams[1])
        assert site.count("late:body") == 1


async def test_response_that_is_not_read_ends_unless_the_client_has_authenticated() -> None:
    async with opened() as site:
        streams = [await site.connect(receive_bytes=4096) for _ in range(2)]
        for stream, header in zip(streams, (b"", b"Authorization: key\r\n"), strict=True):
            await send(stream, b"GET /large HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n")
            await answer(stream)
        await pace(0.2)
        site.pass_s(61)
        await until(lambda: site.count("late:unread") == 1)
        site.pass_s(3600)
        assert len(site.connections) == 1


async def test_long_download_and_websocket_are_not_cut() -> None:
    async with opened() as site, ClientSession() as session:
        async with session.ws_connect(f"http://127.0.0.1:{site.port}/echo") as talking:
            async with session.get(f"http://127.0.0.1:{site.port}/large") as response:
                received = 0
                async for piece in response.content.iter_any():
                    received += len(piece)
                    site.pass_s(0.5)
            assert received == len(LARGE)
            site.pass_s(50_000)
            await talking.send_str("still here")
            message = await talking.receive(timeout=5)
            assert (message.type, message.data) == (WSMsgType.TEXT, "still here")
        assert not any(site.count(f"late:{state}") for state in ("head", "body", "unread"))


async def test_source_above_its_share_loses_its_own_oldest_connection() -> None:
    async with opened(per_source=4) as site:
        other = await site.connect("127.0.9.2")
        streams = [await site.connect() for _ in range(6)]
        await until(lambda: site.count("displaced") == 2)
        assert [await is_closed(each) for each in streams] == [True, True, False, False, False, False]
        assert not await is_closed(other)


async def test_connection_is_refused_while_all_of_its_source_are_being_served() -> None:
    async with opened(per_source=2) as site, ClientSession() as session:
        connector = "127.0.9.1"
        streams = []
        for _ in range(2):
            streams.append(await site.connect(connector))
            await send(
                streams[-1],
                b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            )
            assert b"101" in await answer(streams[-1])
        assert await is_closed(await site.connect(connector))
        assert site.count("refused") == 1
        assert not any([await is_closed(each) for each in streams])
        async with session.get(f"http://127.0.0.1:{site.port}/") as response:
            assert response.status == 200


async def test_authenticated_connections_and_those_of_a_local_proxy_have_no_share() -> None:
    async with opened(per_source=2) as site:
        for host, header in (("127.0.9.1", b"Authorization: key\r\n"), ("127.0.0.1", b"")):
            streams = [await site.connect(host) for _ in range(2)]
            streams += [await site.connect(host) for _ in range(4)] if host == "127.0.0.1" else []
            for stream in streams:
                await send(stream, b"GET / HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n")
                assert b"200" in await answer(stream)
            streams.append(await site.connect(host))
            assert not any([await is_closed(each) for each in streams])


async def test_total_is_bounded_and_others_are_served_nevertheless() -> None:
    async with opened(total=20) as site, ClientSession() as session:
        idle = [await site.connect(f"127.0.{9 + count % 8}.1") for count in range(100)]
        await until(lambda: site.count("displaced") == 80)
        assert len(site.connections) == 20
        for _ in range(5):
            async with session.get(f"http://127.0.0.1:{site.port}/") as response:
                assert response.status == 200
        assert sum([await is_closed(each) for each in idle[:80]]) == 80


async def test_tls_handshake_that_never_comes_counts_and_ends(tmp_path: Path) -> None:
    made = authority(tmp_path)
    async with opened(per_source=4, made=made) as site:
        silent = [await site.connect() for _ in range(6)]
        await until(lambda: site.count("displaced") == 2)
        assert [await is_closed(each) for each in silent] == [True] * 2 + [False] * 4
        nonsense = await site.connect("127.0.9.2")
        await send(nonsense, b"GET / HTTP/1.1\r\n\r\n")
        await until(lambda: len(site.connections) == 4)
        site.pass_s(11)
        assert all([await is_closed(each) for each in silent])
        async with ClientSession() as session:
            url = f"https://localhost:{site.port}/"
            async with session.get(url, ssl=_trusting(made)) as response:
                assert response.status == 200


def _trusting(made: LocalAuthority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(made.root))
