"""/docs/guide: the documentation as a website, where it was built (`make docs`; wheels carry it).

Needs no credential.
"""

from collections.abc import Iterator
from typing import Final

from aiohttp import hdrs, web

from mixminus.api.built import built_file

__all__ = ["guide_routes"]

ROOT: Final = "/docs/guide/"
# MkDocs Material writes inline scripts and styles, and searches in a worker.
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def guide_routes() -> Iterator[web.RouteDef]:
    """Return the routes of the website."""
    yield web.get(ROOT.rstrip("/"), _redirect)
    yield web.get(ROOT + "{file:.*}", _send)


async def _redirect(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={hdrs.LOCATION: ROOT})


async def _send(request: web.Request) -> web.StreamResponse:
    missing = f"no page {request.path}; the guide is built by `make docs`"
    return built_file("guide", request.match_info["file"], policy=POLICY, missing=missing)
