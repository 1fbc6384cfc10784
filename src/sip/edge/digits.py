"""Digits in the bodies of INFO requests: ``application/dtmf-relay`` and ``application/dtmf``. Pure.

Neither type was ever standardised (RFC 6086 replaces both), so phones write them in many ways. Read here are
``Signal=5`` with or without blanks, ``Duration``, line ends and case; the numbers 10 to 15 for ``*``, ``#`` and A to D
as in RFC 4733 section 3.2; and a bare digit.
"""

from typing import Final

from mixminus.sip.grammar import Unreadable

__all__ = ["CONTENT_TYPES", "parse_digit"]

CONTENT_TYPES: Final = ("application/dtmf-relay", "application/dtmf")

_MAX_BYTES: Final = 256
_MAX_DURATION_MS: Final = 10_000
_EVENTS: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D")
_MAX_DURATION_DIGITS: Final = 5


def parse_digit(body: bytes) -> tuple[str, int]:
    """Return the digit and its duration in ms, 0 if it has none; raise Unreadable if there is no digit."""
    if len(body) > _MAX_BYTES or not body.isascii():
        raise Unreadable("the body is too long or not ASCII")
    fields: dict[str, str] = {}
    for line in body.decode().splitlines():
        name, equals, value = line.partition("=")
        if equals:
            fields.setdefault(name.strip().lower(), value.strip())
        elif name.strip():
            fields.setdefault("signal", name.strip())
    return _digit(fields.get("signal", "")), _duration_ms(fields.get("duration", ""))


def _digit(signal: str) -> str:
    if signal.upper() in _EVENTS:
        return signal.upper()
    if signal.isdecimal() and len(signal) == 2 and int(signal) < len(_EVENTS):  # noqa: PLR2004 - 10 to 15
        return _EVENTS[int(signal)]
    raise Unreadable("not a digit")


def _duration_ms(text: str) -> int:
    """Parse a duration; a malformed one counts as none."""
    if not text.isdecimal() or len(text) > _MAX_DURATION_DIGITS:
        return 0
    return min(int(text), _MAX_DURATION_MS)
