"""Hub: every WebSocket client, by customer; a customer's events reach no other customer's clients."""

from collections import Counter, defaultdict

from aiohttp import WSCloseCode, web

from mixminus.clock import Clock
from mixminus.delivery.backlog import Backlog
from mixminus.delivery.connection import LIMITS, Connection, Limits, Wish
from mixminus.delivery.feed import Feed
from mixminus.delivery.frame import Frame
from mixminus.model.ids import CustomerId
from mixminus.store.outbox import Event

__all__ = ["Hub"]


class Hub:
    """Hands each event to the connections of its customer, rendered once."""

    def __init__(
        self, feed: Feed, backlog: Backlog, clock: Clock, counters: Counter[str], limits: Limits = LIMITS
    ) -> None:
        self._backlog = backlog
        self._clock = clock
        self._counters = counters
        self._limits = limits
        self._connections: defaultdict[CustomerId, set[Connection]] = defaultdict(set)
        feed.subscribe(self._receive)

    def __len__(self) -> int:
        return sum(map(len, self._connections.values()))

    async def serve(self, request: web.Request, wish: Wish) -> web.WebSocketResponse:
        """Take the client in, talk to it until either side ends it, and return what was its answer."""
        if wish.after is not None:
            # What it has may have been committed a moment ago; else it would get some of that again.
            await self._backlog.catch_up()
        socket = web.WebSocketResponse(
            timeout=self._limits.close_s,
            autoping=False,
            compress=False,
            max_msg_size=self._limits.message_bytes,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        connection = Connection(
            socket,
            wish,
            abort=transport.abort,
            backlog=self._backlog,
            clock=self._clock,
            counters=self._counters,
            limits=self._limits,
        )
        self._counters["delivery.sockets_opened"] += 1
        own = self._connections[wish.audience.customer_id]
        own.add(connection)
        try:
            await connection.run()
        finally:
            own.discard(connection)
            if not own:
                self._connections.pop(wish.audience.customer_id, None)
        return socket

    def close(self) -> None:
        """Tell every client that the server stops."""
        for connections in self._connections.values():
            for connection in connections:
                connection.end(WSCloseCode.GOING_AWAY, "the server stops")

    def _receive(self, event: Event) -> None:
        if connections := self._connections.get(event.customer_id):
            frame = Frame.of(event)
            for connection in connections:
                connection.offer(frame)
