"""Why a sound is not played."""

from mixminus.errors import InvalidArgument, NotFound, Unavailable

__all__ = ["PlaybackStalled", "SoundNotFound", "SoundTooLarge", "SoundUnreadable"]


class SoundNotFound(NotFound):
    """No such file in the folder of sounds, or nothing at the address."""

    reason = "SOUND_NOT_FOUND"


class SoundTooLarge(InvalidArgument):
    reason = "SOUND_TOO_LARGE"


class SoundUnreadable(InvalidArgument):
    """Not audio, or in a format that is not read here."""

    reason = "SOUND_UNREADABLE"


class PlaybackStalled(Unavailable):
    """The leg takes no audio: it has no media yet, or none any more."""
