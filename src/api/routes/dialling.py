"""Calls that we make: POST /calls, and /groupcalls (api.md section 5.2)."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.call_schemas import CallBody, GroupcallBody
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES, Services
from mixminus.call.outbound import Order
from mixminus.call.render import render_call, render_groupcall
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.model.ids import CallId, CustomerId

__all__ = ["ROUTES"]


async def create(request: web.Request) -> web.Response:
    """POST /calls."""
    services = request.app[SERVICES]
    customer_id = request[IDENTITY].customer_id
    order = await _order(services, customer_id, await read(request, CallBody))
    placed = await services.dialout.place(customer_id, order)
    return json_response(
        {
            "calls": [render_call(each, services.style) for each in placed.calls],
            "groupcalls": [render_groupcall(each, services.style) for each in placed.groupcalls],
        }
    )


async def hold(request: web.Request) -> web.Response:
    """POST /calls/{id}/hold; an empty body answers."""
    call_id = CallId(path_id(request))
    await request.app[SERVICES].calls.hold(request[IDENTITY].customer_id, call_id)
    return web.Response()


async def resume(request: web.Request) -> web.Response:
    """DELETE /calls/{id}/hold; an empty body answers."""
    call_id = CallId(path_id(request))
    await request.app[SERVICES].calls.resume(request[IDENTITY].customer_id, call_id)
    return web.Response()


async def create_group(request: web.Request) -> web.Response:
    """POST /groupcalls."""
    services = request.app[SERVICES]
    customer_id = request[IDENTITY].customer_id
    order = await _order(services, customer_id, await read(request, GroupcallBody))
    groupcall, _ = await services.dialout.ring_together(customer_id, order)
    return json_response(render_groupcall(groupcall, services.style))


async def list_groups(request: web.Request) -> web.Response:
    """GET /groupcalls."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    groupcalls = await services.dialout.list_groups(request[IDENTITY].customer_id, page)
    return page_response(groupcalls, page, services.style, render_groupcall)


async def get_group(request: web.Request) -> web.Response:
    """GET /groupcalls/{id}."""
    services = request.app[SERVICES]
    groupcall = await services.dialout.get_group(request[IDENTITY].customer_id, path_id(request))
    return json_response(render_groupcall(groupcall, services.style))


async def hang_up_group(request: web.Request) -> web.Response:
    """POST /groupcalls/{id}/hangup."""
    services = request.app[SERVICES]
    groupcall = await services.dialout.hang_up_group(request[IDENTITY].customer_id, path_id(request))
    return json_response(render_groupcall(groupcall, services.style))


async def delete_group(request: web.Request) -> web.Response:
    """DELETE /groupcalls/{id}."""
    services = request.app[SERVICES]
    groupcall = await services.dialout.delete_group(request[IDENTITY].customer_id, path_id(request))
    return json_response(render_groupcall(groupcall, services.style))


async def _order(services: Services, customer_id: CustomerId, body: CallBody) -> Order:
    program = await services.dialout.program(
        customer_id, body.flow_id, CATALOGUE.normalise(body.actions), body.variables
    )
    return Order(
        destinations=tuple(each.address() for each in body.destinations),
        program=program,
        source=body.source.address(),
        anonymous=body.anonymous == "yes",
    )


ROUTES: Final = (
    web.post("/calls", create),
    web.post("/calls/{id}/hold", hold),
    web.delete("/calls/{id}/hold", resume),
    web.get("/groupcalls", list_groups, allow_head=False),
    web.post("/groupcalls", create_group),
    web.get("/groupcalls/{id}", get_group, allow_head=False),
    web.delete("/groupcalls/{id}", delete_group),
    web.post("/groupcalls/{id}/hangup", hang_up_group),
)
