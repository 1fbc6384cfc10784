"""Parameters and errors that follow from the method and the path of an operation."""

from typing import Final

from mixminus.access.errors import (
    AccountFrozen,
    CustomerNotFound,
    GuestLinkExpired,
    GuestLinkRevoked,
    InvalidCredentials,
    NotPermitted,
    RateLimitExceeded,
)
from mixminus.access.idempotency import (
    HEADER,
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyKeysExhausted,
    IdempotencyOutcomeUnknown,
)
from mixminus.api.errors import (
    InvalidId,
    InvalidJsonBody,
    InvalidRequestParameter,
    PreconditionFailed,
    RouteNotFound,
)
from mixminus.api.operation import JSON, Operation, Parameter
from mixminus.errors import InvalidArgument, MixMinusError, Unauthenticated, Unavailable

__all__ = ["IDENTIFIER", "PAGE_SIZE", "errors_of", "parameters_of"]

IDENTIFIER: Final = {"type": "string", "format": "uuid"}
PAGE_SIZE: Final = Parameter(
    "query",
    "page_size",
    "The maximum number of results. Any value that is not from 1 to 100 means 100.",
    {"type": "integer", "default": 100},
)
PAGING: Final = (
    PAGE_SIZE,
    Parameter(
        "query",
        "page_token",
        "The `next_page_token` of the previous page: results that were created earlier are returned.",
    ),
)
CUSTOMER: Final = Parameter(
    "query",
    "customer_id",
    "The customer for which the super admin sends the request; ignored from all others.",
    IDENTIFIER,
)
REQUEST_ID: Final = Parameter(
    "header",
    "X-Request-Id",
    "An id for the request, repeated in the response and in the log. An unsafe one is replaced.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
)
IDEMPOTENCY_KEY: Final = Parameter(
    "header",
    HEADER,
    "A unique key for the request: if it is sent again within 24 hours, the stored response is returned.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
IF_NONE_MATCH: Final = Parameter("header", "If-None-Match", "A known `ETag`: 304 if it is current.")
IF_MATCH: Final = Parameter("header", "If-Match", "A known `ETag`: 412 if it is no longer current.")
CHANGES: Final = ("PUT", "PATCH", "DELETE")


def parameters_of(operation: Operation) -> tuple[Parameter, ...]:
    """Return the parameters of an operation, its own and those of every operation of its kind."""
    named = {each.name for each in operation.parameters if each.place == "path"}
    parameters = [
        Parameter("path", name, "A UUID other than the nil UUID.", IDENTIFIER, required=True)
        for name in operation.path_parameters
        if name not in named
    ]
    if operation.page is not None:
        parameters += PAGING
    parameters += operation.parameters
    if operation.open:
        return tuple(parameters)
    parameters += [CUSTOMER, REQUEST_ID]
    if operation.method == "POST":
        parameters.append(IDEMPOTENCY_KEY)
    if operation.is_single and operation.method == "GET":
        parameters.append(IF_NONE_MATCH)
    if operation.is_single and operation.method in CHANGES:
        parameters.append(IF_MATCH)
    return tuple(parameters)


def errors_of(operation: Operation) -> tuple[type[MixMinusError], ...]:
    """Return the errors of an operation, its own and those of every operation of its kind."""
    errors = list(operation.errors)
    if operation.path_parameters:
        errors += [InvalidId, *operation.resource.missing]
    if operation.has_body and not operation.vague:
        errors += [InvalidJsonBody, InvalidArgument] if operation.body_type == JSON else [InvalidArgument]
    if not operation.open:
        errors += [Unauthenticated, InvalidCredentials, AccountFrozen, NotPermitted]
        errors += [CustomerNotFound, InvalidRequestParameter, RateLimitExceeded, Unavailable]
        if operation.guests:
            errors += [GuestLinkExpired, GuestLinkRevoked]
        if operation.method == "POST":
            errors += [
                IdempotencyKeyInvalid,
                IdempotencyKeyInUse,
                IdempotencyOutcomeUnknown,
                IdempotencyKeyReused,
                IdempotencyKeysExhausted,
            ]
        if operation.is_single and operation.method in CHANGES:
            errors.append(PreconditionFailed)
    return (*errors, RouteNotFound, MixMinusError)
