"""Errors of media streams."""

from mixminus.errors import Conflict, Exhausted, NotFound

__all__ = ["MediaStreamNotFound", "MediaStreamOver", "TooManyStreams"]


class MediaStreamNotFound(NotFound):
    reason = "MEDIA_STREAM_NOT_FOUND"


class MediaStreamOver(Conflict):
    """The stream has ended."""


class TooManyStreams(Exhausted):
    """A room or call has the maximum number of streams."""
