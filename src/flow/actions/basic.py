"""What a call does by itself: answer, hang up, wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.call.states import HangupReason
from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields

__all__ = ["READERS", "Answer", "BasicOption", "Hangup", "Sleep"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept the call."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""

    reason: HangupReason


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for a while."""

    duration_ms: int


BasicOption = Answer | Hangup | Sleep


def _answer(fields: OptionFields) -> Answer:
    return Answer()


def _hangup(fields: OptionFields) -> Hangup:
    try:
        return Hangup(HangupReason(fields.get("reason") or HangupReason.NORMAL))
    except ValueError:
        raise InvalidArgument("unknown hangup reason") from None


def _sleep(fields: OptionFields) -> Sleep:
    duration_ms = fields.get("duration", 0)
    if type(duration_ms) is not int or duration_ms < 0:
        raise InvalidArgument("duration is not a number of milliseconds")
    return Sleep(duration_ms)


READERS: Final[dict[str, Callable[[OptionFields], BasicOption]]] = {
    "answer": _answer,
    "hangup": _hangup,
    "sleep": _sleep,
}
