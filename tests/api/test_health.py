"""Liveness and readiness: the process runs; it takes calls. Each cause makes it not ready, none of them not live."""

import pytest

from mixminus.api.services import SERVICES
from tests.api.client import ApiClient
from tests.support.database import ON_POSTGRESQL, server

CALL = {"destinations": [{"type": "sip", "target": "someone@127.0.0.1:9"}], "actions": []}


async def health(api: ApiClient, path: str) -> tuple[int, str]:
    """Return the status, and what is said of it; without a credential, as a load balancer asks."""
    async with api.request("GET", path, token="") as response:
        body = await response.json()
        return response.status, body.get("status") or body.get("message") or body["error"]["message"]


async def test_a_server_that_takes_calls_is_live_and_ready(api: ApiClient) -> None:
    assert await health(api, "/health/live") == (200, "live")
    assert await health(api, "/health/ready") == (200, "ready")


async def test_without_a_transport_it_is_live_and_not_ready(api: ApiClient) -> None:
    await api.webrtc.close()
    assert await health(api, "/health/live") == (200, "live")
    assert await health(api, "/health/ready") == (503, "not ready: webrtc")


async def test_while_it_drains_it_is_live_and_not_ready_and_refuses_calls(api: ApiClient) -> None:
    room = await api.room()
    assert api.client.app is not None
    api.client.app[SERVICES].admission.drain()
    assert await health(api, "/health/live") == (200, "live")
    assert await health(api, "/health/ready") == (503, "not ready: draining")
    assert await health(api, "/ping") == (503, "not ready: draining")
    sdp = {"data": "v=0\r\n", "headers": {"Content-Type": "application/sdp"}}
    for path, options in (
        ("/v1.0/calls", {"json": CALL}),
        ("/v1.0/groupcalls", {"json": CALL}),
        (f"/v1.0/conferences/{room['id']}/whip", sdp),
    ):
        async with api.request("POST", path, **options) as response:
            body = await response.json()
            assert (response.status, body["error"]["reason"]) == (503, "DRAINING"), path
            assert int(response.headers["Retry-After"]) > 0
    _, metrics = await api.get("/metrics")
    assert "mixminus_draining 1\n" in metrics
    assert "mixminus_admission_refused_total 3\n" in metrics
    assert (await api.get(f"/v1.0/conferences/{room['id']}"))[0] == 200


@pytest.mark.skipif(not ON_POSTGRESQL, reason="SQLite is a file: MIXMINUS_TEST_DATABASE=postgresql")
async def test_without_its_database_it_is_live_and_not_ready_until_it_is_back(api: ApiClient) -> None:
    server().stop()
    try:
        assert await health(api, "/health/live") == (200, "live")
        assert await health(api, "/health/ready") == (503, "not ready: database")
    finally:
        server().start()
    assert await health(api, "/health/ready") == (200, "ready")
