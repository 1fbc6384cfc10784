"""/ping and /health for load balancers and /ca.pem for clients, open; /metrics for the server's operators and Prometheus."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from aiohttp import web

from mixminus.api.metrics import CONTENT_TYPE, Metric, exposition, families
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.api.services import Services
from mixminus.errors import NotFound, Unavailable
from mixminus.store.fence import LEADER
from mixminus.wire.view import View

__all__ = ["resource"]

QUANTILES: Final = (("p50", "0.5"), ("p99", "0.99"), ("max", "1"))

resource: Final = Resource("System")
operation = partial(Operation, resource)


DATABASE_TIMEOUT_S: Final = 2.0


class PongView(View):
    """The server is ready."""

    message: Literal["pong"] = "pong"


class HealthView(View):
    """The state that was asked for is given."""

    status: Literal["live", "ready"]


@operation(
    "GET",
    "/ping",
    "Check whether calls are taken",
    errors=(Unavailable,),
    outside=True,
    open=True,
    head=True,
)
async def ping(call: ApiCall) -> PongView:
    """503 while phones or browsers cannot join."""
    _check_transports(call.services)
    return PongView()


@operation("GET", "/health/live", "Check whether the server runs", outside=True, open=True, head=True)
async def live(call: ApiCall) -> HealthView:
    """200 while the process answers, also while it drains or its database is gone: a restart would not help."""
    return HealthView(status="live")


@operation(
    "GET",
    "/health/ready",
    "Check whether the server is ready for new calls",
    errors=(Unavailable,),
    outside=True,
    open=True,
    head=True,
)
async def ready(call: ApiCall) -> HealthView:
    """503 while phones or browsers cannot join, while the server drains, and while its database does not answer."""
    _check_transports(call.services)
    try:
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            await call.services.store.check()
    except (Unavailable, TimeoutError):
        raise Unavailable("not ready: database") from None
    return HealthView(status="ready")


def _check_transports(services: Services) -> None:
    """Raise Unavailable unless all transports take calls."""
    absent = [name for name, works in services.process.readiness().items() if not works]
    if services.admission.draining:
        absent.append("draining")
    if absent:
        raise Unavailable(f"not ready: {', '.join(absent)}")


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
    operators=True,
)
async def metrics(call: ApiCall) -> web.Response:
    """For Prometheus. They concern the whole server: only for its first customer and its super admin, or with the metrics token."""
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
    counts = {
        **services.live_participants.counts(),
        "listeners": len(services.listeners),
        "broadcasts": len(services.broadcasts),
    }
    for name, count in counts.items():
        yield Metric(f"mixminus_{name}", "gauge", f"{name} now", {"": count})
    for name, values in services.delivery.gauges.items():
        samples = {f'{{webhook_type="{type_}"}}': value for type_, value in values.items()}
        yield Metric(f"mixminus_{name}", "gauge", name.replace("_", " "), samples)
    yield Metric(
        "mixminus_ready",
        "gauge",
        "whether a transport takes calls",
        {f'{{transport="{name}"}}': int(ready) for name, ready in services.process.readiness().items()},
    )
    yield Metric(
        "mixminus_draining",
        "gauge",
        "whether new calls are refused because the server is about to stop",
        {"": int(services.admission.draining)},
    )
    yield Metric(
        "mixminus_recording_parts_lag_seconds",
        "gauge",
        "the most that a running recording has on the disk and not in the storage",
        {"": services.recordings.parts_lag_s()},
    )
    if not services.store.fence.alone:
        yield from _cluster_metrics(services)
    yield from services.process.gauges()


def _cluster_metrics(services: Services) -> Iterator[Metric]:
    """Yield what only a node has."""
    cluster = services.cluster
    draining = cluster.is_draining + sum(each.is_draining for each in cluster.peers)
    leader = services.store.fence.holds(LEADER)
    gauges = {
        "nodes": ("nodes that live", len(cluster.peers) + 1),
        "nodes_draining": ("nodes that live, and drain", draining),
        "leader": ("whether this node is the leader", int(leader)),
        "lease_age_seconds": ("how long ago this node last renewed its lease", cluster.lease_age_s),
    }
    for name, (description, value) in gauges.items():
        yield Metric(f"mixminus_{name}", "gauge", description, {"": value})
    if services.satellites:
        here, elsewhere = services.satellites.seats
        samples = {'{leg="here"}': here, '{leg="elsewhere"}': elsewhere}
        yield Metric("mixminus_satellite_participants", "gauge", "participants of rooms over nodes", samples)
