"""Media streams by WebSocket (api.md section 9): binary frames both ways, commands in text frames."""

from enum import StrEnum
from typing import Final, TypeVar

from aiohttp import web

from mixminus.api import calls, conferences
from mixminus.api.errors import InvalidRequestParameter, MissingRequestParameter
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter
from mixminus.api.paths import query_id, query_text
from mixminus.call.errors import CallNotProgressing
from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, ConferenceNotProgressing
from mixminus.delivery.media_socket import CLOSE_S, MAX_MESSAGE_BYTES, MediaSocket
from mixminus.errors import InvalidArgument
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId
from mixminus.model.media_stream import (
    SAMPLE_RATES_HZ,
    TELEPHONY_HZ,
    CallListen,
    Encapsulation,
    RoomListen,
    StreamFormat,
)
from mixminus.streams.dialect import PlainDialect
from mixminus.streams.service import TooManyStreams
from mixminus.streams.stream import MediaStream

__all__: list[str] = []

LONGEST_WORD: Final = 16
PCM: Final = (
    "Binary frames each way, 20 ms of 16-bit little-endian PCM, mono. You may send messages of any length, "
    'and a quarter of an hour ahead. Text frames: `{"type": "clear"}` drops what is not played yet; `{"type": "mark", '
    '"name": "..."}` is answered when all audio before it was played. '
)
SOCKET: Final = (Answer(status=101, description="The connection is a WebSocket now (RFC 6455)."),)
ERRORS: Final = (TooManyStreams, MissingRequestParameter, InvalidRequestParameter, InvalidArgument)
ENCAPSULATION: Final = Parameter(
    "query",
    "encapsulation",
    "`sln`: PCM only, 320 bytes at 8 kHz; `rtp`: after an RTP header, 332; `audiosocket`: after kind and length, 323.",
    {"type": "string", "enum": [each.value for each in Encapsulation]},
    required=True,
)
SAMPLE_RATE: Final = Parameter(
    "query",
    "sample_rate",
    "Of the PCM, both ways, in Hz.",
    {"type": "integer", "enum": list(SAMPLE_RATES_HZ), "default": TELEPHONY_HZ},
)
ROOM_LISTEN: Final = Parameter(
    "query",
    "listen",
    "`mix`: all of the room; `participant`: the one of `conferencecall_id` alone; `mix_minus`: all but that one.",
    {"type": "string", "enum": [each.value for each in RoomListen], "default": RoomListen.MIX.value},
)
PARTICIPANT: Final = Parameter(
    "query",
    "conferencecall_id",
    "The participant that `listen` names, which must be in the room.",
    {"type": "string", "format": "uuid"},
)
CALL_LISTEN: Final = Parameter(
    "query",
    "listen",
    "`in`: what the call says; `out`: what the call hears, its mix-minus; `both`: the two mixed.",
    {"type": "string", "enum": [each.value for each in CallListen], "default": CallListen.IN.value},
)

Word = TypeVar("Word", bound=StrEnum)


@Operation(
    conferences.resource,
    "GET",
    "/conferences/{id}/media_stream",
    "Stream the audio of a conference",
    description=PCM
    + "All participants of the room hear what you send; you hear all of them, unless `listen` says else.",
    parameters=(ENCAPSULATION, SAMPLE_RATE, ROOM_LISTEN, PARTICIPANT),
    answers=SOCKET,
    acts=True,
    errors=(ConferenceNotProgressing, ConferencecallNotFound, ConferencecallGone, *ERRORS),
)
async def stream_conference(call: ApiCall) -> web.WebSocketResponse:
    streams, id_ = call.services.streams, ConferenceId(call.id)
    await streams.check_conference(call.customer_id, id_)
    stream_format = _format(call)
    listen = _word(call, "listen", RoomListen, RoomListen.MIX)
    participant = query_id(call.request, "conferencecall_id")
    stream = await streams.of_conference(
        call.customer_id,
        id_,
        stream_format.sample_rate_hz,
        PlainDialect(stream_format),
        listen=listen,
        conferencecall_id=ConferencecallId(participant) if participant else None,
    )
    return await _run(call, stream)


@Operation(
    calls.resource,
    "GET",
    "/calls/{id}/media_stream",
    "Stream the audio of a call",
    description=PCM
    + "You hear what the call says, unless `listen` says else; only the call hears what you send.",
    parameters=(ENCAPSULATION, SAMPLE_RATE, CALL_LISTEN),
    answers=SOCKET,
    acts=True,
    errors=(CallNotProgressing, *ERRORS),
)
async def stream_call(call: ApiCall) -> web.WebSocketResponse:
    streams, id_ = call.services.streams, CallId(call.id)
    await streams.check_call(call.customer_id, id_)
    stream_format = _format(call)
    listen = _word(call, "listen", CallListen, CallListen.IN)
    live = await streams.live_call(call.customer_id, id_)
    stream = streams.of_call(live, stream_format.sample_rate_hz, PlainDialect(stream_format), listen=listen)
    return await _run(call, stream)


def _format(call: ApiCall) -> StreamFormat:
    word = query_text(call.request, "encapsulation", LONGEST_WORD)
    rate = call.request.query.get("sample_rate", str(TELEPHONY_HZ))
    if rate not in map(str, SAMPLE_RATES_HZ):
        raise InvalidRequestParameter(f"sample_rate must be one of {', '.join(map(str, SAMPLE_RATES_HZ))}")
    return StreamFormat(_one_of("encapsulation", Encapsulation, word), int(rate))


def _word(call: ApiCall, name: str, words: type[Word], default: Word) -> Word:
    return _one_of(name, words, call.request.query.get(name, default))


def _one_of(name: str, words: type[Word], word: str) -> Word:
    try:
        return words(word)
    except ValueError:
        raise InvalidRequestParameter(f"{name} must be one of {', '.join(words)}") from None


async def _run(call: ApiCall, stream: MediaStream) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(timeout=CLOSE_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES)
    streams = call.services.streams
    try:
        await socket.prepare(call.request)
        await streams.carry(MediaSocket(socket), stream)
    finally:
        streams.release(stream)
    return socket
