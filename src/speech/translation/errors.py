"""Errors of translation."""

from mixminus.errors import InvalidArgument

__all__ = ["TranslationNotSupported"]


class TranslationNotSupported(InvalidArgument):
    """No installed translator has this pair of languages."""

    reason = "TRANSLATION_NOT_SUPPORTED"
