"""Actions: what a flow can say, read from the API's JSON into values (api.md sections 6.2 and 6.5)."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mixminus.call.states import HangupReason
from mixminus.errors import InvalidArgument
from mixminus.ids import NIL, ConferenceId

__all__ = [
    "CATALOGUE",
    "Action",
    "Answer",
    "ConferenceJoin",
    "Hangup",
    "InvalidActionType",
    "Option",
    "Sleep",
    "normalise",
    "parse",
]

# Every type the API knows. Those without a row in _OPTIONS are valid in a flow and are skipped when it runs.
CATALOGUE: Final = frozenset(
    [
        "ai_summary",
        "ai_talk",
        "ai_task",
        "amd",
        "answer",
        "beep",
        "block",
        "branch",
        "call",
        "case_create",
        "condition_call_digits",
        "condition_call_status",
        "condition_datetime",
        "condition_variable",
        "conference_join",
        "confbridge_join",
        "connect",
        "conversation_send",
        "digits_receive",
        "digits_send",
        "echo",
        "email_send",
        "empty",
        "external_media_start",
        "external_media_stop",
        "fetch",
        "fetch_flow",
        "goto",
        "hangup",
        "message_send",
        "mute",
        "play",
        "queue_join",
        "recording_start",
        "recording_stop",
        "sleep",
        "stop",
        "stream_echo",
        "talk",
        "transcribe_recording",
        "transcribe_start",
        "transcribe_stop",
        "variable_set",
        "webhook_send",
    ]
)


class InvalidActionType(InvalidArgument):
    reason = "INVALID_ACTION_TYPE"


@dataclass(frozen=True, slots=True)
class Answer:
    """Accept the call."""


@dataclass(frozen=True, slots=True)
class ConferenceJoin:
    """Go into a conference until the participant leaves it."""

    conference_id: ConferenceId


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""

    reason: HangupReason


@dataclass(frozen=True, slots=True)
class Sleep:
    """Do nothing for a while."""

    duration_ms: int


Option = Answer | ConferenceJoin | Hangup | Sleep


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a flow; ``option`` is None for a type that is known and cannot be done."""

    type: str
    option: Option | None
    source: dict[str, Any]
    """As the API shows it, every key present."""


def parse(raw: Mapping[str, Any]) -> Action:
    """Read one action; InvalidActionType for a type nobody knows, InvalidArgument for a bad option."""
    type_ = raw.get("type")
    if not isinstance(type_, str) or type_ not in CATALOGUE:
        raise InvalidActionType(f"unknown action type {type_!r}")
    option = raw.get("option") or {}
    if not isinstance(option, Mapping):
        raise InvalidArgument(f"the option of {type_} is not an object")
    read = _OPTIONS.get(type_)
    source = {
        "id": str(_uuid(raw, "id")),
        "next_id": str(_uuid(raw, "next_id")),
        "type": type_,
        "option": dict(option),
    }
    return Action(type_, read(option) if read else None, source)


def normalise(raw: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Check a list of actions and return it with every key present."""
    return tuple(parse(each).source for each in raw)


def _answer(option: Mapping[str, Any]) -> Answer:
    return Answer()


def _conference_join(option: Mapping[str, Any]) -> ConferenceJoin:
    return ConferenceJoin(ConferenceId(_uuid(option, "conference_id")))


def _hangup(option: Mapping[str, Any]) -> Hangup:
    try:
        return Hangup(HangupReason(option.get("reason") or HangupReason.NORMAL))
    except ValueError:
        raise InvalidArgument("unknown hangup reason") from None


def _sleep(option: Mapping[str, Any]) -> Sleep:
    duration_ms = option.get("duration", 0)
    if type(duration_ms) is not int or duration_ms < 0:
        raise InvalidArgument("duration is not a number of milliseconds")
    return Sleep(duration_ms)


_OPTIONS: Final[dict[str, Callable[[Mapping[str, Any]], Option]]] = {
    "answer": _answer,
    "conference_join": _conference_join,
    "hangup": _hangup,
    "sleep": _sleep,
}


def _uuid(values: Mapping[str, Any], key: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(values.get(key) or NIL))
    except ValueError:
        raise InvalidArgument(f"{key} is not a UUID") from None
