"""WHIP (RFC 9725): a browser joins a conference by one POST of an SDP offer, and leaves by DELETE.

Media flows both ways, as RFC 9725 leaves open; the session is a leg like any phone's.
"""

from typing import Final

from aiohttp import hdrs, web

from mixminus.api.authentication import IDENTITY
from mixminus.api.errors import UnsupportedMediaType
from mixminus.api.paths import ROOT, path_id
from mixminus.api.services import SERVICES
from mixminus.call.leg import Address
from mixminus.errors import InvalidArgument, NotFound
from mixminus.model.ids import ConferenceId, LegId
from mixminus.webrtc.session import WhipSession

__all__ = ["ROUTES"]

PIN: Final = "X-Conference-Pin"
SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
MAX_NAME_CHARACTERS: Final = 64


async def options(_: web.Request) -> web.Response:
    """OPTIONS: say what a POST takes (RFC 9725 section 4.2)."""
    return web.Response(status=204, headers={"Accept-Post": SDP})


async def join(request: web.Request) -> web.Response:
    """POST: answer the offer once the call's flow has answered the call.

    A room's pin comes in the header X-Conference-Pin, or as ``pin`` in the query.
    """
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    offer = await _text(request, SDP)
    pin = request.headers.get(PIN, request.query.get("pin", ""))
    await services.conferences.check_entry(request[IDENTITY].customer_id, conference_id, pin)
    name = request.query.get("name", "")[:MAX_NAME_CHARACTERS]
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
    }
    return web.Response(status=201, text=session.answer_sdp, content_type=SDP, headers=headers)


async def trickle(request: web.Request) -> web.Response:
    """PATCH: take candidates (204), or restart ICE and answer with our new half (200)."""
    session = await _session(request)
    fragment = await _text(request, FRAGMENT)
    answer = await session.trickle(fragment, request.headers.get(hdrs.IF_MATCH))
    if answer is None:
        return web.Response(status=204)
    return web.Response(text=answer, content_type=FRAGMENT, headers={hdrs.ETAG: session.etag})


async def leave(request: web.Request) -> web.Response:
    """DELETE: the browser leaves."""
    session = await _session(request)
    await session.close()
    return web.Response()


async def _session(request: web.Request) -> WhipSession:
    services = request.app[SERVICES]
    conference_id = ConferenceId(path_id(request))
    await services.conferences.get(request[IDENTITY].customer_id, conference_id)
    session = services.webrtc.session(LegId(path_id(request, "session_id")))
    if session.destination.target != str(conference_id):
        raise NotFound("no such session")  # the very words of a session that does not exist anywhere
    return session


async def _text(request: web.Request, content_type: str) -> str:
    if request.content_type != content_type:
        raise UnsupportedMediaType(f"the body must be {content_type}")
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise InvalidArgument("the body must be UTF-8") from None


ROUTES: Final = (
    web.options("/conferences/{id}/whip", options),
    web.post("/conferences/{id}/whip", join),
    web.patch("/conferences/{id}/whip/{session_id}", trickle),
    web.delete("/conferences/{id}/whip/{session_id}", leave),
)
