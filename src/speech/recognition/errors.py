"""Errors of transcription."""

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
    """There is no active transcription."""


class LanguageNotSupported(InvalidArgument):
    """The installed model does not support the language."""

    reason = "LANGUAGE_NOT_SUPPORTED"


class RecogniserMissing(Unavailable):
    """Speech to text is not installed, or its model does not have the expected checksum."""
