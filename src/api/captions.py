"""/conferences/{id}/captions (api.md section 8.1): what is said in a room, live, as server-sent events or as WebVTT."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import orjson
from aiohttp import WSCloseCode, hdrs, web

from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.events import event_id, is_still_valid
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter
from mixminus.api.paths import query_flag
from mixminus.api.pushing import WRITE_S, pushed
from mixminus.api.transcribes import resource
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.delivery.captions import Caption, CaptionFeed, TooManyCaptionViewers
from mixminus.model.ids import ConferenceId
from mixminus.speech.recognition.webvtt import cue
from mixminus.wire.view import View

__all__ = ["event_of", "watch_captions"]

KEEP_ALIVE_S: Final = 10.0
"""After so long without a caption a viewer is sent a sign of life, and its credential is checked again."""
ENDING_S: Final = 0.5
"""The same in a room that has ended: whether all is recognised is asked again."""
_US: Final = 1_000_000
_EVENT_STREAM: Final = "text/event-stream"
_LAST_EVENT_ID: Final = "Last-Event-ID"
LANGUAGE: Final = (
    "BCP 47: texts in this language, where they are translated to it; the others as they are spoken."
)

Write = Callable[[str], Awaitable[None]]


class CaptionView(View):
    """What a participant says, or has said."""

    id: UUID
    """Of the utterance: the same for its texts so far and for its final one, which is the transcript's."""
    transcribe_id: UUID
    final: bool
    name: str
    """The participant's label; its id if it has none."""
    conferencecall_id: UUID
    call_id: UUID
    start_s: float
    """Since the start of the transcription."""
    end_s: float
    """Of a text so far: when it was recognised."""
    text: str
    translated: bool
    """Whether `text` is the translation that `language` asked for."""


@Operation(
    resource,
    "GET",
    "/conferences/{id}/captions",
    "Watch the captions of a conference",
    parameters=(
        Parameter("query", "partials", "`false`: only final texts.", {"type": "boolean", "default": True}),
        Parameter("query", "language", LANGUAGE, {"type": "string", "maxLength": 64}),
        Parameter(
            "query",
            "after",
            "The id of an event: captions after it, also those of the past.",
            {"type": "string", "pattern": "^[0-9]{1,18}$"},
        ),
        Parameter("header", _LAST_EVENT_ID, "The same as `after`; browsers send it when they connect again."),
    ),
    answers=(
        Answer(description="The captions, until the room has ended.", media_type=_EVENT_STREAM),
        Answer(status=101, description="The connection is a WebSocket now (RFC 6455)."),
    ),
    errors=(ConferenceNotFound, ConferenceNotProgressing, TooManyCaptionViewers, InvalidRequestParameter),
)
async def watch_captions(call: ApiCall) -> web.StreamResponse:
    """While the room is transcribed. Server-sent events `caption` with `id`, `transcribe_id`, `final`, `name`,
    `conferencecall_id`, `call_id`, `start_s`, `end_s`, `text` and `translated`; their ids are those of events, and `Last-Event-ID`
    resumes behind one. As a WebSocket: WebVTT in text frames, first the header, then a cue in each frame, with the speaker
    in a voice span, of a text so far with the class `partial`; a later cue with the same id takes its place. The stream
    ends once the room has ended and all is recognised.
    """
    services, room_id = call.services, ConferenceId(call.id)
    after, partials = _after(call.request), query_flag(call.request, "partials", default=True)
    conference = await services.conferences.get(call.customer_id, room_id)
    if after is None:
        services.rooms.require(conference)
    feed = await services.delivery.captions.open(call.customer_id, room_id, after=after, partials=partials)
    try:
        if web.WebSocketResponse().can_prepare(call.request):
            return await _by_websocket(call, feed)
        return await _by_events(call, feed)
    finally:
        services.delivery.captions.close(feed)


async def _by_events(call: ApiCall, feed: CaptionFeed) -> web.StreamResponse:
    response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: _EVENT_STREAM, hdrs.CACHE_CONTROL: "no-store"})
    await response.prepare(call.request)

    async def write(text: str) -> None:
        await response.write(text.encode())

    try:
        if await _send(call, feed, write, event_of, sign_of_life=":\n\n") is WSCloseCode.OK:
            await _within(write("event: end\ndata: {}\n\n"))
    except (TimeoutError, ConnectionError):
        pass  # the client has gone, or does not read
    return response


async def _by_websocket(call: ApiCall, feed: CaptionFeed) -> web.StreamResponse:
    async def send(socket: web.WebSocketResponse) -> WSCloseCode:
        await socket.send_str("WEBVTT\n\n")
        return await _send(call, feed, socket.send_str, cue_of, sign_of_life="")

    return await pushed(call.request, "captions", send)


async def _send(
    call: ApiCall, feed: CaptionFeed, write: Write, written: Callable[[Caption], str], *, sign_of_life: str
) -> WSCloseCode:
    """Send captions until the room has ended; return why the stream ends. Raises TimeoutError, ConnectionError."""
    services, language = call.services, call.request.query.get("language", "")
    while not services.delivery.captions.stopped:
        ending = services.rooms.find(feed.conference_id) is None
        try:
            async with asyncio.timeout(ENDING_S if ending else KEEP_ALIVE_S):
                captions = await feed.next()
        except TimeoutError:
            captions = ()
            if not ending and not await is_still_valid(call.request):
                return WSCloseCode.POLICY_VIOLATION
            if sign_of_life and not ending:
                await _within(write(sign_of_life))
        for caption in captions:
            await _within(write(written(caption.in_language(language))))
        if not captions and not feed.behind and services.transcription.is_over(feed.conference_id):
            return WSCloseCode.OK
    return WSCloseCode.GOING_AWAY


async def _within(writing: Awaitable[None]) -> None:
    async with asyncio.timeout(WRITE_S):
        await writing


def event_of(caption: Caption) -> str:
    """Return a caption as a server-sent event (WHATWG HTML section 9.2)."""
    data = orjson.dumps({name: getattr(caption, name) for name in CaptionView.model_fields}).decode()
    return f"id: {caption.event_id}\nevent: caption\ndata: {data}\n\n"


def cue_of(caption: Caption) -> str:
    """Return a caption as a WebVTT cue."""
    start_us, end_us = round(caption.start_s * _US), round(caption.end_s * _US)
    style = "" if caption.final else "partial"
    return cue(caption.id, start_us, end_us, caption.name, caption.text, style=style) + "\n"


def _after(request: web.Request) -> int | None:
    text = request.headers.get(_LAST_EVENT_ID) or request.query.get("after")
    return None if text is None else event_id(text, f"after or {_LAST_EVENT_ID}")
