"""The HTTP application: every operation under both roots, behind the middlewares."""

from collections.abc import Iterator
from typing import Final
from weakref import WeakValueDictionary

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mixminus.api import (
    accesskeys,
    activeflows,
    agent_streams,
    agents,
    audits,
    balances,
    broadcasts,
    calls,
    captions,
    chat,
    conferencecalls,
    conferences,
    connection,
    customers,
    entity_tags,
    events,
    extensions,
    flows,
    groupcalls,
    guest_links,
    hears,
    internal,
    login,
    media_streams,
    meters,
    middlewares,
    moves,
    nodes,
    numbers,
    pages,
    playbacks,
    privacy,
    recordings,
    registrations,
    server,
    speakings,
    system,
    telemetry,
    traces,
    transcribes,
    transfers,
    trunks,
    usage,
    whep,
    whip,
)
from mixminus.api.arrivals import place
from mixminus.api.authentication import GUESTS, OPERATORS, PERMISSIONS
from mixminus.api.console import console_routes
from mixminus.api.every_node import list_everywhere
from mixminus.api.forward import FORWARDER, Forwarder, forward
from mixminus.api.guide import guide_routes
from mixminus.api.hops import Hops
from mixminus.api.limits import LIMITS, Limits, limit_address, limit_customer
from mixminus.api.operation import Operation, Resource
from mixminus.api.paths import ROOTS
from mixminus.api.sdp_exchange import accept_post
from mixminus.api.services import SERVICES, Services
from mixminus.model.permissions import Permission

__all__ = ["OPERATIONS", "build", "build_internal"]

MAX_BODY_BYTES: Final = 1 << 20
# These add their operations to the resource of another module.
_: Final = (captions, hears, media_streams, meters, moves, pages)
RESOURCES: Final[tuple[Resource, ...]] = (
    conferences.resource,
    conferencecalls.resource,
    playbacks.resource,
    agent_streams.resource,
    chat.resource,
    calls.resource,
    speakings.resource,
    groupcalls.resource,
    transfers.resource,
    flows.resource,
    activeflows.resource,
    recordings.resource,
    traces.resource,
    transcribes.resource,
    whip.resource,
    whep.resource,
    broadcasts.resource,
    guest_links.resource,
    events.resource,
    numbers.resource,
    extensions.resource,
    registrations.resource,
    trunks.resource,
    login.resource,
    customers.resource,
    agents.resource,
    accesskeys.resource,
    audits.resource,
    usage.resource,
    server.resource,
    balances.resource,
    privacy.resource,
    system.resource,
    nodes.resource,
)
"""In the order of the document."""
OPERATIONS: Final = tuple(operation for resource in RESOURCES for operation in resource.operations)


def build(
    services: Services, limits: Limits | None = None, forwarder: Forwarder | None = None
) -> web.Application:
    """Return the application on these services; ``forwarder`` sends requests to the nodes that they are for."""
    app = _application(
        services,
        limits,
        connection.begin,
        middlewares.identify,
        telemetry.trace,
        middlewares.cross_origin,
        audits.audit,
        middlewares.translate_errors,
        limit_address,
        middlewares.authenticate,
        connection.prove,
        limit_customer,
        *((place, forward) if forwarder else ()),
        middlewares.answer_once,
        entity_tags.conditional,
        *((list_everywhere,) if forwarder else ()),
    )
    if forwarder:
        app[FORWARDER] = forwarder
    return app


def build_internal(services: Services, hops: Hops) -> web.Application:
    """Return the application for what other nodes forward."""
    app = _application(
        services,
        None,
        internal.only_nodes(hops),
        middlewares.identify,
        telemetry.trace,
        middlewares.cross_origin,
        middlewares.translate_errors,
        middlewares.authenticate,
        middlewares.answer_once,
        entity_tags.conditional,
    )
    app.add_routes(internal.routes)
    return app


def _application(services: Services, limits: Limits | None, *before: Middleware) -> web.Application:
    app = web.Application(middlewares=before, client_max_size=MAX_BODY_BYTES)
    app[SERVICES] = services
    app[LIMITS] = limits or Limits()
    app[pages.OPERATIONS] = OPERATIONS
    app.on_shutdown.append(_close_sockets)
    app.on_response_prepare.append(middlewares.add_headers)
    guests: set[Handler] = set()
    operators: set[Handler] = set()
    audited: dict[Handler, str] = {}
    permissions: dict[Handler, Permission | None] = {}
    for operation in OPERATIONS:
        handler = operation.web_handler()
        permissions[handler] = None if operation.open else operation.accepted
        if operation.changes:
            audited[handler] = operation.name
        if operation.guests:
            guests.add(handler)
        if operation.operators:
            operators.add(handler)
        app.add_routes(_routes(operation, handler))
    viewer = (*pages.viewer_routes(), *guide_routes(), *console_routes())
    app.add_routes(viewer)
    app.add_routes(web.options(root + path, accept_post) for root in ROOTS for path in (whip.PATH, whep.PATH))
    app[PERMISSIONS] = permissions | {route.handler: None for route in (*viewer, *internal.routes)}
    app[audits.AUDITED] = audited
    app[GUESTS] = frozenset(guests)
    app[OPERATORS] = frozenset(operators)
    app[entity_tags.REPRESENTATIONS] = entity_tags.representations(app)
    app[entity_tags.LOCKS] = WeakValueDictionary()
    return app


def _routes(operation: Operation, handler: Handler) -> Iterator[web.RouteDef]:
    options = {"allow_head": operation.head} if operation.method == "GET" else {}
    for root in ("",) if operation.outside else ROOTS:
        yield web.RouteDef(operation.method, root + operation.path, handler, options)


async def _close_sockets(app: web.Application) -> None:
    app[SERVICES].delivery.hub.close()
    app[SERVICES].streams.end_all()
    app[SERVICES].broadcasts.end_all()
    app[SERVICES].meters.stop()
    app[SERVICES].delivery.captions.stop()
    if satellites := app[SERVICES].satellites:
        satellites.stop_serving()
