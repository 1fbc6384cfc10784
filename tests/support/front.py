"""The services with HTTP API and event deliveries: phones without a network, but real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.client import _WSRequestContextManager
from aiohttp.test_utils import TestClient, TestServer

from mixminus.access.service import AccessService
from mixminus.api.application import build
from mixminus.clock import Clock
from mixminus.delivery.connection import Limits
from mixminus.delivery.service import DeliveryService
from mixminus.model.access import CustomerSpec, Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.store.timestamps import TimestampStyle
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.api.client import KEY
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock

__all__ = ["KEY", "OPERATOR", "Front", "heard", "next_frame", "open_front", "subscribe"]


OPERATOR: Final = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)
SOON_S: Final = 40.0


@dataclass(frozen=True, slots=True)
class Front:
    """A client of the API, and the services behind it."""

    backend: Backend
    access: AccessService
    delivery: DeliveryService
    webrtc: WebRtcEndpoint
    client: TestClient[web.Request, web.Application]

    async def send(self, method: str, path: str, body: object = None, key: str = KEY) -> Any:
        """Send a request that must succeed, and return its JSON."""
        headers = {"Authorization": f"Bearer {key}"}
        async with self.client.request(method, path, json=body, headers=headers) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    def listen(self, query: str = "", key: str = KEY) -> _WSRequestContextManager:
        """Open the WebSocket, without answering pings."""
        return self.client.ws_connect(f"/v1.0/ws?token={key}{query}", autoping=False)

    async def webhook(self, uri: str) -> str:
        """Set the webhook through the API, and return its secret."""
        await self.send("PUT", "/v1.0/customer", {"webhook_method": "POST", "webhook_uri": uri})
        return str((await self.send("GET", "/v1.0/customer"))["webhook_secret"])

    async def events(self, query: str = "") -> list[dict[str, Any]]:
        """Read all events by REST, page by page."""
        found: list[dict[str, Any]] = []
        after = 0
        while page := await self.send("GET", f"/v1.0/events?after={after}{query}"):
            found += page["result"]
            if not page["result"]:
                break
            after = page["next_after"]
        return found

    async def other_customer(self) -> tuple[CustomerId, str]:
        """Create another customer; return its id and key."""
        customer = await self.access.customers.create(OPERATOR, CustomerSpec(name="other"))
        return customer.id, await self.access.keys.renew(customer.id, "key")


@asynccontextmanager
async def open_front(
    directory: Path,
    *,
    delivery_clock: Clock | None = None,
    limits: Limits | None = None,
    style: TimestampStyle = TimestampStyle.LEGACY,
    **chosen: Any,
) -> AsyncIterator[Front]:
    """Open services and HTTP API; deliveries use the real clock unless one is given."""
    async with open_backend(
        directory, ManualClock(), style=style, delivery_clock=delivery_clock, limits=limits, **chosen
    ) as backend:
        access = backend.services.access
        await access.ensure_default(KEY)
        delivery, webrtc = backend.services.delivery, backend.services.webrtc
        await delivery.start()
        try:
            async with TestClient(TestServer(build(backend.services))) as client:
                yield Front(backend, access, delivery, webrtc, client)
        finally:
            await delivery.close()


async def subscribe(socket: ClientWebSocketResponse[bool], *topics: str) -> None:
    """Subscribe to topics, and wait until the server has read it: it answers a ping sent afterwards."""
    await socket.send_str(orjson.dumps({"type": "subscribe", "topics": topics}).decode())
    await heard(socket)


async def heard(socket: ClientWebSocketResponse[bool]) -> list[Any]:
    """Return the frames that come before the answer to a ping sent now."""
    await socket.ping(b"heard")
    frames: list[Any] = []
    while True:
        message = await socket.receive(timeout=SOON_S)
        if message.type is WSMsgType.PONG:
            return frames
        assert message.type is WSMsgType.TEXT, message
        frames.append(orjson.loads(message.data))


async def next_frame(socket: ClientWebSocketResponse[bool]) -> Any:
    """Return the next event."""
    while True:
        message = await socket.receive(timeout=SOON_S)
        if message.type is WSMsgType.TEXT:
            return orjson.loads(message.data)
        assert message.type is WSMsgType.PING, message
        await socket.pong(message.data)
