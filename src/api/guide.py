"""/docs/guide: the documentation as a website, where it was built (`make docs`; wheels carry it).

Needs no credential.
"""

import mimetypes
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from mixminus.api.errors import RouteNotFound

__all__ = ["guide_routes", "is_below"]

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
    with as_file(files("mixminus.console").joinpath("guide")) as folder:
        path = folder / (request.match_info["file"] or "index.html")
        if not is_below(path, folder):
            raise RouteNotFound(f"no page {request.path}; the guide is built by `make docs`")
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {
            hdrs.CONTENT_TYPE: media_type,
            "Content-Security-Policy": POLICY,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return web.FileResponse(path, headers=headers)


def is_below(path: Path, folder: Path) -> bool:
    """Return whether a path is a file in the folder, also after links and ``..`` are resolved."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())
