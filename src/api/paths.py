"""Paths: the two roots of the API, identifiers in paths, and parameters of queries."""

import re
from typing import Final
from uuid import UUID

from aiohttp import web

from mixminus.api.errors import InvalidId, InvalidRequestParameter, MissingRequestParameter
from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL

__all__ = ["ROOT", "ROOTS", "path_id", "query_flag", "query_id", "query_text", "route_of", "without_root"]

ROOT: Final = "/v1.0"
ROOTS: Final = (ROOT, "/v1")
# Only the form of RFC 9562 section 4; the UUID class would also take braces, urn: and no hyphens.
CANONICAL: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}


def path_id(request: web.Request, name: str = "id", *, error: type[InvalidArgument] = InvalidId) -> UUID:
    """Return an identifier of the path; raise the error if it is not a UUID or is the nil UUID."""
    text = request.match_info[name]
    if not CANONICAL.fullmatch(text) or UUID(text) == NIL:
        raise error(f"{name} in the path must be a UUID other than the nil UUID")
    return UUID(text)


def query_id(request: web.Request, name: str) -> UUID | None:
    """Return an identifier of the query, None if absent; InvalidRequestParameter if it is not a UUID."""
    text = request.query.get(name)
    if text is None:
        return None
    if not CANONICAL.fullmatch(text):
        raise InvalidRequestParameter(f"{name} must be a UUID")
    return UUID(text)


def query_flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean of the query, the default if it is absent or empty; InvalidRequestParameter if it is none."""
    text = request.query.get(name, "")
    if text and text not in FLAGS:
        raise InvalidRequestParameter(f"{name} must be true or false")
    return FLAGS.get(text, default)


def query_text(request: web.Request, name: str, longest: int) -> str:
    """Return a required text of the query.

    Raises MissingRequestParameter if it is absent or blank, InvalidRequestParameter if it is too long or not
    printable.
    """
    text = request.query.get(name, "")
    if not text.strip():
        raise MissingRequestParameter(f"the query parameter {name} is required")
    if len(text) > longest or "\0" in text or not text.isprintable():
        raise InvalidRequestParameter(f"{name} must be at most {longest} printable characters")
    return text


def without_root(path: str) -> str:
    """Return the path below its root; both roots have the same resources."""
    return next((path.removeprefix(root) for root in ROOTS if path.startswith(f"{root}/")), path)


def route_of(request: web.Request) -> str:
    """Return the pattern of the path, which is safe to log: it has nothing that the client chose."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""
