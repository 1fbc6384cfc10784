"""WHIP (RFC 9725): a browser joins a conference by one POST of an SDP offer, and leaves by DELETE.

Media flows both ways, which RFC 9725 permits; the session is a leg like that of a phone.
"""

from contextlib import suppress
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from mixminus.access.errors import NotPermitted
from mixminus.api.authentication import credential_of
from mixminus.api.errors import UnsupportedMediaType
from mixminus.api.hops import remote_of
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import ROOT, path_id
from mixminus.api.services import SERVICES, Services
from mixminus.call.admission import Draining, Overloaded
from mixminus.call.leg import Address
from mixminus.conference.errors import ConferenceFull, ConferenceLocked, ConferenceNotFound, PinInvalid
from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from mixminus.model.ids import ConferenceId, LegId
from mixminus.usage.errors import InsufficientBalance
from mixminus.webrtc.session import EntityTagMismatch, EntityTagRequired, SessionEnded, WhipSession

__all__ = ["PREFLIGHT_PATH", "accept_post", "resource"]

PIN: Final = "X-Conference-Pin"
SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
MAX_NAME_CHARACTERS: Final = 64
PREFLIGHT_PATH: Final = "/conferences/{id}/whip"
SESSION: Final = "/conferences/{id}/whip/{session_id}"

resource: Final = Resource("Browsers")
operation = partial(Operation, resource)


async def accept_post(request: web.Request) -> web.Response:
    """Answer OPTIONS with what a POST accepts (RFC 9725 section 4.2) and, to whom may join, with the ICE servers."""
    headers = {"Accept-Post": SDP}
    services = request.app[SERVICES]
    with suppress(Unauthenticated, PermissionDenied):  # a preflight has no credential
        credential, keys_only = credential_of(request)
        identity = await services.access.authenticate(credential, keys_only=keys_only)
        if identity.guest is not None and identity.guest.conference_id != path_id(request):
            raise NotPermitted("the guest link leads to another conference")
        headers |= _ice_servers(services, str(identity.customer_id))
    return web.Response(status=204, headers=headers)


@operation(
    "POST",
    "/conferences/{id}/whip",
    "Join a conference by WHIP",
    parameters=(
        Parameter("query", "name", "The name of the participant; at most 64 characters are used."),
        Parameter("header", PIN, "The PIN of the room, if it has one."),
        Parameter("query", "pin", "The PIN, for clients that cannot send the header."),
    ),
    body_type=SDP,
    answers=(
        Answer(
            status=201,
            description="The SDP answer.",
            media_type=SDP,
            headers={
                "Location": "The path of the session, for PATCH and DELETE.",
                "ETag": "The ICE session.",
                "Link": "STUN and TURN servers to use, with credentials that expire (RFC 9725 section 4.6).",
            },
        ),
    ),
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
    ),
)
async def join_by_whip(call: ApiCall) -> web.Response:
    """Answers the offer when the call's flow has answered the call. A guest needs no PIN."""
    request, services, conference_id = call.request, call.services, ConferenceId(call.id)
    services.admission.check()
    offer = await _text(request, SDP)
    guest = call.identity.guest
    if guest is None:
        pin = request.headers.get(PIN, request.query.get("pin", ""))
    else:
        pin = (await services.conferences.get(call.customer_id, conference_id)).settings.pin
    source = None if guest else f"http {remote_of(request)}"
    await services.conferences.check_entry(call.customer_id, conference_id, pin, source=source)
    name = (request.query.get("name") or (guest.name if guest else ""))[:MAX_NAME_CHARACTERS]
    session = await services.webrtc.join(
        offer,
        source=Address(type="", target="browser", target_name=name, name=name),
        destination=Address(type="conference", target=str(conference_id)),
        pin=pin,
    )
    headers = {
        hdrs.LOCATION: f"{ROOT}/conferences/{conference_id}/whip/{session.id}",
        hdrs.ETAG: session.etag,
        "Accept-Patch": FRAGMENT,
        **_ice_servers(services, str(session.id)),
    }
    return web.Response(status=201, text=session.answer_sdp, content_type=SDP, headers=headers)


@operation(
    "PATCH",
    SESSION,
    "Send ICE candidates",
    parameters=(Parameter("header", "If-Match", "The `ETag` of the ICE session; `*` to restart ICE."),),
    body_type=FRAGMENT,
    answers=(
        Answer(description="ICE is restarted.", media_type=FRAGMENT),
        Answer(status=204, description="The candidates are accepted."),
    ),
    guests=True,
    errors=(
        ConferenceNotFound,
        NotFound,
        UnsupportedMediaType,
        EntityTagRequired,
        EntityTagMismatch,
        SessionEnded,
    ),
)
async def trickle_by_whip(call: ApiCall) -> web.Response:
    """Or restart ICE: then the answer has the server's half."""
    session = await _session(call)
    fragment = await _text(call.request, FRAGMENT)
    answer = await session.trickle(fragment, call.request.headers.get(hdrs.IF_MATCH))
    if answer is None:
        return web.Response(status=204)
    return web.Response(text=answer, content_type=FRAGMENT, headers={hdrs.ETAG: session.etag})


@operation("DELETE", SESSION, "Leave a conference", guests=True, errors=(ConferenceNotFound, NotFound))
async def leave_by_whip(call: ApiCall) -> None:
    session = await _session(call)
    await session.close()


def _ice_servers(services: Services, name: str) -> dict[str, str]:
    links = services.webrtc.ice_links(name)
    return {hdrs.LINK: links} if links else {}


async def _session(call: ApiCall) -> WhipSession:
    conference_id = ConferenceId(call.id)
    await call.services.conferences.get(call.customer_id, conference_id)
    session = call.services.webrtc.session(LegId(path_id(call.request, "session_id")))
    if session.destination.target != str(conference_id):
        raise NotFound("no such session")  # the same words as for a session that does not exist at all
    return session


async def _text(request: web.Request, content_type: str) -> str:
    if request.content_type != content_type:
        raise UnsupportedMediaType(f"the Content-Type of the body must be {content_type}")
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise InvalidArgument("the body must be encoded in UTF-8") from None
