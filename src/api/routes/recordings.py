"""/recordings and /recordingfiles (api.md section 7)."""

from typing import Final

from aiohttp import hdrs, web

from mixminus.api.authentication import IDENTITY
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id
from mixminus.api.services import SERVICES
from mixminus.ids import RecordingId
from mixminus.recording.render import render_recording

__all__ = ["ROUTES"]


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


async def download(request: web.Request) -> web.FileResponse:
    """GET /recordingfiles/{id}: the WAV itself, or the range of it that is asked for (RFC 9110 section 14)."""
    recording_id = RecordingId(path_id(request))
    path = await request.app[SERVICES].recordings.file(request[IDENTITY].customer_id, recording_id)
    headers = {
        hdrs.CONTENT_TYPE: "audio/wav",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{recording_id}.wav"',
        hdrs.CACHE_CONTROL: "private",
    }
    return web.FileResponse(path, headers=headers)


ROUTES: Final = (
    web.get("/recordings", listing, allow_head=False),
    web.get("/recordings/{id}", get, allow_head=False),
    web.get("/recordingfiles/{id}", download),
)
