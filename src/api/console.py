"""/console: the web console, where it was built (`make console`; wheels carry it). / leads to it.

Needs no credential: the page asks for one, and sends it with its requests.
"""

from collections.abc import Iterator
from typing import Final

from aiohttp import hdrs, web

from mixminus.api.built import built_file

__all__ = ["console_routes"]

ROOT: Final = "/console/"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Vite puts a hash of the content into the names of these files.
UNCHANGING: Final = "assets/"
A_YEAR: Final = "public, max-age=31536000, immutable"


def console_routes() -> Iterator[web.RouteDef]:
    """Return the routes of the console and the redirects to it."""
    yield web.get("/", _redirect)
    yield web.get(ROOT.rstrip("/"), _redirect)
    yield web.get(ROOT + "{file:.*}", _send)


async def _redirect(_: web.Request) -> web.Response:
    # Relative: behind a proxy the server may be below a prefix. Both paths are at the top, so one target serves both.
    return web.Response(status=302, headers={hdrs.LOCATION: ROOT.lstrip("/")})


async def _send(request: web.Request) -> web.StreamResponse:
    name = request.match_info["file"]
    headers = {
        hdrs.CACHE_CONTROL: A_YEAR if name.startswith(UNCHANGING) else "no-cache",
        "Permissions-Policy": "microphone=(self)",
    }
    missing = f"no file {request.path}; the console is built by `make console`"
    return built_file("built", name, policy=POLICY, missing=missing, headers=headers)
