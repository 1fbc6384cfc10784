"""What lies outside the API proper: /ping for load balancers, open; /metrics for Prometheus, with an access key."""

from collections.abc import Iterator
from typing import Final

from aiohttp import web

from mixminus.api.json import json_response
from mixminus.api.metrics import CONTENT_TYPE, Metric, exposition
from mixminus.api.services import SERVICES, Services
from mixminus.errors import Unavailable

__all__ = ["ROUTES"]


async def ping(request: web.Request) -> web.Response:
    """GET /ping: 200 when phones and browsers can join, else 503."""
    if absent := [name for name, ready in request.app[SERVICES].readiness().items() if not ready]:
        raise Unavailable(f"not ready: {', '.join(absent)}")
    return json_response({"message": "pong"})


async def metrics(request: web.Request) -> web.Response:
    """GET /metrics."""
    text = exposition(_metrics(request.app[SERVICES]))
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})


def _metrics(services: Services) -> Iterator[Metric]:
    for name, count in services.counters().items():
        yield Metric(f"mixminus_{name.replace('.', '_')}_total", "counter", f"counter {name}", {"": count})
    lateness = services.tick_lateness_us()
    yield Metric(
        "mixminus_tick_lateness_us",
        "gauge",
        "how late ticks began, in microseconds",
        {f'{{quantile="{quantile}"}}': lateness[name] for name, quantile in QUANTILES},
    )
    for name, count in services.live_participants.counts().items():
        yield Metric(f"mixminus_{name}", "gauge", f"{name} now", {"": count})
    yield Metric(
        "mixminus_ready",
        "gauge",
        "whether a transport takes calls",
        {f'{{transport="{name}"}}': int(ready) for name, ready in services.readiness().items()},
    )


QUANTILES: Final = (("p50", "0.5"), ("p99", "0.99"), ("max", "1"))
ROUTES: Final = (web.get("/ping", ping), web.get("/metrics", metrics))
