"""/events and /ws (api.md sections 4.4 and 12): the same events and ids, by REST and by WebSocket."""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from aiohttp import web
from pydantic import Field

from mixminus.api.authentication import IDENTITY, credential_of
from mixminus.api.body import Body
from mixminus.api.conventions import IDENTIFIER, PAGE_SIZE
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.pagination import page_size
from mixminus.api.paths import query_flag, query_id
from mixminus.api.services import SERVICES
from mixminus.conference.errors import ConferenceNotFound
from mixminus.delivery.connection import Subscriber
from mixminus.delivery.topics import Audience
from mixminus.delivery.webhooks import NoWebhook
from mixminus.errors import InvalidArgument, PermissionDenied, Unauthenticated, Unavailable
from mixminus.model.ids import ConferenceId
from mixminus.model.permissions import STAFF, Permission, allows
from mixminus.store.webhook_attempts import State, WebhookType
from mixminus.wire.event import EventView
from mixminus.wire.view import Timestamp, View

__all__ = ["event_id", "is_still_valid", "resource"]

LONGEST_ID: Final = 18
MAX_ID: Final = 2**63 - 1
MAX_RESENT: Final = 1000
AFTER: Final = Parameter(
    "query",
    "after",
    "The id of an event: only later events are returned.",
    {"type": "string", "pattern": "^[0-9]{1,18}$"},
)
BEFORE: Final = Parameter(
    "query",
    "before",
    "The id of an event: only earlier events are returned.",
    {"type": "string", "pattern": "^[0-9]{1,18}$"},
)
SOCKET_PARAMETERS: Final = (
    AFTER,
    Parameter("query", "numbered", "Frames have ids and numbers.", {"type": "boolean", "default": False}),
)
SOCKET: Final = (Answer(status=101, description="The connection is a WebSocket now."),)
SOCKET_ERRORS: Final = (InvalidArgument, InvalidRequestParameter)
FRAMES: Final = (
    'Subscribe by `{"type":"subscribe","topics":[...]}` (RFC 6455 text frames). Frames are `{type, data}`; with '
    "`after` or `numbered` they have ids and numbers as in `/events`."
)

resource: Final = Resource("Events")
operation = partial(Operation, resource)


class EventPage(View):
    """Events, oldest first."""

    result: list[EventView]
    next_after: int
    """The `after` of the next request."""


class UndeliveredEvent(View):
    """An event that a webhook did not accept."""

    id: int = Field(validation_alias="event_id")
    webhook_type: WebhookType
    """Whose webhook it is: the customer's, or that of an activeflow."""
    webhook_id: UUID
    """Id of the customer or of the activeflow."""
    http_status: int
    """The last status of the webhook; 0 if there was no response."""
    tm: Timestamp


class Undelivered(View):
    """Events that webhooks did not accept, oldest first."""

    result: list[UndeliveredEvent]


@operation(
    "GET",
    "/events",
    "List events",
    parameters=(
        AFTER,
        PAGE_SIZE,
        Parameter("query", "conference_id", "Only events of this conference.", IDENTIFIER),
    ),
)
async def list_events(call: ApiCall) -> EventPage:
    """Oldest first. Recordings publish `recording_started`, `recording_finished`, `recording_deleted`, and
    `recording_failed` before `recording_finished` if something, such as a full disk, cut the recording short:
    see its `error`.
    """
    return await _page(call, query_id(call.request, "conference_id"))


@operation(
    "GET",
    "/timelines/conferences/{id}/events",
    "List events of a conference",
    parameters=(AFTER, PAGE_SIZE),
    errors=(ConferenceNotFound,),
)
async def list_conference_events(call: ApiCall) -> EventPage:
    """Oldest first: the same as `GET /events` with `conference_id`."""
    await call.services.conferences.check(call.customer_id, ConferenceId(call.id))
    return await _page(call, call.id)


async def _page(call: ApiCall, conference_id: UUID | None) -> EventPage:
    """Return the events after those that the request names; of one conference, or of all."""
    part = await call.services.delivery.backlog.read_latest(
        call.customer_id, _after(call.request) or 0, page_size(call.request), conference_id
    )
    return EventPage.model_validate({"result": part.events, "next_after": part.until})


@operation("GET", "/events/undelivered", "List undelivered events", parameters=(AFTER, PAGE_SIZE))
async def list_undelivered_events(call: ApiCall) -> Undelivered:
    """What the webhooks of the customer and of its activeflows did not accept. `page_size` counts events: one that
    neither accepted is listed twice.
    """
    events = await call.services.delivery.undelivered(
        call.customer_id, _after(call.request) or 0, page_size(call.request)
    )
    return Undelivered.model_validate({"result": events})


class AttemptView(View):
    """A request to a webhook."""

    tm: Timestamp
    http_status: int
    """0 if there was no response."""
    duration_ms: int
    error: str
    """Why there was no response; empty if there was one."""


class DeliveryView(View):
    """What became of an event at a webhook."""

    id: int = Field(validation_alias="event_id")
    """Id of the event. It has two deliveries if it is sent to the customer's webhook and to its activeflow's."""
    type: str
    webhook_type: WebhookType
    """Whose webhook it is: the customer's, or that of an activeflow."""
    webhook_id: UUID
    """Id of the customer or of the activeflow."""
    state: State
    """`waiting` for an attempt, `delivered`, or `undelivered`: no further attempt is made unless it is sent again."""
    attempt_count: int
    attempts: list[AttemptView]
    """The last 20, newest first; empty if the event waits behind another one."""
    tm_next: Timestamp
    """When the next attempt is due, at the earliest."""


class Deliveries(View):
    """Events that were sent to webhooks or wait for them, newest first."""

    result: list[DeliveryView]
    next_before: int | None
    """The `before` of the next request; null if there are no more."""


@operation("GET", "/events/deliveries", "List deliveries", parameters=(BEFORE, PAGE_SIZE))
async def list_deliveries(call: ApiCall) -> Deliveries:
    """What the webhooks of the customer and of its activeflows were sent, with the attempts; kept as long as events
    are. `page_size` counts events: one that is sent to two webhooks has two deliveries.
    """
    limit = page_size(call.request)
    before = _id_in(call.request, "before")
    found = await call.services.delivery.deliveries(
        call.customer_id, MAX_ID if before is None else before, limit
    )
    next_before = found[-1].event_id if len({each.event_id for each in found}) == limit else None
    return Deliveries.model_validate({"result": found, "next_before": next_before})


class ResendBody(Body):
    event_ids: list[Annotated[int, Field(ge=1, lt=2**63)]] | None = Field(None, max_length=MAX_RESENT)
    """Ids of events; absent: all that are undelivered."""
    webhook_type: WebhookType | None = None
    """Only to the customer's webhook, or only to those of activeflows; absent: to both."""


class ResentView(View):
    """Deliveries that are made again."""

    count: int
    """Events that are already known to be accepted are sent again if they are named."""


@operation("POST", "/events/resend", "Send events to webhooks again", optional_body=True, errors=(NoWebhook,))
async def resend_events(call: ApiCall, body: ResendBody) -> ResentView:
    """Those named, or all undelivered ones, to the webhooks of the customer and of activeflows; events that wait for
    another attempt are attempted at once.
    """
    count = await call.services.delivery.resend(call.customer_id, body.event_ids, body.webhook_type)
    return ResentView(count=count)


@operation(
    "GET",
    "/ws",
    "Subscribe to events by WebSocket",
    description=FRAMES,
    parameters=SOCKET_PARAMETERS,
    answers=SOCKET,
    errors=SOCKET_ERRORS,
    permission=Permission.NONE,
)
async def listen_by_web_socket(call: ApiCall) -> web.WebSocketResponse:
    after, identity = _after(call.request), call.identity
    subscriber = Subscriber(
        audience=Audience(
            identity.customer_id,
            agent_id=identity.agent_id,
            whole_customer=allows(identity.permission, STAFF),
        ),
        numbered=after is not None or query_flag(call.request, "numbered"),
        after=after,
        valid=lambda: is_still_valid(call.request),
    )
    return await call.services.delivery.hub.serve(call.request, subscriber)


@operation(
    "GET",
    "/service_agents/ws",
    "Subscribe to events by WebSocket, as an agent",
    parameters=SOCKET_PARAMETERS,
    answers=SOCKET,
    errors=SOCKET_ERRORS,
    permission=Permission.NONE,
)
async def listen_by_web_socket_as_agent(call: ApiCall) -> web.WebSocketResponse:
    """The same as `/ws`, for clients of agents."""
    return await listen_by_web_socket(call)


async def is_still_valid(request: web.Request) -> bool:
    """Return whether the credential of the request still has the permission that it had."""
    credential, keys_only = credential_of(request)
    try:
        now = await request.app[SERVICES].access.authenticate(credential, keys_only=keys_only)
    except (Unauthenticated, PermissionDenied):
        return False
    except Unavailable:
        return True  # unknown at the moment; it is checked again soon
    return now.permission == request[IDENTITY].permission


def _after(request: web.Request) -> int | None:
    return _id_in(request, "after")


def _id_in(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    return None if text is None else event_id(text, name)


def event_id(text: str, name: str) -> int:
    """Return the id of an event that a parameter names; raise InvalidRequestParameter if it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID):
        raise InvalidRequestParameter(f"{name} must be the id of an event, a whole number")
    return int(text)
