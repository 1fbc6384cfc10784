"""Link: an ordered connection between two nodes that share rooms: a WebSocket on the cluster address.

    satellite ── WebSocket, one for all rooms that it shares with this home ──> home

A satellite opens it when it first needs it. It ends when the other node does not answer for 10 s, is declared gone, or
takes messages too slowly; all that was shared by it ends then, on both sides, and the next call opens another. A record is
the name of a message's class and its fields as JSON.
"""

import asyncio
import functools
import typing
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from mixminus.cluster.messages import Message
from mixminus.cluster.peers import Peer
from mixminus.errors import Unavailable
from mixminus.log import get
from mixminus.tasks import Interrupted, unless

__all__ = ["HEARTBEAT_S", "MAX_RECORD_BYTES", "PATH", "Link", "LinkBroken", "Socket", "decode", "encode"]

log = get("cluster")

PATH: Final = "/internal/link"
HEARTBEAT_S: Final = 6.5
"""aiohttp waits half of it for the answer to a ping: a node that does not answer is dead after 10 s."""
_PING_S: Final = 1.0
"""aiohttp itself pings only what has been silent for long, and then waits for half of ``HEARTBEAT_S`` alone: without more
pings, a link would end when one of its nodes stands still for 3.3 s at that moment."""
MAX_RECORD_BYTES: Final = 1 << 18
_MAX_WAITING: Final = 4096
_CLASSES: Final[dict[str, type]] = {each.__name__: each for each in typing.get_args(Message)}
Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class LinkBroken(Unavailable):
    """The other node does not answer any more."""

    reason = "NODE_UNREACHABLE"


@functools.cache
def _adapter(name: str) -> TypeAdapter[Message]:
    return TypeAdapter(_CLASSES[name])


def encode(message: Message) -> str:
    """Return the record of a message."""
    name = type(message).__name__
    return f"{name} {_adapter(name).dump_json(message).decode()}"


def decode(record: str) -> Message | None:
    """Return the message; None for one that this version does not know, or that is malformed."""
    name, _, fields = record.partition(" ")
    if name not in _CLASSES:
        return None
    try:
        return _adapter(name).validate_json(fields)
    except ValidationError:
        return None


class Link:
    """One end of a connection; both have the same methods."""

    def __init__(self, socket: Socket, peer: Peer, counters: Counter[str]) -> None:
        self.peer = peer
        self._socket = socket
        self._counters = counters
        self._waiting: deque[str] = deque()
        self._written = asyncio.Event()
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when nothing is sent or received any more."""

    def send(self, message: Message) -> None:
        """Send a message, after all before it; LinkBroken if the link has ended, or ends because too much waits."""
        if self.broken.done():
            raise LinkBroken(f"node {self.peer.id} does not answer")
        if len(self._waiting) >= _MAX_WAITING:
            self._counters["cluster.links_overflowed"] += 1
            self.end()
            raise LinkBroken(f"node {self.peer.id} takes messages too slowly")
        self._waiting.append(encode(message))
        self._written.set()

    def end(self) -> None:
        """End the link; twice is harmless."""
        if not self.broken.done():
            self.broken.set_result(None)
            self._written.set()

    async def run(
        self, on_message: Callable[[Message], None], on_end: Callable[[], None] = lambda: None
    ) -> None:
        """Send what waits and pass on what comes, until the link ends; ``on_end`` is called then, at once."""
        try:
            await unless([self.broken, self.peer.gone], self._exchange(on_message))
        except (Interrupted, aiohttp.ClientError, OSError) as error:
            log.info("link ended", node_id=str(self.peer.id), cause=type(error).__name__)
        finally:
            self._counters["cluster.links_ended"] += 1
            self.end()
            on_end()
            await self._socket.close()  # which waits for a node that does not answer

    async def _exchange(self, on_message: Callable[[Message], None]) -> None:
        await asyncio.gather(self._read(on_message), self._write(), self._ping())

    async def _ping(self) -> None:
        while not self.broken.done():
            await asyncio.wait({self.broken}, timeout=_PING_S)
            if not self.broken.done():
                await self._socket.ping()

    async def _read(self, on_message: Callable[[Message], None]) -> None:
        try:
            async for received in self._socket:
                if received.type is not aiohttp.WSMsgType.TEXT:
                    continue
                if (message := decode(received.data)) is None:
                    self._counters["cluster.messages_ignored"] += 1
                    continue
                on_message(message)
        finally:
            self.end()

    async def _write(self) -> None:
        try:
            while not self.broken.done():
                await self._written.wait()
                self._written.clear()
                while self._waiting:
                    await self._socket.send_str(self._waiting.popleft())
        finally:
            self.end()
