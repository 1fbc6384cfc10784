"""Errors of the client: a class for each category of the API's errors, and one for each reason in ``reasons``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

__all__ = [
    "CATEGORIES",
    "ApiError",
    "ClientError",
    "Conflict",
    "ConnectionFailed",
    "Exhausted",
    "InvalidRequest",
    "NotFound",
    "PaymentRequired",
    "PermissionDenied",
    "StreamEnded",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
]


class ClientError(Exception):
    """Any failure of a request."""


class ConnectionFailed(ClientError):
    """The server did not answer, also after retries."""


class StreamEnded(ClientError):
    """The room or the call of a media stream has ended: nothing can be sent to it any more."""


class UnexpectedAnswer(ClientError):
    """The answer is not what this version of the client expects."""


class ApiError(ClientError):
    """The server refused the request (api.md section 14).

    ``reason`` is the code for programs, ``status`` its category, ``http_status`` the status of HTTP, ``details``
    what the server adds, ``request_id`` the same as in the server's log.
    """

    reasons: ClassVar[dict[str, type["ApiError"]]] = {}
    """Classes by reason."""

    def __init__(self, http_status: int, error: Mapping[str, Any]) -> None:
        self.http_status = http_status
        self.status: str = error.get("status", "")
        self.reason: str = error.get("reason", "")
        self.message: str = error.get("message", "")
        self.request_id: str = error.get("request_id", "")
        self.details: list[Any] = error.get("details", [])
        super().__init__(f"{self.message or 'the request was refused'} ({self.reason or http_status})")

    def __init_subclass__(cls, reason: str = "") -> None:
        super().__init_subclass__()
        if reason:
            ApiError.reasons[reason] = cls

    @staticmethod
    def of(http_status: int, error: Mapping[str, Any]) -> "ApiError":
        """Return the error of an answer, as the class of its reason, else of its status."""
        kind = ApiError.reasons.get(error.get("reason", "")) or CATEGORIES.get(http_status, ApiError)
        return kind(http_status, error)


class InvalidRequest(ApiError):
    """400, 415, 422: the request is wrong, and will be as wrong when it is repeated."""


class Unauthenticated(ApiError):
    """401: the key is missing, wrong or expired."""


class PaymentRequired(ApiError):
    """402: the credits of the customer are used up."""


class PermissionDenied(ApiError):
    """403: the key may not do this."""


class NotFound(ApiError):
    """404: the resource does not exist, or belongs to another customer."""


class Conflict(ApiError):
    """409, 412, 428: not in the present state of the resource."""


class Exhausted(ApiError):
    """429: a limit is reached."""


class Unavailable(ApiError):
    """503: the server cannot do this now."""


CATEGORIES: Final[Mapping[int, type[ApiError]]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    402: PaymentRequired,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    415: InvalidRequest,
    422: InvalidRequest,
    428: Conflict,
    429: Exhausted,
    503: Unavailable,
}
"""By the status of HTTP."""
