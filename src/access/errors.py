"""What the door refuses."""

import math

from mixminus.errors import (
    AlreadyExists,
    Conflict,
    Exhausted,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)

__all__ = [
    "AccessKeyNotFound",
    "AccountFrozen",
    "AgentNotFound",
    "CustomerNotFound",
    "ExpiresTooSoon",
    "InvalidCredentials",
    "NotOneself",
    "NotPermitted",
    "PasswordsBusy",
    "RateLimitExceeded",
    "UsernameTaken",
]


class InvalidCredentials(Unauthenticated):
    reason = "INVALID_CREDENTIALS"


class AccountFrozen(PermissionDenied):
    """The customer may do nothing until it is recovered."""

    reason = "ACCOUNT_FROZEN"


class NotPermitted(PermissionDenied):
    """Known, but without the bit that this needs."""


class AccessKeyNotFound(NotFound):
    reason = "ACCESSKEY_NOT_FOUND"


class AgentNotFound(NotFound):
    reason = "AGENT_NOT_FOUND"


class CustomerNotFound(NotFound):
    reason = "CUSTOMER_NOT_FOUND"


class UsernameTaken(AlreadyExists):
    """A username belongs to one agent for ever, deleted or not, of whatever customer."""


class NotOneself(Conflict):
    """Nobody deletes themselves or changes their own rights: the last admin would lock everybody out."""


class ExpiresTooSoon(InvalidArgument):
    """A key must live for a day at least (api.md section 10)."""


class PasswordsBusy(Unavailable):
    """Too many passwords are being checked; each costs memory and a core."""


class RateLimitExceeded(Exhausted):
    """Too many requests (api.md section 14.3)."""

    reason = "RATE_LIMIT_EXCEEDED"

    def __init__(self, limited_by: str, retry_after_s: float) -> None:
        super().__init__("too many requests; wait as long as Retry-After says")
        self.details = ({"limited_by": limited_by},)
        self.retry_after_s = math.ceil(retry_after_s)
