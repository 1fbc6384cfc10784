"""Media streams by WebSocket (api.md section 9): binary frames both ways, commands in text frames."""

from typing import Final

from aiohttp import web

from mixminus.api import calls, conferences
from mixminus.api.errors import InvalidRequestParameter, MissingRequestParameter
from mixminus.api.media_socket import MediaSocket
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter
from mixminus.api.paths import query_text
from mixminus.call.errors import CallNotProgressing
from mixminus.conference.errors import ConferenceNotProgressing
from mixminus.errors import InvalidArgument
from mixminus.model.ids import CallId, ConferenceId
from mixminus.streams.framing import Encapsulation
from mixminus.streams.service import TooManyStreams
from mixminus.streams.stream import MediaStream

__all__: list[str] = []

CLOSE_S: Final = 5.0
MAX_MESSAGE_BYTES: Final = 1 << 24
"""A quarter of an hour of audio in one message, which is what a stream may send ahead."""
LONGEST_WORD: Final = 16
PCM: Final = (
    "Binary frames each way, 20 ms of 16-bit little-endian PCM at 8 kHz, mono. You may send messages of any length, "
    'and a quarter of an hour ahead. Text frames: `{"type": "clear"}` drops what is not played yet; `{"type": "mark", '
    '"name": "..."}` is answered when all audio before it was played. '
)
SOCKET: Final = (Answer(status=101, description="The connection is a WebSocket now (RFC 6455)."),)
ERRORS: Final = (TooManyStreams, MissingRequestParameter, InvalidRequestParameter, InvalidArgument)
ENCAPSULATION: Final = Parameter(
    "query",
    "encapsulation",
    "`sln`: PCM only, 320 bytes; `rtp`: after an RTP header, 332; `audiosocket`: after kind and length, 323.",
    {"type": "string", "enum": [each.value for each in Encapsulation]},
    required=True,
)


@Operation(
    conferences.resource,
    "GET",
    "/conferences/{id}/media_stream",
    "Stream the audio of a conference",
    description=PCM + "All participants of the room hear what you send; you hear all of them.",
    parameters=(ENCAPSULATION,),
    answers=SOCKET,
    acts=True,
    errors=(ConferenceNotProgressing, *ERRORS),
)
async def stream_conference(call: ApiCall) -> web.WebSocketResponse:
    streams, id_ = call.services.streams, ConferenceId(call.id)
    await streams.check_conference(call.customer_id, id_)
    return await _run(call, await streams.of_conference(call.customer_id, id_, _encapsulation(call)))


@Operation(
    calls.resource,
    "GET",
    "/calls/{id}/media_stream",
    "Stream the audio of a call",
    description=PCM + "You hear what the call says; only the call hears what you send.",
    parameters=(ENCAPSULATION,),
    answers=SOCKET,
    acts=True,
    errors=(CallNotProgressing, *ERRORS),
)
async def stream_call(call: ApiCall) -> web.WebSocketResponse:
    streams, id_ = call.services.streams, CallId(call.id)
    await streams.check_call(call.customer_id, id_)
    return await _run(call, await streams.of_call(call.customer_id, id_, _encapsulation(call)))


def _encapsulation(call: ApiCall) -> Encapsulation:
    word = query_text(call.request, "encapsulation", LONGEST_WORD)
    try:
        return Encapsulation(word)
    except ValueError:
        raise InvalidRequestParameter(f"encapsulation must be one of {', '.join(Encapsulation)}") from None


async def _run(call: ApiCall, stream: MediaStream) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(timeout=CLOSE_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    services = call.services
    try:
        await socket.prepare(call.request)
        await MediaSocket(socket, stream, services.clock, services.streams.counters).run()
    finally:
        services.streams.release(stream)
    return socket
