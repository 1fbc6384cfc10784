"""The services with HTTP API and event deliveries: phones without a network, but real HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from aiohttp import ClientWebSocketResponse, WSMsgType, web
from aiohttp.client import _WSRequestContextManager
from aiohttp.test_utils import TestClient

from mixminus.access.service import AccessService
from mixminus.clock import Clock
from mixminus.delivery.service import DeliveryService
from mixminus.model.access import CustomerSpec, Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.api.client import KEY
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock, SecondClock
from tests.support.database import database_url, node_directory
from tests.support.spread import NODES, open_client, open_membership

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
    with_phones: bool = False,
    **chosen: Any,
) -> AsyncIterator[Front]:
    """Open services and HTTP API, of one server or of several nodes; deliveries use the real clock unless one is given.

    ``with_phones``: phones call the first node.
    """
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        backends = [
            await stack.enter_async_context(
                _open_started(
                    node_directory(directory, number),
                    SecondClock(clock) if number else clock,
                    delivery_clock,
                    number,
                    chosen,
                )
            )
            for number in range(NODES)
        ]
        client = await stack.enter_async_context(
            open_client([each.services for each in backends], with_phones=with_phones)
        )
        first = backends[0]
        services = first.services
        yield Front(first, services.access, services.delivery, services.webrtc, client)


@asynccontextmanager
async def _open_started(
    directory: Path, clock: ManualClock, delivery_clock: Clock | None, number: int, chosen: dict[str, Any]
) -> AsyncIterator[Backend]:
    """Open the services of a server, or of a node, with their deliveries."""
    async with (
        open_membership(database_url(directory), number) as membership,
        open_backend(
            directory,
            clock,
            delivery_clock=delivery_clock if number == 0 else None,
            membership=membership,
            **chosen,
        ) as backend,
    ):
        await backend.services.access.ensure_default(KEY)
        await backend.services.delivery.start()
        try:
            yield backend
        finally:
            await backend.services.delivery.close()


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
