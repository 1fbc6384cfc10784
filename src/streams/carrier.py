"""Carrier: carries a media stream over one WebSocket. Sends every 20 ms, receives messages when they arrive."""

import asyncio
import enum
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

from mixminus.clock import Clock
from mixminus.log import task_failed
from mixminus.streams.dialect import Message
from mixminus.streams.stream import MediaStream
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["Carrier", "Closed", "Socket"]

PERIOD_S: Final = 0.02
WRITE_S: Final = 10.0
"""A program that does not read for so long is disconnected."""


class Socket(Protocol):
    """A WebSocket, opened by a client or by the server."""

    async def send(self, message: Message) -> None:
        """Send a text or a binary message; ConnectionError once it is closed."""
        ...

    async def receive(self) -> Message | None:
        """Return the next message; None when the connection is closed."""
        ...

    @property
    def closed_normally(self) -> bool:
        """Whether the far end has closed it with 1000 (RFC 6455 section 7.4.1)."""
        ...

    async def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        ...


class Closed(enum.Enum):
    """Why a connection is closed."""

    OVER = enum.auto()
    """The stream has ended, or its room or call."""
    BY_FAR_END = enum.auto()
    LOST = enum.auto()
    """Closed with an error, or without a close frame."""
    SLOW = enum.auto()
    """The far end did not read."""


class Carrier:
    """One connection, from its opening to its close."""

    def __init__(self, socket: Socket, stream: MediaStream, clock: Clock, counters: Counter[str]) -> None:
        self._socket = socket
        self._stream = stream
        self._clock = clock
        self._counters = counters
        self._over: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def run(self) -> Closed:
        """Send and receive until the far end, the server, or the end of the room or call closes the connection."""
        scope = TaskScope(task_failed("streams"))
        scope.spawn("media send", self._send())
        closed = Closed.OVER
        try:
            closed = await unless([self._over, self._stream.ended], self._listen())
        except Interrupted:
            closed = self._over.result() if self._over.done() else Closed.OVER
        finally:
            await scope.close()
        if closed is Closed.OVER:
            await self._end()
        await self._socket.close()
        return closed

    async def _listen(self) -> Closed:
        while (message := await self._socket.receive()) is not None:
            self._stream.hear(message)
            if self._stream.full:
                await self._wait_for_room()
        return Closed.BY_FAR_END if self._socket.closed_normally else Closed.LOST

    async def _wait_for_room(self) -> None:
        """Unread messages fill the connection, and the far end has to wait."""
        self._counters["streams.held_back"] += 1
        while self._stream.full:
            await self._clock.sleep(PERIOD_S)

    async def _send(self) -> None:
        closed = Closed.OVER
        try:
            await self._send_all(self._stream.dialect.opening())
            while not self._stream.over:
                await self._clock.sleep(PERIOD_S)
                await self._send_all(self._stream.advance())
        except TimeoutError:
            self._counters["streams.slow"] += 1
            closed = Closed.SLOW
        except ConnectionError:
            return  # _listen ends as well
        finally:
            if closed is not Closed.OVER or self._stream.over:
                self._finish(closed)

    async def _send_all(self, messages: list[Message]) -> None:
        for message in messages:
            async with asyncio.timeout(WRITE_S):
                await self._socket.send(message)

    async def _end(self) -> None:
        with suppress(TimeoutError, ConnectionError):  # it is closed anyway
            await self._send_all(self._stream.dialect.closing())

    def _finish(self, closed: Closed) -> None:
        if not self._over.done():
            self._over.set_result(closed)
