"""/conferences/{id}/hears: who hears whom, as exceptions to "everybody hears everybody but themselves".

An extension of the API. PUT replaces all exceptions, and all of it applies at one tick of the mixer: not for
one frame does anybody hear a half of it. ``coach``, ``whisper`` and ``mute_for_one`` are other words for sets
of exceptions; the first two also hold for those who come later.
"""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.paths import path_id
from mixminus.api.room_schemas import HearsBody, render_hears
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.model.hears import Hears
from mixminus.model.ids import ConferenceId

__all__ = ["ROUTES"]


async def get(request: web.Request) -> web.Response:
    """GET /conferences/{id}/hears."""
    services = request.app[SERVICES]
    rules = await services.hears.get(request[IDENTITY].customer_id, ConferenceId(path_id(request)))
    return json_response(render_hears(*rules))


async def replace(request: web.Request) -> web.Response:
    """PUT /conferences/{id}/hears."""
    conference_id = ConferenceId(path_id(request))
    body = await read(request, HearsBody)
    return await _replace(request, conference_id, body.hears())


async def clear(request: web.Request) -> web.Response:
    """DELETE /conferences/{id}/hears: everybody hears everybody again."""
    return await _replace(request, ConferenceId(path_id(request)), Hears())


async def _replace(request: web.Request, conference_id: ConferenceId, hears: Hears) -> web.Response:
    services = request.app[SERVICES]
    return json_response(
        render_hears(*await services.hears.replace(request[IDENTITY].customer_id, conference_id, hears))
    )


ROUTES: Final = (
    web.get("/conferences/{id}/hears", get, allow_head=False),
    web.put("/conferences/{id}/hears", replace),
    web.delete("/conferences/{id}/hears", clear),
)
