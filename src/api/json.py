"""JSON responses."""

from collections.abc import Mapping

import orjson
from aiohttp import web

__all__ = ["json_response"]


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a response with a JSON body."""
    return web.Response(
        body=orjson.dumps(body), status=status, headers=headers, content_type="application/json"
    )
