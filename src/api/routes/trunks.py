"""/trunks: other exchanges."""

from typing import Any, Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.directory_schemas import TrunkBody, TrunkProfileBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.directory.render import render_trunk
from mixminus.directory.trunks import TrunkService
from mixminus.model.directory import Trunk
from mixminus.model.ids import TrunkId
from mixminus.store.timestamps import TimestampStyle

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /trunks."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    trunks = await _trunks(request).list(request[IDENTITY].customer_id, page)
    return page_response(trunks, page, services.style, _render)


async def create(request: web.Request) -> web.Response:
    """POST /trunks."""
    body = await read(request, TrunkBody)
    spec = body.spec(body.domain_name)
    return _answer(request, await _trunks(request).create(request[IDENTITY].customer_id, spec))


async def get(request: web.Request) -> web.Response:
    """GET /trunks/{id}."""
    return _answer(request, await _trunks(request).get(request[IDENTITY].customer_id, _named(request)))


async def put(request: web.Request) -> web.Response:
    """PUT /trunks/{id}."""
    trunk_id = _named(request)
    spec = (await read(request, TrunkProfileBody)).spec()
    return _answer(request, await _trunks(request).update(request[IDENTITY].customer_id, trunk_id, spec))


async def delete(request: web.Request) -> web.Response:
    """DELETE /trunks/{id}."""
    return _answer(request, await _trunks(request).delete(request[IDENTITY].customer_id, _named(request)))


def _trunks(request: web.Request) -> TrunkService:
    return request.app[SERVICES].directory.trunks


def _named(request: web.Request) -> TrunkId:
    return TrunkId(path_id(request))


def _render(trunk: Trunk, style: TimestampStyle) -> dict[str, Any]:
    return render_trunk(trunk, style, secrets=True)


def _answer(request: web.Request, trunk: Trunk) -> web.Response:
    return json_response(_render(trunk, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/trunks", listing, allow_head=False),
    web.post("/trunks", create),
    web.get("/trunks/{id}", get, allow_head=False),
    web.put("/trunks/{id}", put),
    web.delete("/trunks/{id}", delete),
)
