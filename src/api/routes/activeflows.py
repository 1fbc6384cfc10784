"""/activeflows (api.md section 6.3)."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.flow_schemas import ActiveflowBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.flow.render import render_activeflow
from mixminus.model.flow import Activeflow
from mixminus.model.ids import ActiveflowId, CustomerId

__all__ = ["ROUTES"]


async def create(request: web.Request) -> web.Response:
    """POST /activeflows."""
    services = request.app[SERVICES]
    body = await read(request, ActiveflowBody)
    activeflow = await services.activeflows.launch(request[IDENTITY].customer_id, body.spec())
    return json_response(render_activeflow(activeflow, services.style))


async def listing(request: web.Request) -> web.Response:
    """GET /activeflows."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    activeflows = await services.activeflows.list(request[IDENTITY].customer_id, page)
    return page_response(activeflows, page, services.style, render_activeflow)


async def get(request: web.Request) -> web.Response:
    """GET /activeflows/{id}."""
    return await _of_one(request, request.app[SERVICES].activeflows.get)


async def stop(request: web.Request) -> web.Response:
    """POST /activeflows/{id}/stop."""
    return await _of_one(request, request.app[SERVICES].activeflows.stop)


async def delete(request: web.Request) -> web.Response:
    """DELETE /activeflows/{id}; it says nothing of what was deleted (api.md section 1.1)."""
    await _of_one(request, request.app[SERVICES].activeflows.delete)
    return web.Response(status=204)


async def _of_one(
    request: web.Request, ask: Callable[[CustomerId, ActiveflowId], Awaitable[Activeflow]]
) -> web.Response:
    activeflow = await ask(request[IDENTITY].customer_id, ActiveflowId(path_id(request)))
    return json_response(render_activeflow(activeflow, request.app[SERVICES].style))


ROUTES: Final = (
    web.post("/activeflows", create),
    web.get("/activeflows", listing, allow_head=False),
    web.get("/activeflows/{id}", get, allow_head=False),
    web.delete("/activeflows/{id}", delete),
    web.post("/activeflows/{id}/stop", stop),
)
