"""/agents and /me (api.md section 10): people who log in."""

from typing import Final

from aiohttp import web

from mixminus.access.agents import AgentService
from mixminus.access.render import render_agent
from mixminus.api.access_schemas import AgentBody, AgentProfileBody, PasswordBody, PermissionBody
from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.model.access import Agent
from mixminus.model.ids import AgentId
from mixminus.model.permissions import Permission

__all__ = ["ROUTES"]


async def listing(request: web.Request) -> web.Response:
    """GET /agents."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    agents = await services.access.agents.list(request[IDENTITY].customer_id, page)
    return page_response(agents, page, services.style, render_agent)


async def create(request: web.Request) -> web.Response:
    """POST /agents."""
    body = await read(request, AgentBody)
    return _answer(request, await _agents(request).create(request[IDENTITY], body.spec()))


async def get(request: web.Request) -> web.Response:
    """GET /agents/{id}."""
    return _answer(request, await _agents(request).get(request[IDENTITY], _named(request)))


async def put(request: web.Request) -> web.Response:
    """PUT /agents/{id}."""
    return await _put_profile(request, _named(request))


async def put_permission(request: web.Request) -> web.Response:
    """PUT /agents/{id}/permission."""
    agent_id = _named(request)
    permission = Permission((await read(request, PermissionBody)).permission)
    return _answer(request, await _agents(request).set_permission(request[IDENTITY], agent_id, permission))


async def put_password(request: web.Request) -> web.Response:
    """PUT /agents/{id}/password."""
    return await _put_password(request, _named(request))


async def delete(request: web.Request) -> web.Response:
    """DELETE /agents/{id}."""
    return _answer(request, await _agents(request).delete(request[IDENTITY], _named(request)))


async def get_me(request: web.Request) -> web.Response:
    """GET /me."""
    agents = _agents(request)
    return _answer(request, await agents.get(request[IDENTITY], agents.oneself(request[IDENTITY])))


async def put_me(request: web.Request) -> web.Response:
    """PUT /me."""
    return await _put_profile(request, _agents(request).oneself(request[IDENTITY]))


async def put_my_password(request: web.Request) -> web.Response:
    """PUT /me/password: log in again after it."""
    return await _put_password(request, _agents(request).oneself(request[IDENTITY]))


async def _put_profile(request: web.Request, agent_id: AgentId) -> web.Response:
    profile = (await read(request, AgentProfileBody)).profile()
    return _answer(request, await _agents(request).update(request[IDENTITY], agent_id, profile))


async def _put_password(request: web.Request, agent_id: AgentId) -> web.Response:
    password = (await read(request, PasswordBody)).password
    return _answer(request, await _agents(request).set_password(request[IDENTITY], agent_id, password))


def _agents(request: web.Request) -> AgentService:
    return request.app[SERVICES].access.agents


def _named(request: web.Request) -> AgentId:
    return AgentId(path_id(request))


def _answer(request: web.Request, agent: Agent) -> web.Response:
    return json_response(render_agent(agent, request.app[SERVICES].style))


ROUTES: Final = (
    web.get("/agents", listing, allow_head=False),
    web.post("/agents", create),
    web.get("/agents/{id}", get, allow_head=False),
    web.put("/agents/{id}", put),
    web.delete("/agents/{id}", delete),
    web.put("/agents/{id}/permission", put_permission),
    web.put("/agents/{id}/password", put_password),
    web.get("/me", get_me, allow_head=False),
    web.put("/me", put_me),
    web.put("/me/password", put_my_password),
)
