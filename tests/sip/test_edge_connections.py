"""TCP connections of phones and of others: shares of hosts and prefixes, and deadlines."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mixminus.sip.edge.network import Network
from mixminus.sip.internal_headers import Flow
from tests.support.clock import ManualClock
from tests.support.waiting import until

OPTIONS = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Opened:
    """A network on loopback; the test turns the clock and says which hosts are known."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.counters: Counter[str] = Counter()
        self.known: set[str] = set()
        self.received: list[tuple[bytes, Flow]] = []
        self.network = Network(
            self.clock,
            lambda message, flow: self.received.append((message, flow)),
            lambda _message, _port: None,
            self.counters,
            is_known=lambda host: host in self.known,
        )

    async def connect(self, host: str) -> socket.socket:
        """Return a connection; it may be refused a moment later."""
        stream = socket.socket()
        stream.setblocking(False)
        stream.bind((host, 0))
        await asyncio.get_running_loop().sock_connect(stream, ("127.0.0.1", self.network.port))
        return stream


async def is_closed(stream: socket.socket) -> bool:
    """Return whether the other side closes within a moment."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.sock_recv(stream, 100), 0.2) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@asynccontextmanager
async def opened() -> AsyncIterator[Opened]:
    each = Opened()
    await each.network.open(("127.0.0.1",), 0, 0)
    try:
        yield each
    finally:
        await each.network.close()


async def test_unknown_host_and_its_prefix_have_a_share() -> None:
    async with opened() as net:
        streams = [await net.connect("127.0.9.1") for _ in range(40)]
        await until(lambda: net.counters["sip_edge_connection_refused"] == 8)
        for last in range(2, 10):
            streams += [await net.connect(f"127.0.9.{last}") for _ in range(20)]
        # 32 of the first, 96 of the eight others.
        await until(lambda: net.counters["sip_edge_connection_refused"] == 8 + 64)
        streams.append(await net.connect("127.0.10.1"))
        net.known.add("127.0.9.2")
        streams.append(await net.connect("127.0.9.2"))
        assert not await is_closed(streams[-1])
        assert not await is_closed(streams[-2])
        for stream in streams:
            stream.close()


async def test_newcomer_takes_the_place_of_the_oldest_silent_connection_of_the_most_crowded_prefix() -> None:
    async with opened() as net:
        crowd = [await net.connect(f"127.0.{20 + n % 8}.{1 + n // 32}") for n in range(760)]
        others = [await net.connect(f"127.0.{40 + n}.1") for n in range(8)]
        speaks = crowd[0]
        speaks.send(OPTIONS)
        await until(lambda: net.received)
        newcomer = await net.connect("127.0.60.1")
        await until(lambda: net.counters["sip_edge_connection_idle"] == 1)
        assert await is_closed(crowd[1]), "the oldest that has sent nothing"
        assert not await is_closed(newcomer)
        assert not await is_closed(speaks)
        assert net.counters["sip_edge_connection_refused"] == 0
        for stream in (*crowd, *others, newcomer):
            stream.close()


async def test_message_must_be_complete_in_time_however_slowly_it_comes() -> None:
    async with opened() as net:
        slow = await net.connect("127.0.9.1")
        for octet in OPTIONS[:12]:
            slow.send(bytes([octet]))
            assert not await is_closed(slow)
            net.clock.advance(2.6)
            net.network.close_idle(net.clock.monotonic_s())
        assert await is_closed(slow)
        slow.close()


async def test_connection_without_a_message_is_closed() -> None:
    async with opened() as net:
        silent, talking = await net.connect("127.0.9.1"), await net.connect("127.0.9.2")
        talking.send(OPTIONS)
        await until(lambda: net.received)
        net.clock.advance(31.0)
        net.network.close_idle(net.clock.monotonic_s())
        assert await is_closed(silent)
        assert not await is_closed(talking)
        net.clock.advance(120.0)
        net.known.add("127.0.9.2")
        net.network.close_idle(net.clock.monotonic_s())
        assert not await is_closed(talking)
        net.known.clear()
        net.network.close_idle(net.clock.monotonic_s())
        assert await is_closed(talking)
        silent.close()
        talking.close()
