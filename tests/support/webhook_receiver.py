"""A receiver of webhooks: a real HTTP server on loopback that keeps requests and answers as the test says."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from tests.support.waiting import until

__all__ = ["Received", "WebhookReceiver", "open_receiver"]


@dataclass(frozen=True, slots=True)
class Received:
    """One received request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = orjson.loads(self.body)
        return body

    @property
    def type(self) -> str:
        return str(self.json["type"])


@dataclass
class WebhookReceiver:
    """Answers with ``answers`` in turn, then with 200."""

    server: TestServer
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return str(self.server.make_url("/hook"))

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.received]

    def answer(self, *statuses: int) -> None:
        self.answers.extend((status, {}) for status in statuses)

    def redirect(self, status: int, location: str) -> None:
        self.answers.append((status, {"Location": location}))

    async def got(self, count: int) -> list[Received]:
        """Wait for ``count`` requests, and return them."""
        await until(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def open_receiver(port: int | None = None) -> AsyncIterator[WebhookReceiver]:
    """Listen on loopback, on any port unless one is given."""

    async def take(request: web.Request) -> web.Response:
        headers = CIMultiDict(request.headers)
        body = await request.read()
        receiver.received.append(Received(request.method, request.path, headers, body))
        status, extra = receiver.answers.pop(0) if receiver.answers else (200, {})
        return web.Response(status=status, headers=extra)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    server = TestServer(app, port=port)
    receiver = WebhookReceiver(server)
    await server.start_server()
    try:
        yield receiver
    finally:
        await server.close()
