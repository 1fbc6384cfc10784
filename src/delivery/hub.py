"""Hub: all WebSocket connections by customer; a customer's events reach only its own clients."""

from collections import Counter, defaultdict

from aiohttp import WSCloseCode, web

from mixminus.clock import Clock
from mixminus.delivery.connection import LIMITS, Connection, Limits, Subscriber
from mixminus.delivery.feed import Backlog, Feed
from mixminus.delivery.topics import Frame
from mixminus.model.ids import CustomerId
from mixminus.store.outbox import Event

__all__ = ["Hub"]


class Hub:
    """Renders each event once and offers it to the connections of its customer."""

    def __init__(
        self, feed: Feed, backlog: Backlog, clock: Clock, counters: Counter[str], limits: Limits = LIMITS
    ) -> None:
        self._backlog = backlog
        self._clock = clock
        self._counters = counters
        self._limits = limits
        self._connections: defaultdict[CustomerId, set[Connection]] = defaultdict(set)
        feed.subscribe(self._on_event)

    def __len__(self) -> int:
        return sum(map(len, self._connections.values()))

    async def serve(self, request: web.Request, subscriber: Subscriber) -> web.WebSocketResponse:
        """Accept a WebSocket, serve it until either side closes it, and return the response."""
        if subscriber.after is not None:
            # Its last event may have been committed a moment ago; without this the client would get it again.
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
            subscriber,
            abort=transport.abort,
            backlog=self._backlog,
            clock=self._clock,
            counters=self._counters,
            limits=self._limits,
        )
        self._counters["delivery.sockets_opened"] += 1
        connections = self._connections[subscriber.audience.customer_id]
        connections.add(connection)
        try:
            await connection.run()
        finally:
            connections.discard(connection)
            if not connections:
                self._connections.pop(subscriber.audience.customer_id, None)
        return socket

    def close(self) -> None:
        """Close all connections, because the server stops."""
        for connections in self._connections.values():
            for connection in connections:
                connection.end(WSCloseCode.GOING_AWAY, "the server stops")

    def _on_event(self, event: Event) -> None:
        if connections := self._connections.get(event.customer_id):
            frame = Frame.of(event)
            for connection in connections:
                connection.offer(frame)
