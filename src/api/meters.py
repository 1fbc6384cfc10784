"""/conferences/{id}/meters: the participants of a room and their levels, pushed by WebSocket."""

import asyncio
from typing import Final
from uuid import UUID

from aiohttp import WSCloseCode, web

from mixminus.api.conferences import TalkerView, resource
from mixminus.api.events import is_still_valid
from mixminus.api.operation import Answer, ApiCall, Operation
from mixminus.api.pushing import WRITE_S, pushed
from mixminus.call.meters import MeterChanges, MeterFeed, TooManyViewers
from mixminus.conference.errors import ConferenceNotProgressing
from mixminus.model.ids import ConferenceId
from mixminus.wire.view import Rounded, View

__all__ = ["frame_of"]

PERIOD_S: Final = 0.2
"""The engine publishes levels as often."""
VALID_EVERY: Final = 50
"""Rounds after which the credential is checked again."""


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
    try:
        return await pushed(call.request, "meters", lambda socket: _send_changes(call, socket, feed))
    finally:
        meters.close(feed)


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
