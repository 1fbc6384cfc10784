"""Every action the API knows, and how one is read from JSON (api.md sections 6.2 and 6.5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.flow.actions import (
    basic,
    control,
    dialling,
    digits,
    external,
    media,
    recording,
    room,
    speech,
    transcription,
    web,
)
from mixminus.flow.actions.basic import BasicOption
from mixminus.flow.actions.control import ControlOption
from mixminus.flow.actions.dialling import DiallingOption
from mixminus.flow.actions.digits import DigitsOption
from mixminus.flow.actions.external import ExternalOption
from mixminus.flow.actions.media import MediaOption
from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.flow.actions.recording import RecordingOption
from mixminus.flow.actions.room import RoomOption
from mixminus.flow.actions.speech import SpeechOption
from mixminus.flow.actions.transcription import TranscriptionOption
from mixminus.flow.actions.web import WebOption
from mixminus.flow.variables import has_placeholder
from mixminus.model.ids import NIL, new_id

__all__ = ["CATALOGUE", "Action", "InvalidActionType", "Option", "normalise", "parse"]

Option = (
    BasicOption
    | ControlOption
    | DiallingOption
    | DigitsOption
    | ExternalOption
    | MediaOption
    | RecordingOption
    | RoomOption
    | SpeechOption
    | TranscriptionOption
    | WebOption
)
_READERS: Final[Mapping[str, Callable[[OptionFields], Option]]] = {
    **basic.READERS,
    **control.READERS,
    **dialling.READERS,
    **digits.READERS,
    **external.READERS,
    **media.READERS,
    **recording.READERS,
    **room.READERS,
    **speech.READERS,
    **transcription.READERS,
    **web.READERS,
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

    id: UUID
    next_id: UUID
    type: str
    option: Option | None
    source: dict[str, Any]
    """As the API shows it, every key present."""


def parse(raw: Mapping[str, Any]) -> Action:
    """Read one action; InvalidActionType for a type nobody knows, InvalidArgument for a bad option."""
    type_, option = _outline(raw)
    id_, next_id = read_uuid(raw, "id"), read_uuid(raw, "next_id")
    source = {"id": str(id_), "next_id": str(next_id), "type": type_, "option": option}
    return Action(id_, next_id, type_, _read(type_, option), source)


def normalise(
    raw: Sequence[Mapping[str, Any]], where: str = "actions", *, identified: bool = True
) -> tuple[dict[str, Any], ...]:
    """Check a list of actions and return it with every key present, and an id for each if they are to be identified.

    A fault is told with the way to it, as in ``actions[2].option.duration: ...``. A field that
    names a variable is not looked at before the action is done.
    """
    return tuple(_checked(each, f"{where}[{index}]", identified) for index, each in enumerate(raw))


def _checked(raw: Mapping[str, Any], where: str, identified: bool) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise InvalidArgument(f"{where}: is not an object")
    try:
        type_, option = _outline(raw)
        id_ = read_uuid(raw, "id")
        source = {
            "id": str(new_id() if identified and id_ == NIL else id_),
            "next_id": str(read_uuid(raw, "next_id")),
            "type": type_,
            "option": option,
        }
    except InvalidArgument as fault:
        raise type(fault)(f"{where}.{fault}") from None
    try:
        _read(type_, {key: value for key, value in option.items() if not has_placeholder(value)})
    except InvalidArgument as fault:
        raise type(fault)(f"{where}.option.{fault}") from None
    return source


def _outline(raw: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    type_ = raw.get("type")
    if not isinstance(type_, str) or type_ not in CATALOGUE:
        raise InvalidActionType(f"type: unknown action type {type_!r}"[:100])
    option = raw.get("option") or {}
    if not isinstance(option, Mapping):
        raise InvalidArgument(f"option: of {type_} is not an object")
    return type_, dict(option)


def _read(type_: str, option: OptionFields) -> Option | None:
    read = _READERS.get(type_)
    return read(option) if read else None
