"""POST /calls/{id}/transfer: a call's place in its room goes to somebody else."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.call_schemas import TransferBody
from mixminus.api.json import json_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.call.render import render_call, render_groupcall
from mixminus.model.ids import CallId

__all__ = ["ROUTES"]


async def transfer(request: web.Request) -> web.Response:
    """POST /calls/{id}/transfer; returns when they ring."""
    services = request.app[SERVICES]
    call_id = CallId(path_id(request))
    body = await read(request, TransferBody)
    customer_id = request[IDENTITY].customer_id
    addresses = tuple(each.address() for each in body.transferee_addresses)
    if body.by == "refer":
        await services.transfers.refer(customer_id, call_id, addresses[0])
        return json_response({"calls": [], "groupcalls": []})
    placed = await services.transfers.transfer(
        customer_id, call_id, addresses, attended=body.transfer_type == "attended"
    )
    return json_response(
        {
            "calls": [render_call(each, services.style) for each in placed.calls],
            "groupcalls": [render_groupcall(each, services.style) for each in placed.groupcalls],
        }
    )


ROUTES: Final = (web.post("/calls/{id}/transfer", transfer),)
