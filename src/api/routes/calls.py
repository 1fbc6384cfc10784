"""/calls (api.md section 5): what phones and browsers have in common."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import MuteBody, read
from mixminus.api.services import SERVICES
from mixminus.call.render import render_call
from mixminus.model.ids import CallId

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /calls."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    calls = await services.calls.list(request[IDENTITY].customer_id, page)
    return page_response(calls, page, services.style, render_call)


async def get(request: web.Request) -> web.Response:
    """GET /calls/{id}."""
    services = request.app[SERVICES]
    call = await services.calls.get(request[IDENTITY].customer_id, CallId(path_id(request)))
    return json_response(render_call(call, services.style))


async def hangup(request: web.Request) -> web.Response:
    """POST /calls/{id}/hangup."""
    services = request.app[SERVICES]
    call = await services.calls.hang_up(request[IDENTITY].customer_id, CallId(path_id(request)))
    return json_response(render_call(call, services.style))


async def delete(request: web.Request) -> web.Response:
    """DELETE /calls/{id}."""
    services = request.app[SERVICES]
    call = await services.calls.delete(request[IDENTITY].customer_id, CallId(path_id(request)))
    return json_response(render_call(call, services.style))


async def mute(request: web.Request) -> web.Response:
    """POST /calls/{id}/mute; an empty body answers."""
    call_id = CallId(path_id(request))
    body = await read(request, MuteBody, optional=True)
    await request.app[SERVICES].calls.set_mute(request[IDENTITY].customer_id, call_id, body.mask(), on=True)
    return web.Response()


async def unmute(request: web.Request) -> web.Response:
    """DELETE /calls/{id}/mute clears only the direction that the body names."""
    call_id = CallId(path_id(request))
    body = await read(request, MuteBody, optional=True)
    await request.app[SERVICES].calls.set_mute(request[IDENTITY].customer_id, call_id, body.mask(), on=False)
    return web.Response()


ROUTES: Final = (
    web.get("/calls", listing, allow_head=False),
    web.get("/calls/{id}", get, allow_head=False),
    web.delete("/calls/{id}", delete),
    web.post("/calls/{id}/hangup", hangup),
    web.post("/calls/{id}/mute", mute),
    web.delete("/calls/{id}/mute", unmute),
)
