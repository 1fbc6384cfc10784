"""/conferences (api.md section 2.2), and who is talking in one."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.errors import InvalidId, InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.recording_schemas import RecordingBody
from mixminus.api.schemas import ConferenceBody, ConferenceFields, read
from mixminus.api.services import SERVICES
from mixminus.conference.render import render_conference
from mixminus.model.conference import Conference
from mixminus.model.ids import ConferenceId, CustomerId
from mixminus.store.timestamps import TimestampStyle

__all__ = ["ROUTES"]


async def create(request: web.Request) -> web.Response:
    """POST /conferences."""
    services = request.app[SERVICES]
    body = await read(request, ConferenceBody)
    conference = await services.conferences.create(request[IDENTITY].customer_id, body.spec())
    return json_response(_render(conference, services.style))


async def listing(request: web.Request) -> web.Response:
    """GET /conferences."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    conferences = await services.conferences.list(request[IDENTITY].customer_id, page)
    return page_response(conferences, page, services.style, _render)


async def get(request: web.Request) -> web.Response:
    """GET /conferences/{id}."""
    return await _of_one(request, request.app[SERVICES].conferences.get)


async def update(request: web.Request) -> web.Response:
    """PUT /conferences/{id}: what is absent gets its default."""
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    body = await read(request, ConferenceFields)
    conference = await services.conferences.update(
        request[IDENTITY].customer_id, conference_id, body.profile()
    )
    return json_response(_render(conference, services.style))


async def direct_hash_regenerate(request: web.Request) -> web.Response:
    """POST /conferences/{id}/direct-hash-regenerate; a bad id has another reason here (api.md section 2.2)."""
    try:
        path_id(request)
    except InvalidId as error:
        raise InvalidRequestParameter(str(error)) from None
    return await _of_one(request, request.app[SERVICES].conferences.regenerate_direct_hash)


async def delete(request: web.Request) -> web.Response:
    """DELETE /conferences/{id}."""
    return await _of_one(request, request.app[SERVICES].conferences.delete)


async def recording_start(request: web.Request) -> web.Response:
    """POST /conferences/{id}/recording_start."""
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    body = await read(request, RecordingBody, optional=True)
    conference = await services.conferences.recording_start(
        request[IDENTITY].customer_id, conference_id, body.options()
    )
    return json_response(_render(conference, services.style))


async def recording_stop(request: web.Request) -> web.Response:
    """POST /conferences/{id}/recording_stop."""
    return await _of_one(request, request.app[SERVICES].conferences.recording_stop)


async def _of_one(
    request: web.Request, ask: Callable[[CustomerId, ConferenceId], Awaitable[Conference]]
) -> web.Response:
    conference = await ask(request[IDENTITY].customer_id, ConferenceId(path_id(request)))
    return json_response(_render(conference, request.app[SERVICES].style))


def _render(conference: Conference, style: TimestampStyle) -> dict[str, Any]:
    """Whoever asks here owns the room, and is told its pins."""
    return render_conference(conference, style, pins=True)


ROUTES: Final = (
    web.post("/conferences", create),
    web.get("/conferences", listing, allow_head=False),
    web.get("/conferences/{id}", get, allow_head=False),
    web.put("/conferences/{id}", update),
    web.delete("/conferences/{id}", delete),
    web.post("/conferences/{id}/direct-hash-regenerate", direct_hash_regenerate),
    web.post("/conferences/{id}/recording_start", recording_start),
    web.post("/conferences/{id}/recording_stop", recording_stop),
)
