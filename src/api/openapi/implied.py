"""What follows from an operation's method and path, and need not be written in each row."""

from typing import Final

from mixminus.access.errors import (
    AccountFrozen,
    CustomerNotFound,
    InvalidCredentials,
    NotPermitted,
    RateLimitExceeded,
)
from mixminus.api.errors import (
    InvalidId,
    InvalidJsonBody,
    InvalidRequestParameter,
    PreconditionFailed,
    RouteNotFound,
)
from mixminus.api.idempotency import (
    HEADER,
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    IdempotencyKeysExhausted,
    IdempotencyOutcomeUnknown,
)
from mixminus.api.openapi.operation import JSON, Operation, Parameter
from mixminus.errors import InvalidArgument, MixMinusError, Unauthenticated, Unavailable

__all__ = ["IDENTIFIER", "PAGE_SIZE", "PAGING", "errors_of", "parameters_of"]

IDENTIFIER: Final = {"type": "string", "format": "uuid"}
PAGE_SIZE: Final = Parameter(
    "query",
    "page_size",
    "How many at most; whatever is not from 1 to 100 means 100.",
    {"type": "integer", "default": 100},
)
PAGING: Final = (
    PAGE_SIZE,
    Parameter(
        "query",
        "page_token",
        "`next_page_token` of the page before: only what was created earlier comes.",
    ),
)
CUSTOMER: Final = Parameter(
    "query",
    "customer_id",
    "For whom the super admin asks; it means nothing from others.",
    IDENTIFIER,
)
REQUEST_ID: Final = Parameter(
    "header",
    "X-Request-Id",
    "A name for the request, repeated in the answer and in the log; one that is not safe is replaced.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
)
IDEMPOTENCY_KEY: Final = Parameter(
    "header",
    HEADER,
    "A name for what is asked: sent again within 24 hours it is answered again, and not done again.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
IF_NONE_MATCH: Final = Parameter("header", "If-None-Match", "The `ETag` that you have: 304 if it is current.")
IF_MATCH: Final = Parameter(
    "header", "If-Match", "The `ETag` that you have: 412 if it is not current any more."
)
CHANGES: Final = ("PUT", "PATCH", "DELETE")


def parameters_of(operation: Operation) -> tuple[Parameter, ...]:
    """Return the row's parameters, and those of every operation of its kind."""
    path = (
        Parameter("path", name, "A UUID other than the nil one.", IDENTIFIER, required=True)
        for name in operation.path_parameters
    )
    implied = [*path, *operation.parameters]
    if operation.open:
        return tuple(implied)
    implied += [CUSTOMER, REQUEST_ID]
    if operation.method == "POST":
        implied.append(IDEMPOTENCY_KEY)
    if operation.is_single:
        if operation.method == "GET":
            implied.append(IF_NONE_MATCH)
        elif operation.method in CHANGES:
            implied.append(IF_MATCH)
    return tuple(implied)


def errors_of(operation: Operation) -> tuple[type[MixMinusError], ...]:
    """Return the row's errors, and those of every operation of its kind."""
    errors = list(operation.errors)
    if operation.path_parameters:
        errors.append(InvalidId)
    if operation.body is not None and not operation.silent:
        errors += (
            [InvalidJsonBody, InvalidArgument] if operation.body.media_type == JSON else [InvalidArgument]
        )
    if not operation.open:
        errors += [Unauthenticated, InvalidCredentials, AccountFrozen, NotPermitted]
        errors += [CustomerNotFound, InvalidRequestParameter, RateLimitExceeded, Unavailable]
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
