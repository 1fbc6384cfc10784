"""Errors of authentication and permissions."""

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
    "AgentAuthRequired",
    "AgentNotFound",
    "CustomerNotFound",
    "ExpiresTooSoon",
    "GuestLinkExpired",
    "GuestLinkNotFound",
    "GuestLinkRevoked",
    "GuestOnly",
    "InvalidCredentials",
    "NotOneself",
    "NotPermitted",
    "PasswordsBusy",
    "RateLimitExceeded",
    "TooManyGuestLinks",
    "UsernameTaken",
]


class InvalidCredentials(Unauthenticated):
    reason = "INVALID_CREDENTIALS"


class AccountFrozen(PermissionDenied):
    """The customer is frozen: it can do nothing until it is recovered."""

    reason = "ACCOUNT_FROZEN"


class NotPermitted(PermissionDenied):
    """Authenticated, but without the permission that this needs."""


class AgentAuthRequired(NotPermitted):
    """The request is about the agent that has logged in, and an access key is no agent."""

    reason = "AGENT_AUTH_REQUIRED"


class GuestOnly(NotPermitted):
    """The request is about the conference of a guest link, and the credential is another."""

    reason = "GUEST_AUTH_REQUIRED"


class AccessKeyNotFound(NotFound):
    reason = "ACCESSKEY_NOT_FOUND"


class GuestLinkNotFound(NotFound):
    reason = "GUEST_LINK_NOT_FOUND"


class GuestLinkExpired(Unauthenticated):
    """The link was valid until its ``tm_expire``."""

    reason = "GUEST_LINK_EXPIRED"


class GuestLinkRevoked(Unauthenticated):
    """The link was deleted."""

    reason = "GUEST_LINK_REVOKED"


class TooManyGuestLinks(Exhausted):
    """A conference has its maximum of links that are valid."""


class AgentNotFound(NotFound):
    reason = "AGENT_NOT_FOUND"


class CustomerNotFound(NotFound):
    reason = "CUSTOMER_NOT_FOUND"


class UsernameTaken(AlreadyExists):
    """Usernames are unique across customers and are never reused."""


class NotOneself(Conflict):
    """Agents cannot delete themselves or change their own permission: that could leave no admin."""


class ExpiresTooSoon(InvalidArgument):
    """A key must live for a day at least (api.md section 10)."""


class PasswordsBusy(Unavailable):
    """Too many passwords are being checked at once; each check costs memory and a core."""


class RateLimitExceeded(Exhausted):
    """Too many requests (api.md section 14.3)."""

    reason = "RATE_LIMIT_EXCEEDED"

    def __init__(self, limited_by: str, retry_after_s: float) -> None:
        super().__init__("too many requests; wait as long as Retry-After says")
        self.details = ({"limited_by": limited_by},)
        self.retry_after_s = math.ceil(retry_after_s)
