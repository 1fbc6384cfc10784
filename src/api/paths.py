"""Paths: the API's two roots, and the identifiers in them."""

import re
from typing import Final
from uuid import UUID

from aiohttp import web

from mixminus.api.errors import InvalidId, InvalidRequestParameter, MissingRequestParameter
from mixminus.model.ids import NIL

__all__ = ["ROOT", "ROOTS", "path_id", "query_id", "query_word", "route_of", "without_root"]

ROOT: Final = "/v1.0"
ROOTS: Final = (ROOT, "/v1")
# Only the form of RFC 9562 section 4; the UUID class would also take braces, urn: and no hyphens.
CANONICAL: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def path_id(request: web.Request, name: str = "id") -> UUID:
    """Return an identifier of the path; raise InvalidId if it is none, or the nil one."""
    text = request.match_info[name]
    if not CANONICAL.fullmatch(text) or UUID(text) == NIL:
        raise InvalidId(f"{name} in the path must be a UUID other than the nil one")
    return UUID(text)


def query_id(request: web.Request, name: str) -> UUID | None:
    """Return an identifier of the query, or None; raise InvalidRequestParameter if it is none."""
    text = request.query.get(name)
    if text is None:
        return None
    if not CANONICAL.fullmatch(text):
        raise InvalidRequestParameter(f"{name} must be a UUID")
    return UUID(text)


def query_word(request: web.Request, name: str, longest: int) -> str:
    """Return text of the query; MissingRequestParameter if there is none, InvalidRequestParameter if no text."""
    text = request.query.get(name, "")
    if not text.strip():
        raise MissingRequestParameter(f"{name} is required")
    if len(text) > longest or "\0" in text or not text.isprintable():
        raise InvalidRequestParameter(f"{name} must be at most {longest} printable characters")
    return text


def without_root(path: str) -> str:
    """Return the path below whichever root it is under: both name the same resource."""
    return next((path.removeprefix(root) for root in ROOTS if path.startswith(f"{root}/")), path)


def route_of(request: web.Request) -> str:
    """Return the pattern of the path, not the path: what a client put into the URL stays out of logs and rules."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""
