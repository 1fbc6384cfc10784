"""Media streams by WebSocket (api.md section 9): binary frames both ways, text frames mean nothing."""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.media_socket import MediaSocket
from mixminus.api.paths import path_id, query_word
from mixminus.api.services import SERVICES, Services
from mixminus.model.ids import CallId, ConferenceId
from mixminus.streams.framing import Encapsulation
from mixminus.streams.stream import MediaStream

__all__ = ["ROUTES"]

CLOSE_S: Final = 5.0
MAX_MESSAGE_BYTES: Final = 1 << 16
"""Four seconds at once."""
LONGEST_WORD: Final = 16


async def of_conference(request: web.Request) -> web.WebSocketResponse:
    """GET /conferences/{id}/media_stream."""
    services = request.app[SERVICES]
    customer_id, id_ = request[IDENTITY].customer_id, ConferenceId(path_id(request))
    await services.streams.check_conference(customer_id, id_)
    stream = await services.streams.of_conference(customer_id, id_, _encapsulation(request))
    return await _talk(request, services, stream)


async def of_call(request: web.Request) -> web.WebSocketResponse:
    """GET /calls/{id}/media_stream."""
    services = request.app[SERVICES]
    customer_id, id_ = request[IDENTITY].customer_id, CallId(path_id(request))
    await services.streams.check_call(customer_id, id_)
    stream = await services.streams.of_call(customer_id, id_, _encapsulation(request))
    return await _talk(request, services, stream)


def _encapsulation(request: web.Request) -> Encapsulation:
    word = query_word(request, "encapsulation", LONGEST_WORD)
    try:
        return Encapsulation(word)
    except ValueError:
        raise InvalidRequestParameter(f"encapsulation must be one of {', '.join(Encapsulation)}") from None


async def _talk(request: web.Request, services: Services, stream: MediaStream) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(timeout=CLOSE_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    try:
        await socket.prepare(request)
        await MediaSocket(socket, stream, services.clock, services.streams.counters).run()
    finally:
        services.streams.release(stream)
    return socket


ROUTES: Final = (
    web.get("/conferences/{id}/media_stream", of_conference, allow_head=False),
    web.get("/calls/{id}/media_stream", of_call, allow_head=False),
)
