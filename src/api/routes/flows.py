"""/flows (api.md section 6.1)."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.flow_schemas import FlowBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.flow.render import render_flow
from mixminus.model.flow import Flow
from mixminus.model.ids import CustomerId, FlowId

__all__ = ["ROUTES"]


async def create(request: web.Request) -> web.Response:
    """POST /flows."""
    services = request.app[SERVICES]
    body = await read(request, FlowBody)
    flow = await services.flows.create(request[IDENTITY].customer_id, body.spec())
    return json_response(render_flow(flow, services.style))


async def listing(request: web.Request) -> web.Response:
    """GET /flows."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    flows = await services.flows.list(request[IDENTITY].customer_id, page)
    return page_response(flows, page, services.style, render_flow)


async def get(request: web.Request) -> web.Response:
    """GET /flows/{id}."""
    return await _of_one(request, request.app[SERVICES].flows.get)


async def update(request: web.Request) -> web.Response:
    """PUT /flows/{id}: what is absent gets its default."""
    services = request.app[SERVICES]
    flow_id = FlowId(path_id(request))
    body = await read(request, FlowBody)
    flow = await services.flows.update(request[IDENTITY].customer_id, flow_id, body.spec())
    return json_response(render_flow(flow, services.style))


async def delete(request: web.Request) -> web.Response:
    """DELETE /flows/{id}."""
    return await _of_one(request, request.app[SERVICES].flows.delete)


async def direct_hash_regenerate(request: web.Request) -> web.Response:
    """POST /flows/{id}/direct-hash-regenerate."""
    return await _of_one(request, request.app[SERVICES].flows.regenerate_direct_hash)


async def _of_one(request: web.Request, ask: Callable[[CustomerId, FlowId], Awaitable[Flow]]) -> web.Response:
    flow = await ask(request[IDENTITY].customer_id, FlowId(path_id(request)))
    return json_response(render_flow(flow, request.app[SERVICES].style))


ROUTES: Final = (
    web.post("/flows", create),
    web.get("/flows", listing, allow_head=False),
    web.get("/flows/{id}", get, allow_head=False),
    web.put("/flows/{id}", update),
    web.delete("/flows/{id}", delete),
    web.post("/flows/{id}/direct-hash-regenerate", direct_hash_regenerate),
)
