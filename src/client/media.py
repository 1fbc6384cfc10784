"""Media streams: the audio of a room or a call over a WebSocket, both ways (api.md section 9).

Audio is 16-bit signed little-endian PCM, 8 kHz, mono; the server sends 320 bytes every 20 ms.
"""

import json
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

from mixminus.client.errors import ConnectionFailed, StreamEnded
from mixminus.client.sockets import opening, target

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["AsyncMediaStream", "Mark", "MediaStream", "open_stream", "open_stream_async"]

_PIECE_BYTES: Final = 64_000
"""Two seconds a message: the server reads no message beyond what it has room for."""
_QUERY: Final = {"encapsulation": "sln"}
_CLEAR: Final = '{"type": "clear"}'


@dataclass(frozen=True, slots=True)
class Mark:
    """The answer to a mark: all audio that was sent before it was played, or was cleared."""

    name: str
    cleared: bool


class MediaStream:
    """The audio of a room or a call. One thread may send while another iterates.

    Iterating yields ``bytes``, what is heard, as PCM of 20 ms, and ``Mark``; it ends when the room or the call does. A
    stream that is not read for long is closed by the server.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def send(self, pcm: bytes) -> None:
        """Queue audio of any length; blocks while a quarter of an hour waits in the server.

        Raises StreamEnded when the room or the call has ended, ConnectionFailed when the connection was lost.
        """
        with _sending():
            for piece in _pieces(pcm):
                self._socket.send(piece)

    def mark(self, name: str) -> None:
        """Ask for a ``Mark`` when all audio sent so far was played; raises as ``send`` does."""
        with _sending():
            self._socket.send(_mark(name))

    def clear(self) -> None:
        """Drop what is not played yet; raises as ``send`` does."""
        with _sending():
            self._socket.send(_CLEAR)

    def __iter__(self) -> Iterator[bytes | Mark]:
        with _receiving():
            for frame in self._socket:
                if (received := _received(frame)) is not None:
                    yield received


class AsyncMediaStream:
    """The audio of a room or a call, in asyncio: see ``MediaStream``."""

    def __init__(self, socket: AsyncConnection) -> None:
        self._socket = socket

    async def send(self, pcm: bytes) -> None:
        """Queue audio of any length: see ``MediaStream.send``."""
        with _sending():
            for piece in _pieces(pcm):
                await self._socket.send(piece)

    async def mark(self, name: str) -> None:
        """Ask for a ``Mark`` when all audio sent so far was played; raises as ``send`` does."""
        with _sending():
            await self._socket.send(_mark(name))

    async def clear(self) -> None:
        """Drop what is not played yet; raises as ``send`` does."""
        with _sending():
            await self._socket.send(_CLEAR)

    async def __aiter__(self) -> AsyncIterator[bytes | Mark]:
        with _receiving():
            async for frame in self._socket:
                if (received := _received(frame)) is not None:
                    yield received


@contextmanager
def open_stream(client: "Client", path: str) -> Iterator[MediaStream]:
    """Open the stream of a room or a call; see ``Client.stream_conference``."""
    url, options = target(client, path, _QUERY)
    with opening(url):
        socket = connect(url, compression=None, **options)
    with socket:
        yield MediaStream(socket)


@asynccontextmanager
async def open_stream_async(client: "AsyncClient", path: str) -> AsyncIterator[AsyncMediaStream]:
    """Open the stream of a room or a call; see ``Client.stream_conference``."""
    url, options = target(client, path, _QUERY)
    with opening(url):
        socket = await connect_async(url, compression=None, **options)
    async with socket:
        yield AsyncMediaStream(socket)


def _pieces(pcm: bytes) -> Iterator[bytes]:
    for start in range(0, len(pcm), _PIECE_BYTES):
        yield pcm[start : start + _PIECE_BYTES]


def _mark(name: str) -> str:
    return json.dumps({"type": "mark", "name": name})


def _received(frame: str | bytes) -> bytes | Mark | None:
    """Return audio as it is and an answered mark; None for a message that only newer clients know."""
    if isinstance(frame, bytes):
        return frame
    message: dict[str, Any] = json.loads(frame)
    return Mark(message["name"], message["cleared"]) if message.get("type") == "mark" else None


@contextmanager
def _sending() -> Generator[None]:
    try:
        yield
    except ConnectionClosedOK:
        raise StreamEnded("the room or the call has ended") from None
    except ConnectionClosed as error:
        raise ConnectionFailed(f"the media stream was lost: {error}") from error


@contextmanager
def _receiving() -> Generator[None]:
    try:
        yield
    except ConnectionClosed as error:
        raise ConnectionFailed(f"the media stream was lost: {error}") from error
