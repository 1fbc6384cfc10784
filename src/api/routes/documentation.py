"""/openapi.json and /docs: what the API is, for programs and for people; neither needs a credential."""

import functools
from importlib.metadata import PackageNotFoundError, version

import orjson
from aiohttp import hdrs, web

from mixminus.api.openapi.document import document
from mixminus.api.openapi.table import OPERATIONS
from mixminus.api.pages import page_route

__all__ = ["routes"]


def routes() -> tuple[web.RouteDef, ...]:
    """Return the routes; the page is read once."""
    return (web.get("/openapi.json", openapi), page_route("/docs", "docs.html"))


async def openapi(_: web.Request) -> web.Response:
    """GET /openapi.json."""
    response = web.Response(body=_document(), content_type="application/json")
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return response


@functools.cache
def _document() -> bytes:
    # Made when it is first asked for: a server that nobody asks does not pay.
    return orjson.dumps(document(OPERATIONS, _version()))


def _version() -> str:
    try:
        return version("mixminus")
    except PackageNotFoundError:  # run from its source tree
        return "0"
