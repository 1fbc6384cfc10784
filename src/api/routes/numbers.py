"""/numbers (api.md section 13.3)."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.directory_schemas import NumberBody, NumberFlowsBody, NumberMetadataBody, NumberProfileBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.directory.numbers import NumberService
from mixminus.directory.render import render_number
from mixminus.model.directory import Number
from mixminus.model.ids import NumberId

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /numbers."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    numbers = await _numbers(request).list(request[IDENTITY].customer_id, page)
    return page_response(numbers, page, services.style, render_number)


async def create(request: web.Request) -> web.Response:
    """POST /numbers."""
    body = await read(request, NumberBody)
    return _answer(request, await _numbers(request).create(request[IDENTITY].customer_id, body.spec()))


async def get(request: web.Request) -> web.Response:
    """GET /numbers/{id}."""
    return _answer(request, await _numbers(request).get(request[IDENTITY].customer_id, _named(request)))


async def put(request: web.Request) -> web.Response:
    """PUT /numbers/{id}."""
    number_id = _named(request)
    profile = (await read(request, NumberProfileBody)).profile()
    return _answer(request, await _numbers(request).update(request[IDENTITY].customer_id, number_id, profile))


async def put_flows(request: web.Request) -> web.Response:
    """PUT /numbers/{id}/flow_ids."""
    number_id = _named(request)
    body = await read(request, NumberFlowsBody)
    number = await _numbers(request).set_flows(
        request[IDENTITY].customer_id,
        number_id,
        call_flow_id=body.call_flow_id,
        message_flow_id=body.message_flow_id,
    )
    return _answer(request, number)


async def put_metadata(request: web.Request) -> web.Response:
    """PUT /numbers/{id}/metadata."""
    number_id = _named(request)
    metadata = (await read(request, NumberMetadataBody)).metadata
    return _answer(
        request, await _numbers(request).set_metadata(request[IDENTITY].customer_id, number_id, metadata)
    )


async def delete(request: web.Request) -> web.Response:
    """DELETE /numbers/{id}."""
    return _answer(request, await _numbers(request).delete(request[IDENTITY].customer_id, _named(request)))


def _numbers(request: web.Request) -> NumberService:
    return request.app[SERVICES].directory.numbers


def _named(request: web.Request) -> NumberId:
    return NumberId(path_id(request))


def _answer(request: web.Request, number: Number) -> web.Response:
    return json_response(render_number(number, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/numbers", listing, allow_head=False),
    web.post("/numbers", create),
    web.get("/numbers/{id}", get, allow_head=False),
    web.put("/numbers/{id}", put),
    web.delete("/numbers/{id}", delete),
    web.put("/numbers/{id}/flow_ids", put_flows),
    web.put("/numbers/{id}/metadata", put_metadata),
)
