"""What a conference refuses."""

from mixminus.errors import Conflict, NotFound

__all__ = [
    "ConferenceNotFound",
    "ConferenceNotProgressing",
    "ConferencecallNotFound",
]


class ConferenceNotFound(NotFound):
    reason = "CONFERENCE_NOT_FOUND"


class ConferencecallNotFound(NotFound):
    reason = "CONFERENCECALL_NOT_FOUND"


class ConferenceNotProgressing(Conflict):
    """The conference is starting, or is over."""
