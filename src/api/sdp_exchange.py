"""What WHIP (RFC 9725) and WHEP (`draft-ietf-wish-whep`) have in common: one POST of an SDP offer, PATCH and DELETE."""

from contextlib import suppress
from typing import Final

from aiohttp import hdrs, web

from mixminus.access.errors import NotPermitted
from mixminus.api.authentication import credential_of
from mixminus.api.errors import UnsupportedMediaType
from mixminus.api.hops import remote_of
from mixminus.api.operation import Answer, ApiCall, Parameter
from mixminus.api.paths import ROOT, path_id
from mixminus.api.services import SERVICES, Services
from mixminus.conference.errors import ConferenceNotFound
from mixminus.errors import InvalidArgument, MixMinusError, NotFound, PermissionDenied, Unauthenticated
from mixminus.model.ids import ConferenceId
from mixminus.webrtc.session import EntityTagMismatch, EntityTagRequired, SessionEnded, WhipSession

__all__ = [
    "CREATED",
    "FRAGMENT",
    "JOINING",
    "MAX_NAME_CHARACTERS",
    "PIN",
    "SDP",
    "TRICKLED",
    "TRICKLE_ERRORS",
    "TRICKLING",
    "accept_post",
    "created",
    "enter",
    "name_of",
    "sdp_of",
    "trickled",
]

PIN: Final = "X-Conference-Pin"
SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
MAX_NAME_CHARACTERS: Final = 64
JOINING: Final = (
    Parameter("header", PIN, "The PIN of the room, if it has one."),
    Parameter("query", "pin", "The PIN, for clients that cannot send the header."),
)
CREATED: Final = Answer(
    status=201,
    description="The SDP answer.",
    media_type=SDP,
    headers={
        "Location": "The path of the session, for PATCH and DELETE.",
        "ETag": "The ICE session.",
        "Link": "STUN and TURN servers to use, with credentials that expire (RFC 9725 section 4.6).",
    },
)
TRICKLING: Final = (Parameter("header", "If-Match", "The `ETag` of the ICE session; `*` to restart ICE."),)
TRICKLED: Final = (
    Answer(description="ICE is restarted.", media_type=FRAGMENT),
    Answer(status=204, description="The candidates are accepted."),
)
TRICKLE_ERRORS: Final[tuple[type[MixMinusError], ...]] = (
    ConferenceNotFound,
    NotFound,
    UnsupportedMediaType,
    EntityTagRequired,
    EntityTagMismatch,
    SessionEnded,
)


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


def created(call: ApiCall, path: str, session: WhipSession) -> web.Response:
    """Return the answer to an offer; ``path`` is that of its POST, below the API's root."""
    headers = {
        hdrs.LOCATION: f"{ROOT}{path}/{session.id}",
        hdrs.ETAG: session.etag,
        "Accept-Patch": FRAGMENT,
        **_ice_servers(call.services, str(session.id)),
    }
    return web.Response(status=201, text=session.answer_sdp, content_type=SDP, headers=headers)


async def trickled(call: ApiCall, session: WhipSession) -> web.Response:
    """Pass the candidates of a PATCH to its session, and return the answer."""
    fragment = await sdp_of(call.request, FRAGMENT)
    answer = await session.trickle(fragment, call.request.headers.get(hdrs.IF_MATCH))
    if answer is None:
        return web.Response(status=204)
    return web.Response(text=answer, content_type=FRAGMENT, headers={hdrs.ETAG: session.etag})


def name_of(call: ApiCall) -> str:
    """Return how the sender wants to be named; a guest who says nothing has the name of its link."""
    guest = call.identity.guest
    return (call.request.query.get("name") or (guest.name if guest else ""))[:MAX_NAME_CHARACTERS]


async def enter(call: ApiCall, *, listens: bool = False) -> str:
    """Check that the conference admits the sender, and return the PIN: that which was sent, of a guest the room's.

    Wrong PINs are counted by the sender's address. One that only ``listens`` needs no place.
    """
    conferences, conference_id = call.services.conferences, ConferenceId(call.id)
    if call.identity.guest is None:
        pin = call.request.headers.get(PIN, call.request.query.get("pin", ""))
        source = f"http {remote_of(call.request)}"
    else:
        conference, _ = await conferences.known(call.customer_id, conference_id)
        pin, source = conference.settings.pin, None
    await conferences.check_entry(call.customer_id, conference_id, pin, source=source, listens=listens)
    return pin


async def sdp_of(request: web.Request, content_type: str) -> str:
    """Return the body; raise UnsupportedMediaType, InvalidArgument if it is not UTF-8."""
    if request.content_type != content_type:
        raise UnsupportedMediaType(f"the Content-Type of the body must be {content_type}")
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise InvalidArgument("the body must be encoded in UTF-8") from None


def _ice_servers(services: Services, name: str) -> dict[str, str]:
    links = services.webrtc.ice_links(name)
    return {hdrs.LINK: links} if links else {}
