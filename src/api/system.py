"""/ping for load balancers and /ca.pem for clients, open; /metrics for Prometheus, with an access key."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from aiohttp import web

from mixminus.api.metrics import CONTENT_TYPE, Metric, exposition, families
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.api.services import Services
from mixminus.errors import NotFound, Unavailable
from mixminus.wire.view import View

__all__ = ["resource"]

QUANTILES: Final = (("p50", "0.5"), ("p99", "0.99"), ("max", "1"))

resource: Final = Resource("System")
operation = partial(Operation, resource)


class PongView(View):
    """The server is ready."""

    message: Literal["pong"] = "pong"


@operation(
    "GET",
    "/ping",
    "Check whether the server is ready",
    errors=(Unavailable,),
    outside=True,
    open=True,
    head=True,
)
async def ping(call: ApiCall) -> PongView:
    """503 while phones or browsers cannot join."""
    if absent := [name for name, ready in call.services.process.readiness().items() if not ready]:
        raise Unavailable(f"not ready: {', '.join(absent)}")
    return PongView()


@operation(
    "GET",
    "/ca.pem",
    "Get the root certificate of the server's own authority",
    answers=(Answer(description="PEM.", media_type="application/x-pem-file"),),
    errors=(NotFound,),
    outside=True,
    open=True,
    head=True,
)
async def root_certificate(call: ApiCall) -> web.Response:
    """For phones and browsers that are to trust this server; 404 if it uses a certificate of another authority."""
    root = call.services.root_certificate
    if root is None:
        raise NotFound("this server has no certificate authority of its own")
    pem = await asyncio.to_thread(root.read_bytes)
    return web.Response(body=pem, headers={"Content-Type": "application/x-pem-file"})


@operation(
    "GET",
    "/metrics",
    "Get metrics",
    answers=(Answer(description="Text format 0.0.4.", media_type="text/plain"),),
    outside=True,
    head=True,
)
async def metrics(call: ApiCall) -> web.Response:
    """For Prometheus."""
    text = exposition(_metrics(call.services))
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})


def _metrics(services: Services) -> Iterator[Metric]:
    for name, samples in families(services.counters()).items():
        yield Metric(f"mixminus_{name.replace('.', '_')}_total", "counter", f"counter {name}", samples)
    lateness = services.tick_lateness_us()
    yield Metric(
        "mixminus_tick_lateness_us",
        "gauge",
        "how late ticks began, in microseconds",
        {f'{{quantile="{quantile}"}}': lateness[name] for name, quantile in QUANTILES},
    )
    yield Metric(
        "mixminus_mixing_load",
        "gauge",
        "CPU time of the busiest mixing thread, as a share of the time it has",
        {"": services.engine.load().busiest},
    )
    for name, count in services.live_participants.counts().items():
        yield Metric(f"mixminus_{name}", "gauge", f"{name} now", {"": count})
    for name, value in services.delivery.gauges.items():
        yield Metric(f"mixminus_{name}", "gauge", name.replace("_", " "), {"": value})
    yield Metric(
        "mixminus_ready",
        "gauge",
        "whether a transport takes calls",
        {f'{{transport="{name}"}}': int(ready) for name, ready in services.process.readiness().items()},
    )
    yield from services.process.gauges()
