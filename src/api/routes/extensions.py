"""/extensions (api.md section 13.4)."""

from typing import Any, Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.directory_schemas import ExtensionBody, ExtensionProfileBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.directory.extensions import ExtensionService
from mixminus.directory.render import render_extension
from mixminus.model.directory import Extension
from mixminus.model.ids import ExtensionId
from mixminus.store.timestamps import TimestampStyle

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /extensions."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    extensions = await _extensions(request).list(request[IDENTITY].customer_id, page)
    return page_response(extensions, page, services.style, _render)


async def create(request: web.Request) -> web.Response:
    """POST /extensions."""
    body = await read(request, ExtensionBody)
    return _answer(request, await _extensions(request).create(request[IDENTITY].customer_id, body.spec()))


async def get(request: web.Request) -> web.Response:
    """GET /extensions/{id}."""
    return _answer(request, await _extensions(request).get(request[IDENTITY].customer_id, _named(request)))


async def put(request: web.Request) -> web.Response:
    """PUT /extensions/{id}."""
    extension_id = _named(request)
    profile = (await read(request, ExtensionProfileBody)).profile()
    return _answer(
        request, await _extensions(request).update(request[IDENTITY].customer_id, extension_id, profile)
    )


async def direct_hash_regenerate(request: web.Request) -> web.Response:
    """POST /extensions/{id}/direct-hash-regenerate."""
    extension = await _extensions(request).regenerate_direct_hash(
        request[IDENTITY].customer_id, _named(request)
    )
    return _answer(request, extension)


async def delete(request: web.Request) -> web.Response:
    """DELETE /extensions/{id}."""
    return _answer(request, await _extensions(request).delete(request[IDENTITY].customer_id, _named(request)))


def _extensions(request: web.Request) -> ExtensionService:
    return request.app[SERVICES].directory.extensions


def _named(request: web.Request) -> ExtensionId:
    return ExtensionId(path_id(request))


def _render(extension: Extension, style: TimestampStyle) -> dict[str, Any]:
    return render_extension(extension, style, secrets=True)


def _answer(request: web.Request, extension: Extension) -> web.Response:
    return json_response(_render(extension, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/extensions", listing, allow_head=False),
    web.post("/extensions", create),
    web.get("/extensions/{id}", get, allow_head=False),
    web.put("/extensions/{id}", put),
    web.delete("/extensions/{id}", delete),
    web.post("/extensions/{id}/direct-hash-regenerate", direct_hash_regenerate),
)
