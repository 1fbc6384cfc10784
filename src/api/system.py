"""/ping for load balancers, open; /metrics for Prometheus, with an access key."""

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from aiohttp import web

from mixminus.api.metrics import CONTENT_TYPE, Metric, exposition, families
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.api.services import Services
from mixminus.errors import Unavailable
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
    for name, count in services.live_participants.counts().items():
        yield Metric(f"mixminus_{name}", "gauge", f"{name} now", {"": count})
    yield Metric(
        "mixminus_ready",
        "gauge",
        "whether a transport takes calls",
        {f'{{transport="{name}"}}': int(ready) for name, ready in services.process.readiness().items()},
    )
    yield from services.process.gauges()
