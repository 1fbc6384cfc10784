"""What a call refuses."""

from mixminus.errors import Conflict, NotFound

__all__ = ["CallNotFound", "CallNotProgressing"]


class CallNotFound(NotFound):
    reason = "CALL_NOT_FOUND"


class CallNotProgressing(Conflict):
    reason = "CALL_STATE_INVALID"
