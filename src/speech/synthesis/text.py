"""Parse plain text or SSML into pieces of text and pauses. Pure.

Of SSML (W3C, version 1.1) the text and ``break`` are used; other elements are ignored.
"""

import html
import re
from dataclasses import dataclass
from typing import Final

from mixminus.speech.synthesis.errors import TextTooLong

__all__ = ["MAX_TEXT", "Pause", "Piece", "Said", "pieces", "spelled"]

MAX_TEXT: Final = 5000
"""Characters, mark-up included."""
_MAX_PAUSE_MS: Final = 10_000
_MAX_PIECES: Final = 200
_USUAL_PAUSE_MS: Final = 500
# Breaks without a time: SSML 1.1 section 3.2.3 leaves their length to the engine.
_STRENGTHS_MS: Final = {"none": 0, "x-weak": 100, "weak": 250, "medium": 500, "strong": 750, "x-strong": 1200}

_SSML = re.compile(r"\s*(<\?xml[^>]*\?>\s*)?<speak\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:!--.*?--|[^<>]*)>", re.DOTALL)
_BREAK = re.compile(r"<break\b", re.IGNORECASE)
_TIME = re.compile(r"""\btime\s*=\s*["']\s*(\d{1,6}(?:\.\d{1,6})?)(ms|s)\s*["']""", re.IGNORECASE)
_STRENGTH = re.compile(r"""\bstrength\s*=\s*["']([a-z-]+)["']""", re.IGNORECASE)
_PARAGRAPH = re.compile(r"</?(?:p|s)\b", re.IGNORECASE)

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# A run of digits that is no quantity: it begins with a zero, or is longer than a year.
_NUMBER = re.compile(r"(?<![\w.,$€£#:/-])(\+?)(0\d+|\d{5,})(?![\w:/%]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A piece of silence."""

    duration_ms: int


Piece = Said | Pause


def pieces(text: str) -> tuple[Piece, ...]:
    """Return text and pauses in order; TextTooLong beyond ``MAX_TEXT`` characters.

    Empty text gives nothing.
    """
    if len(text) > MAX_TEXT:
        raise TextTooLong(f"the text is longer than {MAX_TEXT} characters: send it in parts")
    if not _SSML.match(text):
        return _said(text)
    found: list[Piece] = []
    at = 0
    for tag in _TAG.finditer(text):
        found += _said(html.unescape(text[at : tag.start()]))
        found += _of_tag(tag.group())
        at = tag.end()
    found += _said(html.unescape(text[at:]))
    return tuple(found[:_MAX_PIECES])


def spelled(text: str) -> str:
    """Spell out digits of codes and numbers, which an engine would read as a quantity.

    >>> spelled("Your pin is 0042, the year 2026.")
    'Your pin is zero zero four two, the year 2026.'
    """
    return _NUMBER.sub(
        lambda found: ("plus " if found[1] else "") + " ".join(_DIGITS[int(digit)] for digit in found[2]),
        text,
    )


def _said(text: str) -> tuple[Piece, ...]:
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (Said(text),) if text else ()


def _of_tag(tag: str) -> tuple[Piece, ...]:
    if _PARAGRAPH.match(tag):
        return (Pause(_STRENGTHS_MS["weak"]),)
    if not _BREAK.match(tag):
        return ()
    if time := _TIME.search(tag):
        duration_ms = float(time[1]) * (1 if time[2].lower() == "ms" else 1000)
    else:
        strength = _STRENGTH.search(tag)
        duration_ms = _STRENGTHS_MS.get(strength[1].lower() if strength else "", _USUAL_PAUSE_MS)
    return (Pause(min(round(duration_ms), _MAX_PAUSE_MS)),)
