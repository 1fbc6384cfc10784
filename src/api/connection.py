"""One HTTP connection: aiohttp's protocol, which reports to its place what it waits for."""

import asyncio
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.typedefs import Handler

from mixminus.api import server_log
from mixminus.api.authentication import IDENTITY
from mixminus.api.connections import PROVEN_IDLE_S, Connections, Place, State

__all__ = ["Connection", "begin", "prove"]

_OPTIONS: Final[dict[str, Any]] = {"access_log": None, "keepalive_timeout": PROVEN_IDLE_S}


class Connection(web.RequestHandler):
    """Speaks HTTP on an accepted connection, and gives its place back at the end."""

    __slots__ = ("_connections", "place")

    def __init__(self, server: web.Server, connections: Connections, place: Place) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), logger=server_log.logger(), **_OPTIONS)
        self._connections = connections
        self.place = place

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.place.ends_by(cast("asyncio.Transport", transport).abort)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if data:  # aiohttp calls this without any to parse what it has kept
            now_s = self.place.heard_at_s = self._connections.clock.monotonic_s()
            if self.place.state is State.IDLE:
                self.place.enter(State.HEAD, now_s)
        super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.place.state is State.WORKING:
            self._enter(State.UNREAD)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.place.state is State.UNREAD:
            self._enter(State.WORKING)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send what a handler has returned; the connection is idle afterwards."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._enter(State.IDLE)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.release(self.place)
        super().connection_lost(exc)

    def _enter(self, state: State) -> None:
        self.place.enter(state, self._connections.clock.monotonic_s())

    def begin(self, request: web.Request) -> None:
        """Note that the head of a request is complete."""
        self.place.content = request.content
        self._enter(State.WORKING)


@web.middleware
async def begin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note on the connection that the head of a request is complete."""
    if isinstance(request.protocol, Connection):
        request.protocol.begin(request)
    return await handler(request)


@web.middleware
async def prove(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note on the connection that a request has authenticated."""
    if isinstance(request.protocol, Connection) and IDENTITY in request:
        request.protocol.place.proven = True
    return await handler(request)
