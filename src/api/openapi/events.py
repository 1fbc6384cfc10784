"""Rows of /events and /ws (api.md sections 4.4 and 12)."""

from dataclasses import replace
from typing import Final

from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.openapi import shapes
from mixminus.api.openapi.implied import IDENTIFIER, PAGE_SIZE
from mixminus.api.openapi.operation import Answer, Operation, Parameter
from mixminus.errors import InvalidArgument

__all__ = ["OPERATIONS"]

AFTER: Final = Parameter(
    "query",
    "after",
    "The id of an event: only later ones come.",
    {"type": "string", "pattern": "^[0-9]{1,18}$"},
)
LISTEN: Final = Operation(
    method="GET",
    path="/ws",
    tag="Events",
    name="listenByWebSocket",
    summary="Listen to events by WebSocket (RFC 6455)",
    description='Ask for topics by `{"type":"subscribe","topics":[...]}`. Frames are `{type, data}`, '
    "or with ids and numbers as in `/events`.",
    parameters=(
        AFTER,
        Parameter("query", "numbered", "`1` or `true`: frames have ids and numbers."),
    ),
    answers=(Answer(status=101, description="From now on this is a WebSocket."),),
    errors=(InvalidArgument, InvalidRequestParameter),
)
OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/events",
        tag="Events",
        name="listEvents",
        summary="Show what has happened, oldest first",
        description="A recording tells `recording_started`, `recording_finished`, `recording_deleted`, and "
        "`recording_failed` before it is finished if something, such as a full disk, has cut it short: `error` says what.",
        parameters=(
            AFTER,
            PAGE_SIZE,
            Parameter("query", "conference_id", "Only those of this conference.", IDENTIFIER),
        ),
        answers=(Answer(shapes.EventPage, description="Some events, and where to go on."),),
    ),
    Operation(
        method="GET",
        path="/events/undelivered",
        tag="Events",
        name="listUndeliveredEvents",
        summary="Show which events the webhook would not take",
        parameters=(AFTER, PAGE_SIZE),
        answers=(Answer(shapes.Undelivered, description="Some of them."),),
    ),
    LISTEN,
    replace(
        LISTEN,
        path="/service_agents/ws",
        name="listenByWebSocketAsAgent",
        summary="Listen to events by WebSocket, by the path that agents' clients know",
    ),
)
