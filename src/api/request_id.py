"""The id of a request, in its response and in the log (api.md section 1.1)."""

import base64
import re
import secrets
from typing import Final

from aiohttp import web

__all__ = ["HEADER", "REQUEST_ID", "accept"]

HEADER: Final = "X-Request-Id"
REQUEST_ID: Final = web.RequestKey("request_id", str)
SAFE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
RANDOM_BYTES: Final = 16


def accept(given: str) -> str:
    """Return the client's id if it is safe to repeat, else a new id."""
    return given if SAFE.fullmatch(given) else _new()


def _new() -> str:
    text = base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().rstrip("=")
    return f"req_{text}"
