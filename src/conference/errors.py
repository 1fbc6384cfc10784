"""Errors of conferences and participants."""

from mixminus.errors import Conflict, Exhausted, NotFound, PermissionDenied, Unavailable

__all__ = [
    "AlreadyInRoom",
    "ChatMessageNotFound",
    "ConferenceFull",
    "ConferenceLocked",
    "ConferenceNotFound",
    "ConferenceNotProgressing",
    "ConferencecallGone",
    "ConferencecallNotFound",
    "MovePending",
    "NoiseSuppressionUnavailable",
    "NotWaiting",
    "PinInvalid",
    "PlaybackNotFound",
    "PlaybackOver",
    "PlaybackQueueFull",
    "SeatsTaken",
    "TooManyExceptions",
    "TooManyPlaybacks",
]


class ConferenceNotFound(NotFound):
    reason = "CONFERENCE_NOT_FOUND"


class ConferencecallNotFound(NotFound):
    reason = "CONFERENCECALL_NOT_FOUND"


class ConferenceNotProgressing(Conflict):
    """The conference is starting, ending or ended."""


class ConferencecallGone(Conflict):
    """The participant is leaving or has left."""


class AlreadyInRoom(Conflict):
    """The participant is in the room that it is to be moved to."""

    reason = "ALREADY_IN_CONFERENCE"


class MovePending(Conflict):
    """The participant is being moved by another request."""

    reason = "MOVE_PENDING"


class NotWaiting(Conflict):
    """The participant is not in the lobby."""


class ChatMessageNotFound(NotFound):
    reason = "CHAT_MESSAGE_NOT_FOUND"


class ConferenceFull(Conflict):
    reason = "CONFERENCE_FULL"


class ConferenceLocked(Conflict):
    reason = "CONFERENCE_LOCKED"


class SeatsTaken(Unavailable):
    """A room has all the seats at this node that it may have at one; other nodes take its arrivals."""

    reason = "ROOM_SEATS_TAKEN"


class TooManyExceptions(Conflict):
    """The hears rules give more cells than a bridge holds."""

    reason = "HEARS_LIMIT_REACHED"


class PinInvalid(PermissionDenied):
    """The pin is wrong, or missing where one is required."""

    reason = "CONFERENCE_PIN_INVALID"


class NoiseSuppressionUnavailable(Unavailable):
    """The library that suppresses noise is not installed."""

    reason = "NOISE_SUPPRESSION_UNAVAILABLE"


class PlaybackNotFound(NotFound):
    reason = "PLAYBACK_NOT_FOUND"


class PlaybackOver(Conflict):
    """It has been played, was stopped, or has failed."""


class PlaybackQueueFull(Conflict):
    """Too many playbacks wait for one room or one participant."""

    reason = "PLAYBACK_QUEUE_FULL"


class TooManyPlaybacks(Exhausted):
    """Too many rooms and participants are played to at once."""

    reason = "TOO_MANY_PLAYBACKS"
