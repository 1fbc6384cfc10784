"""What a transcription refuses."""

from mixminus.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Unavailable

__all__ = [
    "LanguageNotSupported",
    "RecogniserMissing",
    "TranscribeAlreadyProgressing",
    "TranscribeNotActive",
    "TranscribeNotFound",
]


class TranscribeNotFound(NotFound):
    reason = "TRANSCRIBE_NOT_FOUND"


class TranscribeAlreadyProgressing(AlreadyExists):
    reason = "TRANSCRIBE_ALREADY_PROGRESSING"


class TranscribeNotActive(Conflict):
    """Nothing is being transcribed there."""


class LanguageNotSupported(InvalidArgument):
    """The model that is installed does not know the language."""

    reason = "LANGUAGE_NOT_SUPPORTED"


class RecogniserMissing(Unavailable):
    """Speech to text is not installed, or its model is not the one that was checked."""
