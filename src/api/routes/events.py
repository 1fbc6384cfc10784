"""Events by REST and by WebSocket (api.md sections 4.4 and 12), the same ones with the same ids.

GET /events?after=<id>&conference_id=<id>&page_size=<n> lists them oldest first; ``next_after`` is
what to ask for next. Row: id, stream_id, number, type, data.
GET /events/undelivered?after=<id> lists what the webhook would not take: id, http_status, tm.
GET /ws?after=<id>&numbered=1 is the WebSocket; its frames are {type, data}, or such rows if either is given.
"""

from typing import Final

from aiohttp import web

from mixminus.api.authentication import IDENTITY, credential_of
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.api.pagination import page_size
from mixminus.api.paths import query_id
from mixminus.api.services import SERVICES
from mixminus.delivery.connection import Subscriber
from mixminus.delivery.render import render_event
from mixminus.delivery.topics import Audience
from mixminus.errors import PermissionDenied, Unauthenticated, Unavailable
from mixminus.model.permissions import STAFF, allows
from mixminus.store.timestamps import format_time

__all__ = ["ROUTES"]

LONGEST_ID: Final = 18
TRUE: Final = ("1", "true")


async def listing(request: web.Request) -> web.Response:
    """GET /events."""
    part = await request.app[SERVICES].delivery.backlog.read_latest(
        request[IDENTITY].customer_id,
        _after(request) or 0,
        page_size(request),
        query_id(request, "conference_id"),
    )
    return json_response({"result": [render_event(event) for event in part.events], "next_after": part.until})


async def undelivered(request: web.Request) -> web.Response:
    """GET /events/undelivered."""
    services = request.app[SERVICES]
    events = await services.delivery.undelivered(
        request[IDENTITY].customer_id, _after(request) or 0, page_size(request)
    )
    rows = [
        {
            "id": event.event_id,
            "http_status": event.http_status,
            "tm": format_time(event.tm, services.style),
        }
        for event in events
    ]
    return json_response({"result": rows})


async def socket(request: web.Request) -> web.WebSocketResponse:
    """GET /ws, and /service_agents/ws, which is the same by another name (api.md section 12)."""
    after = _after(request)
    identity = request[IDENTITY]
    subscriber = Subscriber(
        audience=Audience(
            identity.customer_id,
            agent_id=identity.agent_id,
            whole_customer=allows(identity.permission, STAFF),
        ),
        numbered=after is not None or request.query.get("numbered", "") in TRUE,
        after=after,
        valid=lambda: _lets_in(request),
    )
    return await request.app[SERVICES].delivery.hub.serve(request, subscriber)


async def _lets_in(request: web.Request) -> bool:
    """Return whether the request's credential is still good for what it was good for."""
    credential, keys_only = credential_of(request)
    try:
        now = await request.app[SERVICES].access.authenticate(credential, keys_only=keys_only)
    except (Unauthenticated, PermissionDenied):
        return False
    except Unavailable:
        return True  # not known at this moment, and asked again soon
    return now.permission == request[IDENTITY].permission


def _after(request: web.Request) -> int | None:
    text = request.query.get("after")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID):
        raise InvalidRequestParameter("after must be the id of an event")
    return int(text)


ROUTES: Final = (
    web.get("/events", listing, allow_head=False),
    web.get("/events/undelivered", undelivered, allow_head=False),
    web.get("/ws", socket, allow_head=False),
    web.get("/service_agents/ws", socket, allow_head=False),
)
