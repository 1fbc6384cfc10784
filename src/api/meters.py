"""/conferences/{id}/meters: the participants of a room and their levels, pushed by WebSocket."""

import asyncio
from typing import Final
from uuid import UUID

from aiohttp import WSCloseCode, web

from mixminus.api.conferences import TalkerView, resource
from mixminus.api.events import is_still_valid
from mixminus.api.operation import Answer, ApiCall, Operation
from mixminus.call.meters import MeterChanges, MeterFeed, TooManyViewers
from mixminus.conference.errors import ConferenceNotProgressing
from mixminus.log import task_failed
from mixminus.model.ids import ConferenceId
from mixminus.tasks import Interrupted, TaskScope, unless
from mixminus.wire.view import Rounded, View

__all__ = ["frame_of"]

PERIOD_S: Final = 0.2
"""The engine publishes levels as often."""
VALID_EVERY: Final = 50
"""Rounds after which the credential is checked again."""
WRITE_S: Final = 10.0
"""A client that does not read for so long is disconnected."""
CLOSE_S: Final = 5.0
MAX_MESSAGE_BYTES: Final = 1024


class LevelView(View):
    """The level of one participant."""

    conferencecall_id: UUID
    level_dbov: int
    talking: bool


class QualityView(View):
    """How the audio of one participant arrives."""

    conferencecall_id: UUID
    delay_ms: Rounded
    jitter_ms: Rounded
    loss: Rounded
    round_trip_ms: Rounded | None
    mos: Rounded | None


class MetersView(View):
    """What has changed in a room; empty lists are left out."""

    participants: list[TalkerView]
    left: list[UUID]
    levels: list[LevelView]
    quality: list[QualityView]


@Operation(
    resource,
    "GET",
    "/conferences/{id}/meters",
    "Watch the levels of a conference",
    answers=(Answer(status=101, description="The connection is a WebSocket now (RFC 6455)."),),
    errors=(ConferenceNotProgressing, TooManyViewers),
)
async def watch_meters(call: ApiCall) -> web.WebSocketResponse:
    """Text frames, five a second at most, with what has changed: `participants` (as in `/talking`: who has joined, or whose
    name, codec or mute has changed), `left` (ids), `levels` and `quality`. Lists that are empty are left out. The connection is
    closed with 1000 when the room closes.
    """
    meters = call.services.meters
    feed = await meters.open(call.customer_id, ConferenceId(call.id))
    socket = web.WebSocketResponse(timeout=CLOSE_S, heartbeat=WRITE_S, max_msg_size=MAX_MESSAGE_BYTES)
    try:
        await socket.prepare(call.request)
        await _run(call, socket, feed)
    finally:
        meters.close(feed)
    return socket


async def _run(call: ApiCall, socket: web.WebSocketResponse, feed: MeterFeed) -> None:
    over: asyncio.Future[WSCloseCode] = asyncio.get_running_loop().create_future()
    scope = TaskScope(task_failed("meters"))
    scope.spawn("meters send", _send(call, socket, feed, over))
    try:
        await unless((over,), _listen(socket))
    except Interrupted:
        await socket.close(code=over.result())
    finally:
        await scope.close()


async def _listen(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass  # nothing is expected; what comes is ignored


async def _send(
    call: ApiCall, socket: web.WebSocketResponse, feed: MeterFeed, over: asyncio.Future[WSCloseCode]
) -> None:
    code = WSCloseCode.INTERNAL_ERROR
    try:
        code = await _send_changes(call, socket, feed)
    except TimeoutError:
        code = WSCloseCode.TRY_AGAIN_LATER
    except ConnectionError:
        pass  # _listen ends as well
    finally:
        if not over.done():
            over.set_result(code)


async def _send_changes(call: ApiCall, socket: web.WebSocketResponse, feed: MeterFeed) -> WSCloseCode:
    """Send changes until something ends them; return why."""
    services, rounds = call.services, 0
    while not services.meters.stopped:
        changes = feed.changes()
        if changes is None:
            return WSCloseCode.OK
        if changes or rounds == 0:
            async with asyncio.timeout(WRITE_S):
                await socket.send_str(frame_of(changes))
        rounds += 1
        if rounds % VALID_EVERY == 0 and not await is_still_valid(call.request):
            return WSCloseCode.POLICY_VIOLATION
        await services.clock.sleep(PERIOD_S)
    return WSCloseCode.GOING_AWAY


def frame_of(changes: MeterChanges) -> str:
    """Return the text frame of changes, as viewers get it."""
    empty = {name for name in MetersView.model_fields if not getattr(changes, name)}
    return MetersView.model_validate(changes).model_dump_json(exclude=empty)
