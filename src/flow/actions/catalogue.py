"""Every action the API knows, and how one is read from JSON (api.md sections 6.2 and 6.5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions import basic, room, transcription
from mixminus.flow.actions.basic import BasicOption
from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.flow.actions.room import RoomOption
from mixminus.flow.actions.transcription import TranscriptionOption

__all__ = ["CATALOGUE", "Action", "InvalidActionType", "Option", "normalise", "parse"]

Option = BasicOption | RoomOption | TranscriptionOption
_READERS: Final[Mapping[str, Callable[[OptionFields], Option]]] = {
    **basic.READERS,
    **room.READERS,
    **transcription.READERS,
}

# Every type the API knows. Those without a row in _READERS are valid in a flow and are skipped when it runs.
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
    read = _READERS.get(type_)
    source = {
        "id": str(read_uuid(raw, "id")),
        "next_id": str(read_uuid(raw, "next_id")),
        "type": type_,
        "option": dict(option),
    }
    return Action(type_, read(option) if read else None, source)


def normalise(raw: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Check a list of actions and return it with every key present."""
    return tuple(parse(each).source for each in raw)
