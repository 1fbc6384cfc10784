"""Pages for browsers and their files: /join, and /docs with the document that it shows.

None needs a credential.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from typing import Final

import orjson
from aiohttp import hdrs, web

from mixminus.api.document import document
from mixminus.api.operation import JSON, Answer, ApiCall, Operation
from mixminus.api.system import resource
from mixminus.version import installed_version

__all__ = ["OPERATIONS", "viewer_routes"]

OPERATIONS: Final = web.AppKey("operations", tuple[Operation, ...])
INLINE: Final = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)
HTML: Final = "text/html"
PAGE: Final = (Answer(description="The page.", media_type=HTML),)
VIEWER: Final = {
    "docs.js": "text/javascript",
    "docs.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""The files of the page at /docs: Swagger UI and what starts it."""
A_DAY: Final = "max-age=86400"

operation = partial(Operation, resource)


@operation(
    "GET", "/join", "Open the page to join from a browser", answers=PAGE, outside=True, open=True, head=True
)
async def join_page(_: ApiCall) -> web.Response:
    return _page("join.html", permissions="microphone=(self)")


@operation("GET", "/docs", "Open the API reference", answers=PAGE, outside=True, open=True, head=True)
async def docs_page(_: ApiCall) -> web.Response:
    return _page("docs.html", permissions="microphone=()")


@operation(
    "GET",
    "/openapi.json",
    "Get the OpenAPI document",
    answers=(Answer(description="OpenAPI 3.1.", media_type=JSON),),
    outside=True,
    open=True,
    head=True,
)
async def openapi(call: ApiCall) -> web.Response:
    response = web.Response(body=_document(call.request.app[OPERATIONS]), content_type=JSON)
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return response


def viewer_routes() -> Iterator[web.RouteDef]:
    """Return the routes of the files that the page at /docs loads."""
    for name, media_type in VIEWER.items():
        yield web.get(f"/docs/{name}", partial(_send_file, name, media_type))


async def _send_file(name: str, media_type: str, _: web.Request) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: A_DAY, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=_read(name), content_type=media_type, charset="utf-8", headers=headers)


def _page(file: str, *, permissions: str) -> web.Response:
    page = _read(file)
    headers = {
        hdrs.CONTENT_TYPE: f"{HTML}; charset=utf-8",
        hdrs.CACHE_CONTROL: "no-cache",
        "Content-Security-Policy": _policy(page),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": permissions,
    }
    return web.Response(body=page, headers=headers)


@functools.cache
def _read(name: str) -> bytes:
    return files("mixminus.console").joinpath(name).read_bytes()


@functools.cache
def _policy(page: bytes) -> str:
    """Return the policy of a page: its inline parts by their hashes, else only files of this server."""
    inline = {
        kind.decode(): "'sha256-" + base64.b64encode(hashlib.sha256(text).digest()).decode() + "'"
        for kind, text in INLINE.findall(page)
    }
    script, style = inline.get("script", "'self'"), inline.get("style", "'self'")
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src data:; "
        "media-src blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@functools.cache
def _document(operations: tuple[Operation, ...]) -> bytes:
    return orjson.dumps(document(operations, installed_version() or "0"))
