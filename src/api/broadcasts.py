"""Broadcasts of rooms (api.md section 9.3): started and stopped here; players fetch playlist and pieces."""

from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

from aiohttp import hdrs, web
from pydantic import Field, Strict

from mixminus.api.authentication import CREDENTIALS
from mixminus.api.body import Body, Text
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import path_id
from mixminus.broadcast.errors import (
    BroadcastNotFound,
    BroadcastOver,
    BroadcastRuns,
    PieceNotFound,
    PlaylistAhead,
)
from mixminus.broadcast.icecast import mount_url
from mixminus.broadcast.window import PLAYLIST, Window
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing, TooManyExceptions
from mixminus.errors import Exhausted, InvalidArgument, Unavailable
from mixminus.model.broadcast import Broadcast, BroadcastProtocol, IcecastTarget
from mixminus.model.ids import BroadcastId, ConferenceId
from mixminus.wire.broadcast import BroadcastView
from mixminus.wire.view import View

__all__ = ["resource"]

FOLDER: Final = "/conferences/{id}/hls/{broadcast_id}"
MPEG_URL: Final = "application/vnd.apple.mpegurl"
MP4: Final = "audio/mp4"
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]{0,255}$"
LONGEST_NUMBER: Final = 9
NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": 10**LONGEST_NUMBER - 1}

resource: Final = Resource("Broadcasts", view=BroadcastView)
operation = partial(Operation, resource)


class BroadcastBody(Body):
    protocol: Annotated[BroadcastProtocol, Strict(False)] = BroadcastProtocol.HLS
    """`hls`: low-latency HLS; `icecast`: sent to the Icecast server of `url`."""
    url: Annotated[Text, Field(max_length=2048)] = ""
    """Of a mount, `http://radio.example:8000/room.opus`; the schemes are `http`, `https` and `icecast`, which is `http`."""
    user: Annotated[str, Field(pattern=r"^[ -9;-~]{1,255}$")] = "source"
    password: Annotated[str, Field(pattern=r"^[ -~]{0,255}$")] = ""
    """Of a source client; it is kept in memory while the broadcast runs, and is in no answer."""
    name: Annotated[str, Field(pattern=PRINTABLE)] = ""
    """Of the stream, as Icecast shows it."""
    description: Annotated[str, Field(pattern=PRINTABLE)] = ""

    def target(self) -> IcecastTarget | None:
        """Return where to send to, None for HLS; raise InvalidArgument."""
        if self.protocol is BroadcastProtocol.HLS:
            return None
        if not self.password:
            raise InvalidArgument("password: is missing, an Icecast server needs that of its sources")
        return IcecastTarget(
            url=mount_url(self.url),
            user=self.user,
            password=self.password,
            name=self.name,
            description=self.description,
        )


class BroadcastsView(View):
    """The broadcasts of a room, oldest first."""

    result: list[BroadcastView]


@operation(
    "POST",
    "/conferences/{id}/broadcasts",
    "Broadcast a conference",
    errors=(
        ConferenceNotFound,
        ConferenceNotProgressing,
        BroadcastRuns,
        TooManyExceptions,
        Exhausted,
        InvalidArgument,
    ),
)
async def start_broadcast(call: ApiCall, body: BroadcastBody) -> Broadcast:
    """It answers `starting`; `broadcast_live` says that players can hear the room, by `path`. Listeners are no
    participants, and are not counted. For `icecast`, `url` and `password` are needed; a connection that is lost is
    `retrying`.
    """
    return await call.services.broadcasts.start(call.customer_id, ConferenceId(call.id), body.target())


@operation(
    "GET",
    "/conferences/{id}/broadcasts",
    "List the broadcasts of a conference",
    errors=(ConferenceNotFound,),
    answer=BroadcastsView,
)
async def list_broadcasts(call: ApiCall) -> BroadcastsView:
    """Also ended ones of late."""
    found = await call.services.broadcasts.list(call.customer_id, ConferenceId(call.id))
    return BroadcastsView.model_validate({"result": found})


@operation("GET", "/broadcasts/{id}", "Get a broadcast", errors=(BroadcastNotFound,))
async def get_broadcast(call: ApiCall) -> Broadcast:
    """Also one that ended lately."""
    return call.services.broadcasts.get(call.customer_id, BroadcastId(call.id))


@operation("POST", "/broadcasts/{id}/stop", "Stop a broadcast", errors=(BroadcastNotFound, BroadcastOver))
async def stop_broadcast(call: ApiCall) -> Broadcast:
    """Its playlist ends, or the connection to the Icecast server; players hear what they have."""
    return await call.services.broadcasts.stop(call.customer_id, BroadcastId(call.id))


@operation(
    "GET",
    f"{FOLDER}/{PLAYLIST}",
    "Get the playlist of a broadcast",
    parameters=(
        Parameter("query", "_HLS_msn", "Wait until the playlist has this segment.", NUMBER),
        Parameter("query", "_HLS_part", "And this part of it.", NUMBER),
    ),
    answers=(Answer(description="A media playlist of low-latency HLS.", media_type=MPEG_URL),),
    guests=True,
    errors=(BroadcastNotFound, InvalidRequestParameter, PlaylistAhead, Unavailable),
)
async def broadcast_playlist(call: ApiCall) -> web.Response:
    """A credential in the query (`?token=`) is in the URIs of the playlist as well."""
    segment, part = _number(call, "_HLS_msn"), _number(call, "_HLS_part")
    if segment is None and part is not None:
        raise InvalidRequestParameter("_HLS_part needs _HLS_msn")
    text = await _window(call).playlist(segment, part, _credential(call))
    return web.Response(text=text, content_type=MPEG_URL, headers={hdrs.CACHE_CONTROL: "no-cache"})


@operation(
    "GET",
    f"{FOLDER}/{{piece}}",
    "Get a piece of a broadcast",
    parameters=(
        Parameter(
            "path",
            "piece",
            "`init.mp4`, `segment-4.m4s` or `part-5-0.m4s`: as the playlist says.",
            required=True,
        ),
    ),
    answers=(Answer(description="Fragmented MP4 with AAC.", media_type=MP4),),
    guests=True,
    errors=(BroadcastNotFound, PieceNotFound, Unavailable),
)
async def broadcast_piece(call: ApiCall) -> web.Response:
    """The header, a segment or a part, as the playlist names it. The part that is announced comes when it is complete."""
    piece = await _window(call).piece(call.request.match_info["piece"])
    headers = {hdrs.CACHE_CONTROL: "private, max-age=60", hdrs.CONTENT_TYPE: MP4}
    return web.Response(body=piece, headers=headers)


def _window(call: ApiCall) -> Window:
    broadcast_id = BroadcastId(path_id(call.request, "broadcast_id"))
    return call.services.broadcasts.window(call.customer_id, ConferenceId(call.id), broadcast_id)


def _number(call: ApiCall, name: str) -> int | None:
    text = call.request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise InvalidRequestParameter(f"{name} must be a number")
    return int(text)


def _credential(call: ApiCall) -> str:
    """Return the query that the URIs of a playlist need."""
    query = call.request.query
    return next((f"?{urlencode({name: query[name]})}" for name in sorted(CREDENTIALS) if query.get(name)), "")
