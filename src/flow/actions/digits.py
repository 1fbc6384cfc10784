"""Digits: those that a caller presses, and those that are pressed for them (api.md section 6.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields, read_text, read_whole

__all__ = ["READERS", "DigitsOption", "DigitsReceive", "DigitsSend"]

_KEYS: Final = frozenset("0123456789ABCD#*")
MAX_DIGITS: Final = 100
MIN_TONE_MS: Final = 100
MAX_TONE_MS: Final = 1000
MAX_INTERVAL_MS: Final = 5000


@dataclass(frozen=True, slots=True)
class DigitsReceive:
    """Wait for digits: so many, or one of the keys, or so long; 0 is no limit."""

    duration_ms: int
    length: int
    key: str


@dataclass(frozen=True, slots=True)
class DigitsSend:
    """Send tones, with pauses between them."""

    digits: str
    duration_ms: int
    interval_ms: int


DigitsOption = DigitsReceive | DigitsSend


def _digits_receive(fields: OptionFields) -> DigitsReceive:
    return DigitsReceive(
        duration_ms=read_whole(fields, "duration", least=0),
        length=read_whole(fields, "length", least=0),
        key=read_text(fields, "key"),
    )


def _digits_send(fields: OptionFields) -> DigitsSend:
    digits = read_text(fields, "digits").upper()
    if not _KEYS.issuperset(digits):
        raise InvalidArgument("digits: has others than 0-9, A-D, # and *")
    if len(digits) > MAX_DIGITS:
        raise InvalidArgument(f"digits: are more than {MAX_DIGITS}")
    return DigitsSend(
        digits=digits,
        duration_ms=read_whole(fields, "duration", MIN_TONE_MS, least=MIN_TONE_MS, most=MAX_TONE_MS),
        interval_ms=read_whole(fields, "interval", least=0, most=MAX_INTERVAL_MS),
    )


READERS: Final[dict[str, Callable[[OptionFields], DigitsOption]]] = {
    "digits_receive": _digits_receive,
    "digits_send": _digits_send,
}
