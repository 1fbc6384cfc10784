"""Errors of text to speech."""

from mixminus.errors import Exhausted, InvalidArgument, Unavailable

__all__ = ["LanguageNotSpoken", "SpeechBusy", "SpeechFailed", "TextTooLong"]


class LanguageNotSpoken(InvalidArgument):
    """No installed engine supports the language."""

    reason = "LANGUAGE_NOT_SPOKEN"

    def __init__(self, language: str) -> None:
        super().__init__(
            f"no engine for the language {language!r}: English is built in, install the program espeak-ng for others"
        )


class TextTooLong(InvalidArgument):
    reason = "TEXT_TOO_LONG"


class SpeechBusy(Exhausted):
    """Too many texts are waiting to be synthesised."""


class SpeechFailed(Unavailable):
    """The engine has died, timed out or returned no audio."""
