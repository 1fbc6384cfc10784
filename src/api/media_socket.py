"""MediaSocket: the WebSocket of a media stream. Sends every 20 ms, receives messages when they arrive."""

import asyncio
from collections import Counter
from typing import Final

import orjson
from aiohttp import WSMsgType, web

from mixminus.clock import Clock
from mixminus.log import task_failed
from mixminus.streams.speech import Reached
from mixminus.streams.stream import MediaStream
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["MediaSocket"]

PERIOD_S: Final = 0.02
WRITE_S: Final = 10.0
"""A client that does not read for so long is disconnected."""


class MediaSocket:
    """Carries a media stream over a WebSocket, from the handshake to the close."""

    def __init__(
        self, socket: web.WebSocketResponse, stream: MediaStream, clock: Clock, counters: Counter[str]
    ) -> None:
        self._socket = socket
        self._stream = stream
        self._clock = clock
        self._counters = counters
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Send and receive until the client, the server, or the end of the room or call closes the stream."""
        scope = TaskScope(task_failed("streams"))
        scope.spawn("media send", self._send())
        try:
            await unless([self._over, self._stream.ended], self._listen())
        except Interrupted:
            pass
        finally:
            await scope.close()
        await self._socket.close()

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                self._stream.give(message.data)
                # Unread messages fill the connection, and the client has to wait.
                while self._stream.full:
                    await self._clock.sleep(PERIOD_S)
            elif message.type is WSMsgType.TEXT:
                self._stream.command(message.data)

    async def _send(self) -> None:
        try:
            while not self._stream.over:
                await self._clock.sleep(PERIOD_S)
                for mark in self._stream.advance():
                    async with asyncio.timeout(WRITE_S):
                        await self._socket.send_str(_notice(mark))
                for message in self._stream.take():
                    async with asyncio.timeout(WRITE_S):
                        await self._socket.send_bytes(message)
        except TimeoutError:
            self._counters["streams.slow"] += 1
        except ConnectionError:
            pass  # _listen ends as well
        finally:
            if not self._over.done():
                self._over.set_result(None)


def _notice(mark: Reached) -> str:
    return orjson.dumps({"type": "mark", "name": mark.name, "cleared": mark.cleared}).decode()
