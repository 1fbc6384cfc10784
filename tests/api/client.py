"""A client of the HTTP API in a test: real services, a database in a temporary folder."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientResponse, web
from aiohttp.client import _RequestContextManager
from aiohttp.test_utils import TestClient

from mixminus.access.service import AccessService
from mixminus.mixer import Engine
from mixminus.model.access import CustomerSpec, Identity
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.store.database import Store
from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.waiting import until

__all__ = ["KEY", "METRICS_TOKEN", "ApiClient"]

OPERATOR: Final = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)
KEY: Final = "vb_test-key-of-the-first-customer"
METRICS_TOKEN: Final = "token-of-prometheus"


@dataclass(frozen=True, slots=True)
class ApiClient:
    """An HTTP client with an access key, and the parts of the server that a test needs besides the API."""

    client: TestClient[web.Request, web.Application]
    engine: Engine
    store: Store
    access: AccessService
    webrtc: WebRtcEndpoint

    def request(self, method: str, path: str, *, token: str = KEY, **options: Any) -> _RequestContextManager:
        """Send a request with the key, or another token, as a Bearer token; with none if ``token`` is empty."""
        headers = dict(options.pop("headers", None) or {})
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        return self.client.request(method, path, headers=headers, **options)

    async def send(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Return status and JSON body."""
        async with self.request(method, path, **options) as response:
            return response.status, await _body(response)

    async def get(self, path: str) -> tuple[int, Any]:
        return await self.send("GET", path)

    async def post(self, path: str, body: object) -> tuple[int, Any]:
        return await self.send("POST", path, json=body)

    async def other_customer(self) -> str:
        """Create another customer and return its key."""
        customer = await self.access.customers.create(OPERATOR, CustomerSpec(name="other"))
        return await self.access.keys.renew(customer.id, "key")

    async def room(self, type_: str = "conference", **options: Any) -> dict[str, Any]:
        """Create a room and return it as it was created, once it is progressing; ``options`` are those of ``send``."""
        _, room = await self.send("POST", "/v1.0/conferences", json={"type": type_}, **options)

        async def progressing() -> bool:
            _, seen = await self.send("GET", f"/v1.0/conferences/{room['id']}", **options)
            return bool(seen["status"] == "progressing")

        await until(progressing)
        assert isinstance(room, dict)
        return room


async def _body(response: ClientResponse) -> Any:
    return await response.json() if response.content_type == "application/json" else await response.text()
