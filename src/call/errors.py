"""What a call refuses."""

from mixminus.errors import Conflict, InvalidArgument, NotFound

__all__ = [
    "CallDeleted",
    "CallNotFound",
    "CallNotInRoom",
    "CallNotProgressing",
    "CannotRefer",
    "GroupcallNotFound",
    "NobodyToCall",
    "NothingToDo",
    "TransferPending",
]


class CallNotFound(NotFound):
    reason = "CALL_NOT_FOUND"


class CallNotProgressing(Conflict):
    reason = "CALL_STATE_INVALID"


class CallNotInRoom(Conflict):
    """Only a place in a room can be handed on."""

    reason = "CALL_STATE_INVALID"


class CannotRefer(Conflict):
    """A browser knows no REFER, and a call that is not up takes none."""

    reason = "CALL_STATE_INVALID"


class TransferPending(Conflict):
    """A call is handed on once at a time."""

    reason = "CALL_STATE_INVALID"


class CallDeleted(Conflict):
    """A deleted call cannot even be read (api.md section 5.3), unlike a deleted conference."""


class GroupcallNotFound(NotFound):
    reason = "GROUPCALL_NOT_FOUND"


class NobodyToCall(InvalidArgument):
    """None of the destinations is one that can be called (api.md section 5.2)."""


class NothingToDo(InvalidArgument):
    """A call without a flow and without actions."""
