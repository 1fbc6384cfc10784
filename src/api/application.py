"""The HTTP application: routes under both roots, behind the middlewares."""

from typing import Final
from weakref import WeakValueDictionary

from aiohttp import web

from mixminus.api import entity_tags, middlewares
from mixminus.api.limits import LIMITS, Limits, limit_address, limit_customer
from mixminus.api.paths import ROOTS
from mixminus.api.routes import (
    accesskeys,
    activeflows,
    agents,
    asides,
    auth,
    call_recordings,
    calls,
    conferencecalls,
    conferences,
    console,
    customers,
    dialling,
    documentation,
    events,
    extensions,
    flows,
    hears,
    media_streams,
    numbers,
    recordings,
    system,
    talking,
    transcribes,
    transfers,
    trunks,
    whip,
)
from mixminus.api.services import SERVICES, Services

__all__ = ["build"]

MAX_BODY_BYTES: Final = 1 << 20
RESOURCES: Final = (
    *conferences.ROUTES,
    *talking.ROUTES,
    *hears.ROUTES,
    *whip.ROUTES,
    *conferencecalls.ROUTES,
    *calls.ROUTES,
    *call_recordings.ROUTES,
    *dialling.ROUTES,
    *transfers.ROUTES,
    *asides.ROUTES,
    *flows.ROUTES,
    *activeflows.ROUTES,
    *recordings.ROUTES,
    *transcribes.ROUTES,
    *media_streams.ROUTES,
    *events.ROUTES,
    *numbers.ROUTES,
    *extensions.ROUTES,
    *trunks.ROUTES,
    *customers.ROUTES,
    *agents.ROUTES,
    *accesskeys.ROUTES,
)


def build(services: Services, limits: Limits | None = None) -> web.Application:
    """Return the application that commands these services, for those who do not ask too often."""
    app = web.Application(
        middlewares=(
            middlewares.identify,
            middlewares.cross_origin,
            middlewares.translate_errors,
            limit_address,
            middlewares.authenticate,
            limit_customer,
            middlewares.answer_once,
            entity_tags.conditional,
        ),
        client_max_size=MAX_BODY_BYTES,
    )
    app[SERVICES] = services
    app.on_shutdown.append(_end_sockets)
    app[LIMITS] = limits or Limits()
    app.on_response_prepare.append(middlewares.add_headers)
    app.add_routes((*system.ROUTES, *auth.ROUTES, *console.routes(), *documentation.routes()))
    app.add_routes(
        [
            web.RouteDef(route.method, root + route.path, route.handler, route.kwargs)
            for root in ROOTS
            for route in RESOURCES
        ]
    )
    app[entity_tags.REPRESENTATIONS] = entity_tags.representations(app)
    app[entity_tags.TURNS] = WeakValueDictionary()
    return app


async def _end_sockets(app: web.Application) -> None:
    app[SERVICES].delivery.hub.close()
    app[SERVICES].streams.end_all()
