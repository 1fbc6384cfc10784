"""Digits and hook flashes in the bodies of INFO requests: ``application/dtmf-relay`` and its relatives. Pure.

None of these types was ever standardised (RFC 6086 replaces them), so phones write them in many ways. Read here are
``Signal=5`` with or without blanks, quotes and line ends, in any case; Nortel's ``d=5``; ``:`` and ``;`` as separators;
the numbers 10 to 15 for ``*``, ``#`` and A to D as in RFC 4733 section 3.2; and a bare digit. A hook flash is event
16, ``!``, ``F`` or a word instead of the digit, or has the type ``application/hook-flash``, whatever its body, or is
BroadWorks' ``event flashhook`` of the type ``application/broadsoft``, which says other things too.
"""

import re
from typing import Final

from mixminus.sip.grammar import Unreadable

__all__ = ["BROADSOFT", "CONTENT_TYPES", "is_hook_flash", "is_usual", "parse_digit"]

_HOOK_FLASH: Final = "application/hook-flash"
BROADSOFT: Final = "application/broadsoft"
CONTENT_TYPES: Final = (
    "application/dtmf-relay",
    "application/dtmf",
    "application/vnd.nortelnetworks.digits",
    _HOOK_FLASH,
)

_FLASH_HOOK = re.compile(rb"\s*event[\s:=]+(?:flash-?hook|hook-?flash)\s*\Z", re.IGNORECASE)

_MAX_BYTES: Final = 256
_MAX_DURATION_MS: Final = 10_000
_EVENTS: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#", "A", "B", "C", "D")
_FLASHES: Final = frozenset({"16", "!", "f", "hf", "flash", "hookflash", "hook-flash"})
_MAX_DURATION_DIGITS: Final = 5
_SIGNAL: Final = ("signal", "d", "")
"""The names of the field with the digit; the last is that of a bare digit."""
_FIELD = re.compile(r"\s*([A-Za-z]*)\s*[=:]\s*(.*)")
_USUAL = re.compile(
    rb"(?:Signal ?= ?(?:[0-9*#A-D]|1[0-5])\r\nDuration ?= ?[0-9]{1,5}|(?:Signal=)?[0-9*#A-D]|Signal=1[0-5])(?:\r\n)*\Z"
)


def is_usual(body: bytes) -> bool:
    """Return whether a body is written as most phones write it."""
    return bool(_USUAL.match(body))


def is_hook_flash(content_type: str, body: bytes) -> bool:
    """Return whether an INFO request of this type, ``""`` for none, says that the hook was pressed (event 16)."""
    if content_type == _HOOK_FLASH:
        return True
    if content_type == BROADSOFT:
        return len(body) <= _MAX_BYTES and bool(_FLASH_HOOK.match(body))
    try:
        return _signal(_fields(body)).lower() in _FLASHES
    except Unreadable:
        return False


def parse_digit(body: bytes) -> tuple[str, int]:
    """Return the digit and its duration in ms, 0 if it has none; raise Unreadable if there is no digit."""
    fields = _fields(body)
    return _digit(_signal(fields)), _duration_ms(fields.get("duration", ""))


def _fields(body: bytes) -> dict[str, str]:
    """Return the first value of each field by its name in lower case; raise Unreadable if the body is not text."""
    if len(body) > _MAX_BYTES or not body.isascii():
        raise Unreadable("the body is too long or not ASCII")
    fields: dict[str, str] = {}
    for line in re.split(r"[\r\n;\0]+", body.decode()):
        field = _FIELD.match(line)
        name, value = (field[1].lower(), field[2]) if field else ("", line)
        if value.strip():
            fields.setdefault(name, value.strip().strip("\"'").strip())
    return fields


def _signal(fields: dict[str, str]) -> str:
    return next((fields[name] for name in _SIGNAL if name in fields), "")


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
