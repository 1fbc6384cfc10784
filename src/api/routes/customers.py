"""/customer and /customers (api.md section 10): oneself, and for the super admin everybody."""

from typing import Final

from aiohttp import web

from mixminus.access.render import render_customer
from mixminus.api.access_schemas import CustomerBody
from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response, secret_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.model.access import Customer, CustomerEvent
from mixminus.model.ids import CustomerId

__all__ = ["ROUTES"]


async def get_own(request: web.Request) -> web.Response:
    """GET /customer: with the secret that signs its webhooks, which is told nowhere else."""
    services = request.app[SERVICES]
    customer = await services.access.customers.get(request[IDENTITY], request[IDENTITY].customer_id)
    secret = {"webhook_secret": customer.webhook_secret}
    return secret_response(render_customer(customer, services.style) | secret)


async def put_own(request: web.Request) -> web.Response:
    """PUT /customer."""
    body = await read(request, CustomerBody)
    customers = request.app[SERVICES].access.customers
    return _answer(request, await customers.update(request[IDENTITY].customer_id, body.spec()))


async def listing(request: web.Request) -> web.Response:
    """GET /customers: one's own, in a list."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    customers = await services.access.customers.list(request[IDENTITY], page)
    return page_response(customers, page, services.style, render_customer)


async def create(request: web.Request) -> web.Response:
    """POST /customers, by the super admin."""
    body = await read(request, CustomerBody)
    customers = request.app[SERVICES].access.customers
    return _answer(request, await customers.create(request[IDENTITY], body.spec()))


async def get(request: web.Request) -> web.Response:
    """GET /customers/{id}."""
    customers = request.app[SERVICES].access.customers
    return _answer(request, await customers.get(request[IDENTITY], CustomerId(path_id(request))))


async def freeze(request: web.Request) -> web.Response:
    """POST /customers/{id}/freeze, by the super admin."""
    return await _fire(request, CustomerEvent.FREEZE)


async def recover(request: web.Request) -> web.Response:
    """POST /customers/{id}/recover, by the super admin."""
    return await _fire(request, CustomerEvent.RECOVER)


async def _fire(request: web.Request, event: CustomerEvent) -> web.Response:
    customers = request.app[SERVICES].access.customers
    customer_id = CustomerId(path_id(request))
    return _answer(request, await customers.fire(request[IDENTITY], customer_id, event))


def _answer(request: web.Request, customer: Customer) -> web.Response:
    return json_response(render_customer(customer, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/customer", get_own, allow_head=False),
    web.put("/customer", put_own),
    web.get("/customers", listing, allow_head=False),
    web.post("/customers", create),
    web.get("/customers/{id}", get, allow_head=False),
    web.post("/customers/{id}/freeze", freeze),
    web.post("/customers/{id}/recover", recover),
)
