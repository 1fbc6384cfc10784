"""What a call refuses."""

from mixminus.errors import Conflict, NotFound

__all__ = ["CallDeleted", "CallNotFound", "CallNotProgressing"]


class CallNotFound(NotFound):
    reason = "CALL_NOT_FOUND"


class CallNotProgressing(Conflict):
    reason = "CALL_STATE_INVALID"


class CallDeleted(Conflict):
    """A deleted call cannot even be read (api.md section 5.3), unlike a deleted conference."""
