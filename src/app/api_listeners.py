"""The listeners of the API: that of a server; of a node also the internal one, and its connections to other nodes."""

from contextlib import AsyncExitStack

from aiohttp import web

from mixminus.api import server_log
from mixminus.api.application import build, build_internal
from mixminus.api.forward import Forwarder
from mixminus.api.limits import Limits
from mixminus.api.services import Services
from mixminus.api.trace_parts import TracingNodes
from mixminus.app.draining import Draining
from mixminus.app.nodes import Node
from mixminus.app.settings import Settings

__all__ = ["open_application"]

_SHUTDOWN_S = 2.0


async def open_application(
    settings: Settings, services: Services, limits: Limits, node: Node, stack: AsyncExitStack
) -> web.Application:
    """Return the API; a node answers from now on what others forward, and lets the next one start."""
    if node.inside is None or node.membership is None:
        return build(services, limits)
    forwarder = Forwarder(services, settings.cluster_secret.get_secret_value())
    stack.push_async_callback(forwarder.close)
    runner = web.AppRunner(
        build_internal(services, forwarder.hops),
        handle_signals=False,
        shutdown_timeout=_SHUTDOWN_S,
        access_log=None,
        logger=server_log.logger(),
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, node.inside).start()
    if services.satellites:
        services.satellites.open(forwarder.open_link)
    services.traces.use_nodes(TracingNodes(services.cluster, forwarder))
    draining = Draining(services, node.membership, forwarder)
    stack.push_async_callback(draining.close)
    draining.start()
    await forwarder.announce()
    await node.starting.done()
    node.membership.serve()
    return build(services, limits, forwarder)
