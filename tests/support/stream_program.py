"""Program: a WebSocket server that media streams are connected to; the test decides what it sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

__all__ = ["Program", "open_program"]


class Program:
    """Keeps what it receives; ``status`` other than 101 refuses the handshake, ``aborts`` drops connections at once."""

    def __init__(self) -> None:
        self.status = 101
        self.aborts = False
        self.url = ""
        self.attempts = 0
        self.socket: web.WebSocketResponse | None = None
        self.texts: list[Any] = []
        self.binaries: list[bytes] = []
        self.closed = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.status != 101:
            return web.Response(status=self.status)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.aborts:
            self._abort(request)
            return socket
        self.socket = socket
        self._request = request
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.texts.append(orjson.loads(message.data))
            elif message.type is WSMsgType.BINARY:
                self.binaries.append(message.data)
        self.closed.set()
        return socket

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._abort(self._request)

    def events(self, name: str) -> list[Any]:
        """Return the messages of one kind, ours or Twilio's."""
        return [each for each in self.texts if name in (each.get("type"), each.get("event"))]

    def _abort(self, request: web.Request) -> None:
        if request.transport is not None:
            request.transport.abort()


@asynccontextmanager
async def open_program() -> AsyncIterator[Program]:
    """Run a program on a free port of loopback."""
    program = Program()
    application = web.Application()
    application.router.add_get("/agent", program.handle)
    server = TestServer(application)
    await server.start_server()
    program.url = f"ws://127.0.0.1:{server.port}/agent"
    try:
        yield program
    finally:
        if program.socket and not program.closed.is_set():
            program.abort()
        await server.close()
