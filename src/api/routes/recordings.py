"""/recordings and /recordingfiles (api.md section 7)."""

import re
from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.recording_schemas import render_findings
from mixminus.api.routes.sounds import send
from mixminus.api.services import SERVICES
from mixminus.model.ids import RecordingId
from mixminus.recording.layout import MAIN
from mixminus.recording.render import render_recording

__all__ = ["ROUTES"]

PEAKS_PER_SECOND: Final = 10
MAX_PEAKS_PER_SECOND: Final = 1000
PER_SECOND: Final = re.compile(r"[0-9]{1,4}", re.ASCII)


async def listing(request: web.Request) -> web.Response:
    """GET /recordings."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    recordings = await services.recordings.list(request[IDENTITY].customer_id, page)
    return page_response(recordings, page, services.style, render_recording)


async def get(request: web.Request) -> web.Response:
    """GET /recordings/{id}."""
    services = request.app[SERVICES]
    recording = await services.recordings.get(request[IDENTITY].customer_id, RecordingId(path_id(request)))
    return json_response(render_recording(recording, services.style))


async def delete(request: web.Request) -> web.Response:
    """DELETE /recordings/{id}: its files are gone on return."""
    services = request.app[SERVICES]
    recording = await services.library.delete(request[IDENTITY].customer_id, RecordingId(path_id(request)))
    return json_response(render_recording(recording, services.style))


async def timeline(request: web.Request) -> web.Response:
    """GET /recordings/{id}/timeline."""
    recording_id = RecordingId(path_id(request))
    found = await request.app[SERVICES].library.timeline(request[IDENTITY].customer_id, recording_id)
    return json_response(found)


async def peaks(request: web.Request) -> web.Response:
    """GET /recordings/{id}/peaks?per_second=N."""
    text = request.query.get("per_second", "") or str(PEAKS_PER_SECOND)
    if not PER_SECOND.fullmatch(text) or not 1 <= int(text) <= MAX_PEAKS_PER_SECOND:
        raise InvalidRequestParameter(f"per_second must be from 1 to {MAX_PEAKS_PER_SECOND}")
    recording_id, track = RecordingId(path_id(request)), _track(request)
    library = request.app[SERVICES].library
    return json_response(await library.peaks(request[IDENTITY].customer_id, recording_id, int(text), track))


async def verification(request: web.Request) -> web.Response:
    """GET /recordings/{id}/verification: is it what was recorded?"""
    recording_id = RecordingId(path_id(request))
    found = await request.app[SERVICES].library.verify(request[IDENTITY].customer_id, recording_id)
    return json_response(render_findings(found))


async def download(request: web.Request) -> web.StreamResponse:
    """GET /recordingfiles/{id}: the sound itself, or the range of it that is asked for (RFC 9110 section 14)."""
    recording_id, track = RecordingId(path_id(request)), _track(request)
    library, customer_id = request.app[SERVICES].library, request[IDENTITY].customer_id
    if request.query.get("live", "") in ("1", "true"):
        return await send(request, await library.live(customer_id, recording_id))
    return await send(request, await library.sound(customer_id, recording_id, track))


def _track(request: web.Request) -> str:
    return request.query.get("track", "") or MAIN


ROUTES: Final = (
    web.get("/recordings", listing, allow_head=False),
    web.get("/recordings/{id}", get, allow_head=False),
    web.delete("/recordings/{id}", delete),
    web.get("/recordings/{id}/timeline", timeline, allow_head=False),
    web.get("/recordings/{id}/peaks", peaks, allow_head=False),
    web.get("/recordings/{id}/verification", verification, allow_head=False),
    web.get("/recordingfiles/{id}", download),
)
