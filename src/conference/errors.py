"""What a conference refuses."""

from mixminus.errors import Conflict, NotFound, PermissionDenied

__all__ = [
    "ConferenceFull",
    "ConferenceLocked",
    "ConferenceNotFound",
    "ConferenceNotProgressing",
    "ConferencecallGone",
    "ConferencecallNotFound",
    "PinInvalid",
    "TooManyExceptions",
]


class ConferenceNotFound(NotFound):
    reason = "CONFERENCE_NOT_FOUND"


class ConferencecallNotFound(NotFound):
    reason = "CONFERENCECALL_NOT_FOUND"


class ConferenceNotProgressing(Conflict):
    """The conference is starting, or is over."""


class ConferencecallGone(Conflict):
    """The participant is leaving, or has left."""


class ConferenceFull(Conflict):
    reason = "CONFERENCE_FULL"


class ConferenceLocked(Conflict):
    reason = "CONFERENCE_LOCKED"


class TooManyExceptions(Conflict):
    """Who hears whom would need more exceptions than a bridge holds."""

    reason = "HEARS_LIMIT_REACHED"


class PinInvalid(PermissionDenied):
    """A pin is needed, and what was given is not it."""

    reason = "CONFERENCE_PIN_INVALID"
