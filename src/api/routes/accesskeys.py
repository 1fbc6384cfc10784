"""/accesskeys (api.md section 10): a token is told once, in the answer to its creation."""

from typing import Final

from aiohttp import web

from mixminus.access.keys import KeyService
from mixminus.access.render import render_access_key
from mixminus.api.access_schemas import AccessKeyBody, AccessKeyProfileBody
from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response, secret_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.model.access import AccessKey
from mixminus.model.ids import AccessKeyId

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /accesskeys."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    keys = await services.access.keys.list(request[IDENTITY].customer_id, page)
    return page_response(keys, page, services.style, render_access_key)


async def create(request: web.Request) -> web.Response:
    """POST /accesskeys."""
    services = request.app[SERVICES]
    body = await read(request, AccessKeyBody)
    key, token = await services.access.keys.create(
        request[IDENTITY].customer_id, name=body.name, detail=body.detail, life_s=body.expire
    )
    return secret_response(render_access_key(key, services.style) | {"token": token})


async def get(request: web.Request) -> web.Response:
    """GET /accesskeys/{id}."""
    return _answer(request, await _keys(request).get(request[IDENTITY].customer_id, _named(request)))


async def put(request: web.Request) -> web.Response:
    """PUT /accesskeys/{id}."""
    key_id = _named(request)
    body = await read(request, AccessKeyProfileBody)
    customer_id = request[IDENTITY].customer_id
    return _answer(
        request, await _keys(request).update(customer_id, key_id, name=body.name, detail=body.detail)
    )


async def delete(request: web.Request) -> web.Response:
    """DELETE /accesskeys/{id}: from now on it opens nothing."""
    return _answer(request, await _keys(request).delete(request[IDENTITY].customer_id, _named(request)))


def _keys(request: web.Request) -> KeyService:
    return request.app[SERVICES].access.keys


def _named(request: web.Request) -> AccessKeyId:
    return AccessKeyId(path_id(request))


def _answer(request: web.Request, key: AccessKey) -> web.Response:
    return json_response(render_access_key(key, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/accesskeys", listing, allow_head=False),
    web.post("/accesskeys", create),
    web.get("/accesskeys/{id}", get, allow_head=False),
    web.put("/accesskeys/{id}", put),
    web.delete("/accesskeys/{id}", delete),
)
