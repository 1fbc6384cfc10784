"""Where a request may carry its credential, and where it needs none (api.md section 10)."""

from typing import Final

from aiohttp import hdrs, web

from mixminus.errors import Unauthenticated
from mixminus.store.access import Identity

__all__ = ["CREDENTIALS", "IDENTITY", "is_open", "token_of"]

IDENTITY: Final = web.RequestKey("identity", Identity)
BEARER: Final = "bearer "
CREDENTIALS: Final = frozenset({"token", "accesskey"})
"""Names of query parameters that say who asks, and nothing of what is asked."""
OPEN: Final = frozenset({"/ping", "/join", "/docs", "/openapi.json"})
"""What holds nothing of anybody's; all else needs a credential, whatever it will be."""


def is_open(request: web.Request) -> bool:
    """Return whether anybody may ask: preflights, unknown paths, and the few that are listed as open."""
    resource = request.match_info.route.resource
    return request.method == hdrs.METH_OPTIONS or resource is None or resource.canonical in OPEN


def token_of(request: web.Request) -> str:
    """Return the first credential in the order that the API defines; raise Unauthenticated if none."""
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    bearer = authorization[len(BEARER) :] if authorization.lower().startswith(BEARER) else ""
    candidates = (
        request.cookies.get("token"),
        request.query.get("token"),
        bearer.strip(),
        request.cookies.get("accesskey"),
        request.query.get("accesskey"),
    )
    for candidate in candidates:
        if candidate:
            return candidate
    raise Unauthenticated("no access key: send `Authorization: Bearer <key>`, or `?token=<key>` in the URL")
