"""JSON in and out of the wire."""

from collections.abc import Mapping

import orjson
from aiohttp import web

__all__ = ["json_response"]


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Answer with JSON in UTF-8."""
    return web.Response(
        body=orjson.dumps(body), status=status, headers=headers, content_type="application/json"
    )
