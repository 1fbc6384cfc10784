"""Reconnect: keeps a media stream connected to a program, over one WebSocket after the other.

    connect --refused--> pause --> connect --opened--> carry --lost--> pause --> connect ...

Pauses double up to ``MAX_PAUSE_S``. A connection that lasted ``STEADY_S`` ends the series of failures, whose limit is
``MAX_FAILURES``. What is said while there is no connection is dropped, and counted.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Protocol

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.failures import Failures
from mixminus.log import task_failed
from mixminus.streams.carrier import PERIOD_S, Carrier, Closed, Socket
from mixminus.streams.stream import MediaStream
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["MAX_FAILURES", "Connector", "Reconnect"]

FIRST_PAUSE_S: Final = 0.5
MAX_PAUSE_S: Final = 8.0
MAX_FAILURES: Final = 10
"""With their pauses, about a minute."""
STEADY_S: Final = 10.0
LOST: Final = {
    Closed.LOST: "the program closed the connection with an error, or without a word",
    Closed.SLOW: "the program did not read for 10 seconds",
}


class Connector(Protocol):
    """Opens WebSockets: ``delivery.media_socket.MediaConnector``."""

    async def connect(self, url: str) -> Socket:
        """Open a WebSocket; InvalidArgument if another attempt is useless, Unavailable if one may succeed."""
        ...

    async def close(self) -> None:
        """Close what is open; closing twice is harmless."""
        ...


class Reconnect:
    """The connections of one stream; ``opened`` and ``lost`` are called at each of them."""

    def __init__(
        self,
        stream: MediaStream,
        clock: Clock,
        counters: Counter[str],
        *,
        opened: Callable[[], Awaitable[None]],
        lost: Callable[[str], Awaitable[None]],
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._counters = counters
        self._opened = opened
        self._lost = lost

    async def run(self, connect: Callable[[], Coroutine[Any, Any, Socket]]) -> None:
        """Connect again and again until the stream is over, or the program ends it.

        Raises InvalidArgument if the program refuses for good, Unavailable after too many failures.
        """
        failures = Failures(
            limit=MAX_FAILURES, first_pause_s=FIRST_PAUSE_S, max_pause_s=MAX_PAUSE_S, steady_s=STEADY_S
        )
        while not self._stream.over:
            began_s, lasted_s = self._clock.monotonic_s(), 0.0
            try:
                closed = await self._carry(await unless([self._stream.ended], self._skipping(connect())))
            except Unavailable as exc:
                self._counters["streams.connections_refused"] += 1
                error = str(exc)
            except Interrupted:
                return
            else:
                if closed in (Closed.OVER, Closed.BY_FAR_END):
                    return
                error = LOST[closed]
                self._counters["streams.connections_lost"] += 1
                await self._lost(error)
                lasted_s = self._clock.monotonic_s() - began_s
            await self._pause(failures.pause_s(error, lasted_s=lasted_s))

    async def _carry(self, socket: Socket) -> Closed:
        self._counters["streams.connections"] += 1
        await self._opened()
        return await Carrier(socket, self._stream, self._clock, self._counters).run()

    async def _skipping(self, connecting: Coroutine[Any, Any, Socket]) -> Socket:
        """Return the connection; what the program has sent is played meanwhile."""
        scope = TaskScope(task_failed("streams"))
        scope.spawn("media skip", self._skip())
        try:
            return await connecting
        finally:
            await scope.close()

    async def _skip(self) -> None:
        while not self._stream.over:
            self._stream.skip()
            await self._clock.sleep(PERIOD_S)
        self._stream.end()

    async def _pause(self, seconds: float) -> None:
        until_s = self._clock.monotonic_s() + seconds
        while not self._stream.over and self._clock.monotonic_s() < until_s:
            self._stream.skip()
            await self._clock.sleep(PERIOD_S)
