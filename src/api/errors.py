"""The only place where errors become responses: one table, one envelope (api.md section 14.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from mixminus.access.idempotency import IdempotencyKeyReused
from mixminus.api.json import json_response
from mixminus.errors import (
    AlreadyExists,
    Conflict,
    Exhausted,
    InvalidArgument,
    MixMinusError,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from mixminus.usage.errors import InsufficientBalance
from mixminus.webrtc.session import EntityTagMismatch, EntityTagRequired

__all__ = [
    "KINDS",
    "InvalidId",
    "InvalidJsonBody",
    "InvalidRequestParameter",
    "Kind",
    "MissingRequestParameter",
    "PreconditionFailed",
    "RouteNotFound",
    "UnsupportedMediaType",
    "error_response",
    "kind_of",
]


class RouteNotFound(NotFound):
    """No operation has this method and path."""

    reason = "ROUTE_NOT_FOUND"


class InvalidId(InvalidArgument):
    """An identifier in the path is not a UUID or is the nil UUID."""

    reason = "INVALID_ID"


class InvalidJsonBody(InvalidArgument):
    """The body is not JSON, or a value in it has a wrong JSON type."""

    reason = "INVALID_JSON_BODY"


class InvalidRequestParameter(InvalidArgument):
    """A query parameter or a header is not valid."""

    reason = "INVALID_REQUEST_PARAMETER"


class MissingRequestParameter(InvalidArgument):
    """A required query parameter is absent."""

    reason = "MISSING_REQUEST_PARAMETER"


class UnsupportedMediaType(InvalidArgument):
    """The resource does not accept the media type of the body (RFC 9110 section 15.5.16)."""

    reason = "UNSUPPORTED_MEDIA_TYPE"


class PreconditionFailed(Conflict):
    """If-Match does not have the current tag of the resource (RFC 9110 section 13.1.1)."""

    reason = "PRECONDITION_FAILED"


@dataclass(frozen=True, slots=True)
class Kind:
    """Status and headers of one kind of error."""

    http_status: int
    status: str
    headers: Mapping[str, str] = field(default_factory=dict)


# The first class in an error's method resolution order that has a row here applies.
KINDS: Final[Mapping[type[MixMinusError], Kind]] = {
    InvalidArgument: Kind(400, "INVALID_ARGUMENT"),
    Unauthenticated: Kind(401, "UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"}),
    PermissionDenied: Kind(403, "PERMISSION_DENIED"),
    InsufficientBalance: Kind(402, "PAYMENT_REQUIRED"),
    NotFound: Kind(404, "NOT_FOUND"),
    AlreadyExists: Kind(409, "ALREADY_EXISTS"),
    Conflict: Kind(409, "FAILED_PRECONDITION"),
    EntityTagMismatch: Kind(412, "FAILED_PRECONDITION"),
    PreconditionFailed: Kind(412, "FAILED_PRECONDITION"),
    UnsupportedMediaType: Kind(415, "INVALID_ARGUMENT"),
    IdempotencyKeyReused: Kind(422, "INVALID_ARGUMENT"),
    EntityTagRequired: Kind(428, "FAILED_PRECONDITION"),
    Exhausted: Kind(429, "RESOURCE_EXHAUSTED"),
    MixMinusError: Kind(500, "INTERNAL"),
    Unavailable: Kind(503, "UNAVAILABLE", {"Retry-After": "5"}),
}


def kind_of(error: type[MixMinusError]) -> Kind:
    """Return the row of the table for an error class."""
    return next(KINDS[kind] for kind in error.__mro__ if issubclass(kind, MixMinusError) and kind in KINDS)


def error_response(error: MixMinusError, request_id: str) -> web.Response:
    """Return the response for an error; an internal error reveals no details."""
    kind = kind_of(type(error))
    body: dict[str, object] = {
        "status": kind.status,
        "reason": error.reason,
        "message": str(error)
        if kind.status != "INTERNAL"
        else "internal error: see the server's log for this request id",
        "request_id": request_id,
    }
    if error.details:
        body["details"] = error.details
    headers = dict(kind.headers)
    if isinstance(error, Exhausted):
        headers["Retry-After"] = str(error.retry_after_s)
    return json_response({"error": body}, status=kind.http_status, headers=headers)
