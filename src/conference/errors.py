"""What a conference refuses."""

from mixminus.errors import Conflict, NotFound

__all__ = [
    "ConferenceNotFound",
    "ConferenceNotProgressing",
    "ConferencecallNotFound",
    "ConferencecallNotPresent",
]


class ConferenceNotFound(NotFound):
    reason = "CONFERENCE_NOT_FOUND"


class ConferencecallNotFound(NotFound):
    reason = "CONFERENCECALL_NOT_FOUND"


class ConferenceNotProgressing(Conflict):
    """The conference has not begun, or is over."""


class ConferencecallNotPresent(Conflict):
    """The participant is leaving, or has left."""
