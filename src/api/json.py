"""JSON in and out of the wire."""

from collections.abc import Mapping

import orjson
from aiohttp import hdrs, web

__all__ = ["json_response", "secret_response"]


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON in UTF-8."""
    return web.Response(
        body=orjson.dumps(body), status=status, headers=headers, content_type="application/json"
    )


def secret_response(body: object) -> web.Response:
    """Answer with JSON that nobody may keep: not a cache on the way, nor we for a repetition."""
    return json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})
