"""Pages that are served from memory and may run their own inline parts, and nothing else."""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Final

from aiohttp import hdrs, web

__all__ = ["page_route"]

INLINE: Final = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


def page_route(path: str, file: str, *, permissions: str = "microphone=()") -> web.RouteDef:
    """Read a page of ``console`` once and return the route that serves it."""
    page = files("mixminus.console").joinpath(file).read_bytes()
    headers = {
        hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
        hdrs.CACHE_CONTROL: "no-cache",
        "Content-Security-Policy": _policy(page),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Permissions-Policy": permissions,
    }

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=page, headers=headers)

    return web.get(path, show)


def _policy(page: bytes) -> str:
    # The page may run its own inline parts, known by their hashes, and speak to its own server: nothing else.
    allowed = {
        kind.decode(): "sha256-" + base64.b64encode(hashlib.sha256(text).digest()).decode()
        for kind, text in INLINE.findall(page)
    }
    inline = "; ".join(f"{kind}-src '{digest}'" for kind, digest in allowed.items())
    rest = "connect-src 'self'; img-src data:; media-src blob: mediastream:"
    return (
        f"default-src 'none'; {inline}; {rest}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
