"""Requests that another website makes a browser send, with the cookie of a session (CSRF).

The cookie is SameSite=Strict, which leaves the other hosts of one site, such as two subdomains. So a request that changes
something, and a WebSocket, which another origin could read, must come from our own pages if a cookie authenticates it.
Browsers say where a request comes from: by Sec-Fetch-Site, without TLS by Origin alone. Programs send neither.
"""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from mixminus.access.errors import NotPermitted

__all__ = ["refuse_cross_site"]

FETCH_SITE: Final = "Sec-Fetch-Site"
OWN_SITES: Final = frozenset({"same-origin", "none"})
READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def refuse_cross_site(request: web.Request) -> None:
    """Raise NotPermitted if a page of another origin has sent a request that must be one of ours."""
    reads = request.method in READING and hdrs.UPGRADE not in request.headers
    if reads or _is_own(request):
        return
    raise NotPermitted(
        "a page of another origin may not use the cookie of a session: send the token as `Authorization: Bearer`"
    )


def _is_own(request: web.Request) -> bool:
    site = request.headers.get(FETCH_SITE)
    if site is not None:
        return site in OWN_SITES
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is None or urlsplit(origin).netloc == request.host
