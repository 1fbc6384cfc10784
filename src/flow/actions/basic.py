"""What a call does by itself: answer, hang up, wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.flow.actions.reading import OptionFields, read_choice, read_uuid, read_whole
from mixminus.model.call import HangupReason
from mixminus.model.ids import NIL

__all__ = ["READERS", "Answer", "BasicOption", "Hangup", "Sleep"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept the call."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""

    reason: HangupReason
    reference_id: UUID = NIL
    """The call whose reason is taken instead; nil is none."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for a while."""

    duration_ms: int


BasicOption = Answer | Hangup | Sleep


def _answer(fields: OptionFields) -> Answer:
    return Answer()


def _hangup(fields: OptionFields) -> Hangup:
    reason = read_choice(fields, "reason", HangupReason.NORMAL)
    return Hangup(reason, read_uuid(fields, "reference_id"))


def _sleep(fields: OptionFields) -> Sleep:
    return Sleep(read_whole(fields, "duration", least=0))


READERS: Final[dict[str, Callable[[OptionFields], BasicOption]]] = {
    "answer": _answer,
    "hangup": _hangup,
    "sleep": _sleep,
}
