"""The HTTP application: routes under both roots, behind the middlewares."""

from typing import Final
from weakref import WeakValueDictionary

from aiohttp import web

from mixminus.api import entity_tags, middlewares
from mixminus.api.paths import ROOTS
from mixminus.api.routes import (
    calls,
    conferencecalls,
    conferences,
    console,
    documentation,
    recordings,
    system,
    talking,
    whip,
)
from mixminus.api.services import SERVICES, Services

__all__ = ["build"]

MAX_BODY_BYTES: Final = 1 << 20
RESOURCES: Final = (
    *conferences.ROUTES,
    *talking.ROUTES,
    *whip.ROUTES,
    *conferencecalls.ROUTES,
    *calls.ROUTES,
    *recordings.ROUTES,
)


def build(services: Services) -> web.Application:
    """Return the application that commands these services."""
    app = web.Application(
        middlewares=(
            middlewares.identify,
            middlewares.cross_origin,
            middlewares.translate_errors,
            middlewares.authenticate,
            middlewares.answer_once,
            entity_tags.conditional,
        ),
        client_max_size=MAX_BODY_BYTES,
    )
    app[SERVICES] = services
    app.on_response_prepare.append(middlewares.add_headers)
    app.add_routes((*system.ROUTES, *console.routes(), *documentation.routes()))
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
