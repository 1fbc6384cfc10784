"""Errors of calls, groupcalls and transfers."""

from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound

__all__ = [
    "CallDeleted",
    "CallNotFound",
    "CallNotInRoom",
    "CallNotProgressing",
    "CannotRefer",
    "DigitsNotTaken",
    "DigitsPending",
    "GroupcallNotFound",
    "NoCallableDestination",
    "SpeakingAlreadyActive",
    "SpeakingNotFound",
    "SpeakingQueueFull",
    "SpeakingStopped",
    "TooManyHops",
    "TooManySpeakings",
    "TransferPending",
]


class CallNotFound(NotFound):
    reason = "CALL_NOT_FOUND"


class CallNotProgressing(Conflict):
    reason = "CALL_STATE_INVALID"


class CallNotInRoom(Conflict):
    """Only a call in a room can be transferred."""

    reason = "CALL_STATE_INVALID"


class CannotRefer(Conflict):
    """The call is a browser's, which has no REFER, or is not answered."""

    reason = "CALL_STATE_INVALID"


class DigitsNotTaken(Conflict):
    """The call has not negotiated telephone-event (RFC 4733)."""

    reason = "CALL_STATE_INVALID"


class DigitsPending(Conflict):
    """Other digits are being sent to the call."""

    reason = "CALL_STATE_INVALID"


class TooManyHops(Conflict):
    """Calls have led to calls more often than Max-Forwards allows (RFC 7332)."""


class TransferPending(Conflict):
    """The call is being transferred."""

    reason = "CALL_STATE_INVALID"


class CallDeleted(Conflict):
    """A deleted call cannot be read (api.md section 5.3), unlike a deleted conference."""


class GroupcallNotFound(NotFound):
    reason = "GROUPCALL_NOT_FOUND"


class NoCallableDestination(InvalidArgument):
    """None of the destinations can be called (api.md section 5.2)."""


class SpeakingNotFound(NotFound):
    reason = "SPEAKING_NOT_FOUND"


class SpeakingAlreadyActive(Conflict):
    """The call or the room has a speaking."""

    reason = "SPEAKING_ALREADY_ACTIVE"


class SpeakingStopped(Conflict):
    """It was stopped, or its call or room is over."""


class SpeakingQueueFull(Conflict):
    """Too many texts wait in one speaking."""

    reason = "SPEAKING_QUEUE_FULL"


class TooManySpeakings(Exhausted):
    """Too many speakings are active at once."""

    reason = "TOO_MANY_SPEAKINGS"
