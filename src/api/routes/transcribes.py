"""/transcribes and /transcripts (api.md section 8), and a conference's transcription (section 2.2)."""

from typing import Any, Final

from aiohttp import hdrs, web

from mixminus.api.authentication import IDENTITY
from mixminus.api.errors import InvalidRequestParameter, MissingRequestParameter
from mixminus.api.json import json_response
from mixminus.api.pagination import page_of, page_response
from mixminus.api.paths import path_id, query_id, query_word
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES, Services
from mixminus.api.speech_schemas import TranscribeBody, TranscribeStartBody
from mixminus.conference.render import render_conference
from mixminus.model.ids import ConferenceId, TranscribeId
from mixminus.model.transcription import Transcribe
from mixminus.speech.recognition.export import FORMATS
from mixminus.speech.recognition.render import render_transcribe, render_transcript

__all__ = ["ROUTES"]

REFERENCE_TYPES: Final = frozenset({"call", "confbridge", "recording"})
LONGEST_QUERY: Final = 256


async def transcribe_start(request: web.Request) -> web.Response:
    """POST /conferences/{id}/transcribe_start."""
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    body = await read(request, TranscribeStartBody)
    conference = await services.conferences.transcribe_start(
        request[IDENTITY].customer_id, conference_id, body.options()
    )
    return json_response(render_conference(conference, services.style, pins=True))


async def transcribe_stop(request: web.Request) -> web.Response:
    """POST /conferences/{id}/transcribe_stop."""
    services = request.app[SERVICES]
    conference = await services.conferences.transcribe_stop(
        request[IDENTITY].customer_id, ConferenceId(path_id(request))
    )
    return json_response(render_conference(conference, services.style, pins=True))


async def create(request: web.Request) -> web.Response:
    """POST /transcribes."""
    services = request.app[SERVICES]
    body = await read(request, TranscribeBody)
    transcribe = await services.transcription.begin(
        request[IDENTITY].customer_id, body.reference_type, body.reference_id, body.options()
    )
    return json_response(_render(services, transcribe))


async def listing(request: web.Request) -> web.Response:
    """GET /transcribes."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    type_, id_ = request.query.get("reference_type"), query_id(request, "reference_id")
    if (type_ is None) != (id_ is None) or (type_ is not None and type_ not in REFERENCE_TYPES):
        raise InvalidRequestParameter("reference_type and reference_id go together")
    reference = (type_, id_) if type_ is not None and id_ is not None else None
    found = await services.transcription.list(request[IDENTITY].customer_id, page, reference)
    return page_response(found, page, services.style, lambda each, _: _render(services, each))


async def get(request: web.Request) -> web.Response:
    """GET /transcribes/{id}."""
    services = request.app[SERVICES]
    transcribe = await services.transcription.get(
        request[IDENTITY].customer_id, TranscribeId(path_id(request))
    )
    return json_response(_render(services, transcribe))


async def stop(request: web.Request) -> web.Response:
    """POST /transcribes/{id}/stop."""
    services = request.app[SERVICES]
    transcribe = await services.transcription.end(
        request[IDENTITY].customer_id, TranscribeId(path_id(request))
    )
    return json_response(_render(services, transcribe))


async def delete(request: web.Request) -> web.Response:
    """DELETE /transcribes/{id}."""
    services = request.app[SERVICES]
    transcribe = await services.transcription.delete(
        request[IDENTITY].customer_id, TranscribeId(path_id(request))
    )
    return json_response(_render(services, transcribe))


async def export(request: web.Request) -> web.Response:
    """GET /transcribes/{id}/export: all of it, as a file."""
    services = request.app[SERVICES]
    transcribe_id = TranscribeId(path_id(request))
    found = await services.transcription.transcripts(request[IDENTITY].customer_id, transcribe_id, None)
    word = request.query.get("format", "vtt")
    if word not in FORMATS:
        raise InvalidRequestParameter(f"format must be one of {', '.join(FORMATS)}")
    headers = {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{transcribe_id}.{word}"',
        hdrs.CACHE_CONTROL: "private",
    }
    kind = FORMATS[word]
    text = kind.write(found, services.style)
    return web.Response(text=text, content_type=kind.media_type, charset="utf-8", headers=headers)


async def transcripts(request: web.Request) -> web.Response:
    """GET /transcripts: the first hundred of one transcribe, in the order of their beginning."""
    services = request.app[SERVICES]
    transcribe_id = query_id(request, "transcribe_id")
    if transcribe_id is None:
        raise MissingRequestParameter("transcribe_id is required")
    found = await services.transcription.transcripts(
        request[IDENTITY].customer_id, TranscribeId(transcribe_id)
    )
    rows = [render_transcript(each, services.style) for each in found]
    return json_response({"result": rows, "next_page_token": ""})


async def search(request: web.Request) -> web.Response:
    """GET /transcripts/search: what was said with all these words in it, newest first."""
    services = request.app[SERVICES]
    page = page_of(request, services.clock.now())
    words = query_word(request, "q", LONGEST_QUERY).split()
    found = await services.transcription.search(request[IDENTITY].customer_id, words, page)
    return page_response(found, page, services.style, render_transcript)


def _render(services: Services, transcribe: Transcribe) -> dict[str, Any]:
    behind_s = services.transcription.behind_s(transcribe.id)
    return render_transcribe(transcribe, services.style, behind_s)


ROUTES: Final = (
    web.post("/conferences/{id}/transcribe_start", transcribe_start),
    web.post("/conferences/{id}/transcribe_stop", transcribe_stop),
    web.get("/transcribes", listing, allow_head=False),
    web.post("/transcribes", create),
    web.get("/transcribes/{id}", get, allow_head=False),
    web.delete("/transcribes/{id}", delete),
    web.post("/transcribes/{id}/stop", stop),
    web.get("/transcribes/{id}/export", export, allow_head=False),
    web.get("/transcripts", transcripts, allow_head=False),
    web.get("/transcripts/search", search, allow_head=False),
)
