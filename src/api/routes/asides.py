"""/calls/{id}/talk, /moh, /silence (api.md section 5.3): what one call hears; every answer is empty."""

from typing import Final

from aiohttp import web

from mixminus.api.aside_schemas import TalkBody
from mixminus.api.authentication import IDENTITY
from mixminus.api.paths import path_id
from mixminus.api.schemas import read
from mixminus.api.services import SERVICES
from mixminus.model.ids import CallId

__all__ = ["ROUTES"]


async def talk(request: web.Request) -> web.Response:
    """POST /calls/{id}/talk."""
    call_id = CallId(path_id(request))
    body = await read(request, TalkBody)
    await request.app[SERVICES].call_audio.talk(
        request[IDENTITY].customer_id, call_id, body.text, language=body.language, voice=body.voice_id
    )
    return web.Response()


async def play_music(request: web.Request) -> web.Response:
    """POST /calls/{id}/moh."""
    await _set_music(request, on=True)
    return web.Response()


async def stop_music(request: web.Request) -> web.Response:
    """DELETE /calls/{id}/moh."""
    await _set_music(request, on=False)
    return web.Response()


async def silence(request: web.Request) -> web.Response:
    """POST /calls/{id}/silence."""
    await _set_silence(request, on=True)
    return web.Response()


async def end_silence(request: web.Request) -> web.Response:
    """DELETE /calls/{id}/silence."""
    await _set_silence(request, on=False)
    return web.Response()


async def _set_music(request: web.Request, *, on: bool) -> None:
    call_id = CallId(path_id(request))
    await request.app[SERVICES].call_audio.set_music(request[IDENTITY].customer_id, call_id, on)


async def _set_silence(request: web.Request, *, on: bool) -> None:
    call_id = CallId(path_id(request))
    await request.app[SERVICES].call_audio.set_silence(request[IDENTITY].customer_id, call_id, on)


ROUTES: Final = (
    web.post("/calls/{id}/talk", talk),
    web.post("/calls/{id}/moh", play_music),
    web.delete("/calls/{id}/moh", stop_music),
    web.post("/calls/{id}/silence", silence),
    web.delete("/calls/{id}/silence", end_silence),
)
