"""/conferencecalls (api.md section 3.2)."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id, query_id
from mixminus.api.room_schemas import ParticipantBody
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.conference.render import render_conferencecall
from mixminus.model.ids import ConferencecallId, ConferenceId

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /conferencecalls, of one conference if the query names it."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    wanted = query_id(request, "conference_id")
    calls = await services.participants.list_calls(
        request[IDENTITY].customer_id, page, conference_id=ConferenceId(wanted) if wanted else None
    )
    return page_response(calls, page, services.style, render_conferencecall)


async def get(request: web.Request) -> web.Response:
    """GET /conferencecalls/{id}."""
    services = request.app[SERVICES]
    call = await services.participants.get_call(
        request[IDENTITY].customer_id, ConferencecallId(path_id(request))
    )
    return json_response(render_conferencecall(call, services.style))


async def change(request: web.Request) -> web.Response:
    """PATCH /conferencecalls/{id}: an extension of the API."""
    services = request.app[SERVICES]
    conferencecall_id = ConferencecallId(path_id(request))
    body = await read(request, ParticipantBody)
    call = await services.participants.change(request[IDENTITY].customer_id, conferencecall_id, body.change())
    return json_response(render_conferencecall(call, services.style))


async def kick(request: web.Request) -> web.Response:
    """DELETE /conferencecalls/{id}."""
    services = request.app[SERVICES]
    call = await services.participants.kick(request[IDENTITY].customer_id, ConferencecallId(path_id(request)))
    return json_response(render_conferencecall(call, services.style))


ROUTES: Final = (
    web.get("/conferencecalls", listing, allow_head=False),
    web.get("/conferencecalls/{id}", get, allow_head=False),
    web.patch("/conferencecalls/{id}", change),
    web.delete("/conferencecalls/{id}", kick),
)
