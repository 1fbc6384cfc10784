"""Where a request may carry its credential, and where it needs none (api.md section 10)."""

from typing import Final

from aiohttp import hdrs, web

from mixminus.errors import Unauthenticated
from mixminus.model.access import Identity

__all__ = ["CREDENTIALS", "IDENTITY", "credential_of", "is_open"]

IDENTITY: Final = web.RequestKey("identity", Identity)
BEARER: Final = "bearer "
CREDENTIALS: Final = frozenset({"token", "accesskey"})
"""Names of query parameters that say who asks, and nothing of what is asked."""
OPEN: Final = frozenset({"/auth/login", "/docs", "/join", "/openapi.json", "/ping"})
"""What holds nothing of anybody's; all else needs a credential, whatever it will be."""


def is_open(request: web.Request) -> bool:
    """Return whether anybody may ask: preflights, unknown paths, and the few that are listed as open."""
    resource = request.match_info.route.resource
    return request.method == hdrs.METH_OPTIONS or resource is None or resource.canonical in OPEN


def credential_of(request: web.Request) -> tuple[str, bool]:
    """Return the first credential in the order that the API defines, and whether only a key will do there."""
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
