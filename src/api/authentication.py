"""Which credential a request carries, and which permission it needs (api.md sections 1.6 and 10)."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from mixminus.access.errors import NotPermitted
from mixminus.errors import Unauthenticated
from mixminus.model.access import GuestLink, Identity
from mixminus.model.permissions import STAFF, Permission, allows

__all__ = [
    "CREDENTIALS",
    "GUESTS",
    "IDENTITY",
    "OPERATORS",
    "PERMISSIONS",
    "SENDER",
    "check_guest",
    "credential_of",
    "permission_of",
    "require",
]

IDENTITY: Final = web.RequestKey("identity", Identity)
SENDER: Final = web.RequestKey("sender", Identity)
"""Who has sent the request, also one that is refused, and a login."""
PERMISSIONS: Final = web.AppKey("permissions", Mapping[Handler, Permission | None])
"""The permission for each handler, None for open ones; any other handler needs an admin or a manager."""
GUESTS: Final = web.AppKey("guests", frozenset[Handler])
"""The handlers for which a guest link suffices."""
OPERATORS: Final = web.AppKey("operators", frozenset[Handler])
"""The handlers that answer only the operators of the server, and the metrics token."""
BEARER: Final = "bearer "
CREDENTIALS: Final = frozenset({"token", "accesskey"})
"""Query parameters that carry a credential."""


def permission_of(request: web.Request) -> Permission | None:
    """Return the bits of which the caller must hold one; None if no credential is needed.

    Preflights and unknown paths need none, and neither do open operations.
    """
    route = request.match_info.route
    if request.method == hdrs.METH_OPTIONS or route.resource is None:
        return None
    return request.app[PERMISSIONS].get(route.handler, STAFF)


def require(held: Permission, needed: Permission) -> None:
    """Raise NotPermitted unless one of the needed bits is held."""
    if not allows(held, needed):
        raise NotPermitted(
            f"your permission ({held:d}) does not allow this request: it needs one of the bits {needed:d}"
        )


def check_guest(request: web.Request, link: GuestLink) -> None:
    """Raise NotPermitted unless a guest may send the request: an operation for guests, on its own conference.

    What is not listed is refused, whatever permission it needs.
    """
    own = request.match_info.get("id", str(link.conference_id)).lower() == str(link.conference_id)
    if not own or request.match_info.route.handler not in request.app[GUESTS]:
        raise NotPermitted("a guest link allows nothing but to join its conference from a browser")


def credential_of(request: web.Request) -> tuple[str, bool]:
    """Return the first credential in the API's order, and whether only an access key is accepted there."""
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    bearer = authorization[len(BEARER) :] if authorization.lower().startswith(BEARER) else ""
    candidates = (
        (request.cookies.get("token"), False),
        (request.query.get("token"), False),
        (bearer.strip(), False),
        (request.cookies.get("accesskey"), True),
        (request.query.get("accesskey"), True),
    )
    for credential, keys_only in candidates:
        if credential:
            return credential, keys_only
    raise Unauthenticated("no credential: send `Authorization: Bearer <key>`, or `?token=<key>` in the URL")
