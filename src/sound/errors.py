"""Errors of playback."""

from mixminus.errors import InvalidArgument, NotFound, Unavailable

__all__ = ["PlaybackStalled", "SoundNotFound", "SoundTooLarge", "SoundUnreadable"]


class SoundNotFound(NotFound):
    """No such file in the folder of sounds, or nothing at the URL."""

    reason = "SOUND_NOT_FOUND"


class SoundTooLarge(InvalidArgument):
    reason = "SOUND_TOO_LARGE"


class SoundUnreadable(InvalidArgument):
    """Not audio, or in an unsupported format."""

    reason = "SOUND_UNREADABLE"


class PlaybackStalled(Unavailable):
    """The leg consumes no audio: it has no media yet, or no longer."""
