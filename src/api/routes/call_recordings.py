"""Recordings of calls (api.md section 5.3), and pauses of all recordings."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.paths import path_id
from mixminus.api.recording_schemas import CallRecordingBody, PauseBody
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.call.render import render_call
from mixminus.conference.render import render_conference
from mixminus.model.call import Call
from mixminus.model.ids import CallId, ConferenceId, CustomerId

__all__ = ["ROUTES"]


async def start(request: web.Request) -> web.Response:
    """POST /calls/{id}/recording_start."""
    call_id = CallId(path_id(request))
    body = await read(request, CallRecordingBody, optional=True)

    async def ask(customer_id: CustomerId, id_: CallId) -> Call:
        return await request.app[SERVICES].call_recordings.start(customer_id, id_, body.options())

    return await _of_call(request, ask, call_id)


async def stop(request: web.Request) -> web.Response:
    """POST /calls/{id}/recording_stop."""
    return await _of_call(request, request.app[SERVICES].call_recordings.stop, CallId(path_id(request)))


async def pause(request: web.Request) -> web.Response:
    """POST /calls/{id}/recording_pause."""
    call_id = CallId(path_id(request))
    body = await read(request, PauseBody, optional=True)

    async def ask(customer_id: CustomerId, id_: CallId) -> Call:
        return await request.app[SERVICES].call_recordings.pause(customer_id, id_, body.pause())

    return await _of_call(request, ask, call_id)


async def resume(request: web.Request) -> web.Response:
    """POST /calls/{id}/recording_resume."""
    return await _of_call(request, request.app[SERVICES].call_recordings.resume, CallId(path_id(request)))


async def pause_room(request: web.Request) -> web.Response:
    """POST /conferences/{id}/recording_pause."""
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    body = await read(request, PauseBody, optional=True)
    conference = await services.conferences.recording_pause(
        request[IDENTITY].customer_id, conference_id, body.pause()
    )
    return json_response(render_conference(conference, services.style, pins=True))


async def resume_room(request: web.Request) -> web.Response:
    """POST /conferences/{id}/recording_resume."""
    services = request.app[SERVICES]
    conference = await services.conferences.recording_resume(
        request[IDENTITY].customer_id, ConferenceId(path_id(request))
    )
    return json_response(render_conference(conference, services.style, pins=True))


async def _of_call(
    request: web.Request, ask: Callable[[CustomerId, CallId], Awaitable[Call]], call_id: CallId
) -> web.Response:
    call = await ask(request[IDENTITY].customer_id, call_id)
    return json_response(render_call(call, request.app[SERVICES].style))


ROUTES: Final = (
    web.post("/calls/{id}/recording_start", start),
    web.post("/calls/{id}/recording_stop", stop),
    web.post("/calls/{id}/recording_pause", pause),
    web.post("/calls/{id}/recording_resume", resume),
    web.post("/conferences/{id}/recording_pause", pause_room),
    web.post("/conferences/{id}/recording_resume", resume_room),
)
