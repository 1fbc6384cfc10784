"""The errors of mixminus: the class is the kind of error, ``reason`` the exact one.

    MixMinusError
    ├── InvalidArgument      the request is wrong; sending it again will not help
    ├── Unauthenticated      the client could not be authenticated
    ├── PermissionDenied     authenticated, but not allowed
    ├── NotFound             the resource does not exist, or is another customer's
    ├── Conflict             the resource's state does not allow this
    │   └── AlreadyExists
    ├── Exhausted            a limit is reached; try later
    ├── Unavailable          a component is not available now
    └── IllegalTransition    the state table has no transition for the event

Errors are raised where they are known and translated once, in ``api/errors.py``.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

__all__ = [
    "AlreadyExists",
    "Conflict",
    "Exhausted",
    "IllegalTransition",
    "InvalidArgument",
    "MixMinusError",
    "NotFound",
    "PermissionDenied",
    "Unauthenticated",
    "Unavailable",
]


class MixMinusError(Exception):
    """Root of the tree; ``reason`` is the stable code that clients test."""

    reason: ClassVar[str] = "INTERNAL"
    details: tuple[Mapping[str, str], ...] = ()
    """Details for the client beside the reason (api.md section 14.1)."""


class InvalidArgument(MixMinusError):
    reason = "INVALID_ARGUMENT"


class Unauthenticated(MixMinusError):
    reason = "AUTHENTICATION_REQUIRED"


class PermissionDenied(MixMinusError):
    reason = "PERMISSION_DENIED"


class NotFound(MixMinusError):
    reason = "RESOURCE_NOT_FOUND"


class Conflict(MixMinusError):
    reason = "STATE_INVALID"


class AlreadyExists(Conflict):
    reason = "ALREADY_EXISTS"


class Exhausted(MixMinusError):
    reason = "RESOURCE_EXHAUSTED"
    retry_after_s: int = 1


class Unavailable(MixMinusError):
    reason = "SERVICE_UNAVAILABLE"


class IllegalTransition(Conflict):
    """The state table has no transition for this event; ``accepting`` are the states that have one."""

    def __init__(self, subject: str, state: object, event: object, accepting: Sequence[object]) -> None:
        required = " or ".join(map(str, accepting))
        super().__init__(f"the {subject} is {state}: {event} requires {required}")
        self.state = state
        self.event = event
