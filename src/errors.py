"""Every error of mixminus: a kind says what sort it is, a reason says which one.

    MixMinusError
    ├── InvalidArgument      the request is wrong; sending it again will not help
    ├── Unauthenticated      who is asking is not known
    ├── PermissionDenied     known, and not allowed
    ├── NotFound             no such thing, or not yours
    ├── Conflict             the thing is not in a state that allows this
    │   └── AlreadyExists
    ├── Exhausted            a limit is reached; try later
    ├── Unavailable          a part that is needed is not there now
    └── IllegalTransition    a lifecycle was asked for a step its table does not have

Errors are raised where they are known and translated once, in ``api/errors.py``.
"""

from collections.abc import Mapping
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
    """Root of the tree; ``reason`` is the stable word a client branches on."""

    reason: ClassVar[str] = "INTERNAL"
    details: tuple[Mapping[str, str], ...] = ()
    """What a client may want to know beyond the reason (api.md section 14.1)."""


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
    """A lifecycle table has no row for this event in this state."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"{event} is not possible while {state}")
        self.state = state
        self.event = event
