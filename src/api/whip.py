"""WHIP (RFC 9725): a browser joins a conference by one POST of an SDP offer, and leaves by DELETE.

Media flows both ways, which RFC 9725 permits; the session is a leg like that of a phone.
"""

from functools import partial
from typing import Final

from aiohttp import hdrs, web

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
from mixminus.call.leg import Address
from mixminus.conference.errors import (
    ConferenceFull,
    ConferenceLocked,
    ConferenceNotFound,
    PinInvalid,
    SeatsTaken,
)
from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound
from mixminus.model.ids import ConferenceId, LegId
from mixminus.usage.errors import InsufficientBalance
from mixminus.webrtc.session import WhipSession

__all__ = ["NODE", "PATH", "SESSION", "resource"]

PATH: Final = "/conferences/{id}/whip"
SESSION: Final = "/conferences/{id}/whip/{session_id}"
NODE: Final = "node"
"""The parameter of a session's URL that names the node that has it, where that is not the room's home."""

resource: Final = Resource("Browsers")
operation = partial(Operation, resource)


@operation(
    "POST",
    PATH,
    "Join a conference by WHIP",
    parameters=(
        Parameter("query", "name", "The name of the participant; at most 64 characters are used."),
        *JOINING,
    ),
    body_type=SDP,
    answers=(CREATED,),
    guests=True,
    errors=(
        ConferenceNotFound,
        InvalidArgument,
        UnsupportedMediaType,
        Conflict,
        ConferenceFull,
        ConferenceLocked,
        PinInvalid,
        InsufficientBalance,
        NotFound,
        Exhausted,
        Overloaded,
        Draining,
        SeatsTaken,
    ),
)
async def join_by_whip(call: ApiCall) -> web.Response:
    """Answers the offer when the call's flow has answered the call. A guest needs no PIN."""
    services, conference_id = call.services, ConferenceId(call.id)
    services.places.check(conference_id)
    offer = await sdp_of(call.request, SDP)
    pin = await enter(call)
    name = name_of(call)
    session = await services.webrtc.join(
        offer,
        source=Address(type="", target="browser", target_name=name, name=name),
        destination=Address(type="conference", target=str(conference_id)),
        pin=pin,
    )
    answer = created(call, PATH.format(id=conference_id), session)
    if not services.store.fence.holds(conference_id):
        answer.headers[hdrs.LOCATION] += f"?{NODE}={services.cluster.node_id}"
    return answer


@operation(
    "PATCH",
    SESSION,
    "Send ICE candidates",
    parameters=TRICKLING,
    body_type=FRAGMENT,
    answers=TRICKLED,
    guests=True,
    errors=TRICKLE_ERRORS,
)
async def trickle_by_whip(call: ApiCall) -> web.Response:
    """Or restart ICE: then the answer has the server's half."""
    return await trickled(call, await _session(call))


@operation("DELETE", SESSION, "Leave a conference", guests=True, errors=(ConferenceNotFound, NotFound))
async def leave_by_whip(call: ApiCall) -> None:
    session = await _session(call)
    await session.close()


async def _session(call: ApiCall) -> WhipSession:
    conference_id = ConferenceId(call.id)
    await call.services.conferences.known(call.customer_id, conference_id)
    session = call.services.webrtc.session(LegId(path_id(call.request, "session_id")))
    if session.destination.target != str(conference_id):
        raise NotFound("no such session")  # the same words as for a session that does not exist at all
    return session
