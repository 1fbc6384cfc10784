"""WHEP (`draft-ietf-wish-whep`): a player hears a conference by one POST of an SDP offer, without being in it."""

from functools import partial
from typing import Final

from aiohttp import web

from mixminus.api.errors import UnsupportedMediaType
from mixminus.api.operation import ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import path_id
from mixminus.api.sdp_exchange import (
    CREATED,
    FRAGMENT,
    JOINING,
    SDP,
    TRICKLE_ERRORS,
    TRICKLED,
    TRICKLING,
    created,
    enter,
    name_of,
    sdp_of,
    trickled,
)
from mixminus.call.admission import Draining, Overloaded
from mixminus.conference.errors import (
    ConferenceLocked,
    ConferenceNotFound,
    ConferenceNotProgressing,
    PinInvalid,
    TooManyExceptions,
)
from mixminus.errors import Exhausted, InvalidArgument, NotFound
from mixminus.model.ids import ConferenceId, LegId
from mixminus.usage.errors import InsufficientBalance
from mixminus.webrtc.session import WhipSession
from mixminus.wire.listener import ListenerView
from mixminus.wire.view import View

__all__ = ["PATH", "resource"]

PATH: Final = "/conferences/{id}/whep"
SESSION: Final = "/conferences/{id}/whep/{session_id}"

resource: Final = Resource("Listeners")
operation = partial(Operation, resource)


class ListenersView(View):
    """The listeners of a room, oldest first."""

    result: list[ListenerView]


@operation(
    "POST",
    PATH,
    "Listen to a conference by WHEP",
    parameters=(
        Parameter("query", "name", "The name of the listener; at most 64 characters are used."),
        *JOINING,
    ),
    body_type=SDP,
    answers=(CREATED,),
    guests=True,
    errors=(
        ConferenceNotFound,
        ConferenceNotProgressing,
        ConferenceLocked,
        PinInvalid,
        TooManyExceptions,
        InvalidArgument,
        UnsupportedMediaType,
        InsufficientBalance,
        Exhausted,
        Overloaded,
        Draining,
    ),
)
async def listen_by_whep(call: ApiCall) -> web.Response:
    """Offer `a=recvonly`. A listener hears the mix of the room, whispers excepted, and is no participant: it is not
    heard, and it takes no place. A guest needs no PIN.
    """
    services, conference_id = call.services, ConferenceId(call.id)
    services.admission.check()
    offer = await sdp_of(call.request, SDP)
    await enter(call, listens=True)
    session = await services.listeners.join(call.customer_id, conference_id, offer, name=name_of(call))
    return created(call, PATH.format(id=conference_id), session)


@operation(
    "PATCH",
    SESSION,
    "Send ICE candidates of a listener",
    parameters=TRICKLING,
    body_type=FRAGMENT,
    answers=TRICKLED,
    guests=True,
    errors=TRICKLE_ERRORS,
)
async def trickle_by_whep(call: ApiCall) -> web.Response:
    """Or restart ICE: then the answer has the server's half."""
    return await trickled(call, await _session(call))


@operation("DELETE", SESSION, "End a listener", guests=True, errors=(ConferenceNotFound, NotFound))
async def stop_listening(call: ApiCall) -> None:
    """By the listener itself, or by staff: `GET /conferences/{id}/listeners` has the ids."""
    session = await _session(call)
    await session.close()


@operation(
    "GET",
    "/conferences/{id}/listeners",
    "List the listeners of a conference",
    errors=(ConferenceNotFound,),
    answer=ListenersView,
)
async def list_listeners(call: ApiCall) -> ListenersView:
    """Those that listen now."""
    found = await call.services.listeners.list(call.customer_id, ConferenceId(call.id))
    return ListenersView.model_validate({"result": found})


async def _session(call: ApiCall) -> WhipSession:
    session_id = LegId(path_id(call.request, "session_id"))
    return await call.services.listeners.session(call.customer_id, ConferenceId(call.id), session_id)
