"""What decides where a flow goes on, and what it remembers (api.md section 6.5)."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import (
    OptionFields,
    read_choice,
    read_text,
    read_uuid,
    read_whole,
    read_wholes,
)
from mixminus.flow.comparison import Comparison
from mixminus.flow.variables import DIGITS

__all__ = [
    "READERS",
    "Block",
    "Branch",
    "ConditionCallDigits",
    "ConditionCallStatus",
    "ConditionDatetime",
    "ConditionVariable",
    "ControlOption",
    "Empty",
    "FetchFlow",
    "Goto",
    "Stop",
    "ValueType",
    "VariableSet",
]


@dataclass(frozen=True, slots=True)
class Branch:
    """Go on where a variable's value says, and forget the value."""

    variable: str
    default_target_id: UUID
    target_ids: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on elsewhere, so many times; after that, with the next action."""

    target_id: UUID
    loop_count: int


class ValueType(enum.StrEnum):
    STRING = enum.auto()
    NUMBER = enum.auto()
    LENGTH = enum.auto()


@dataclass(frozen=True, slots=True)
class ConditionVariable:
    """Go on elsewhere unless a value compares."""

    condition: Comparison
    variable: str
    """The value itself: a flow writes ``${name}``."""
    value_type: ValueType
    value_string: str
    value_number: float
    value_length: int
    false_target_id: UUID


@dataclass(frozen=True, slots=True)
class ConditionDatetime:
    """Go on elsewhere unless the time in UTC compares, each part of it that is given."""

    condition: Comparison
    minute: int
    """-1 is any; so is it of an hour."""
    hour: int
    day: int
    """0 or less is any; so is it of a month."""
    month: int
    weekdays: tuple[int, ...]
    """0 is Sunday; none is any."""
    false_target_id: UUID


@dataclass(frozen=True, slots=True)
class ConditionCallDigits:
    """Go on elsewhere unless so many digits, or one of these, were pressed."""

    length: int
    key: str
    false_target_id: UUID


@dataclass(frozen=True, slots=True)
class ConditionCallStatus:
    """Go on elsewhere unless the call has a status."""

    status: str
    false_target_id: UUID


@dataclass(frozen=True, slots=True)
class VariableSet:
    """Remember a value."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class FetchFlow:
    """Do the actions of a flow, then go on here."""

    flow_id: UUID


@dataclass(frozen=True, slots=True)
class Stop:
    """End the flow."""


@dataclass(frozen=True, slots=True)
class Block:
    """Wait until somebody ends the flow."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Do nothing."""


ControlOption = (
    Branch
    | Goto
    | ConditionVariable
    | ConditionDatetime
    | ConditionCallDigits
    | ConditionCallStatus
    | VariableSet
    | FetchFlow
    | Stop
    | Block
    | Empty
)


def _branch(fields: OptionFields) -> Branch:
    targets = fields.get("target_ids") or {}
    if not isinstance(targets, Mapping):
        raise InvalidArgument("target_ids: is not an object")
    return Branch(
        variable=read_text(fields, "variable", DIGITS),
        default_target_id=read_uuid(fields, "default_target_id"),
        target_ids={value: _target(targets, value) for value in targets},
    )


def _target(targets: OptionFields, value: str) -> UUID:
    try:
        return read_uuid(targets, value)
    except InvalidArgument as fault:
        raise InvalidArgument(f"target_ids.{fault}") from None


def _goto(fields: OptionFields) -> Goto:
    return Goto(read_uuid(fields, "target_id"), read_whole(fields, "loop_count"))


def _condition_variable(fields: OptionFields) -> ConditionVariable:
    return ConditionVariable(
        condition=read_choice(fields, "condition", Comparison.EQUAL),
        variable=_value(fields),
        value_type=read_choice(fields, "value_type", ValueType.STRING),
        value_string=read_text(fields, "value_string"),
        value_number=_number(fields),
        value_length=read_whole(fields, "value_length"),
        false_target_id=read_uuid(fields, "false_target_id"),
    )


def _value(fields: OptionFields) -> str:
    """A value that is a number in JSON is as good as its digits."""
    value = fields.get("variable")
    return str(value) if type(value) in (int, float) else read_text(fields, "variable")


def _number(fields: OptionFields) -> float:
    value = fields.get("value_number")
    if value is None or value == "":
        return 0.0
    if type(value) not in (int, float, str):
        raise InvalidArgument("value_number: is not a number")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise InvalidArgument("value_number: is not a number") from None


def _condition_datetime(fields: OptionFields) -> ConditionDatetime:
    return ConditionDatetime(
        condition=read_choice(fields, "condition", Comparison.EQUAL),
        minute=read_whole(fields, "minute", -1, least=-1, most=59),
        hour=read_whole(fields, "hour", -1, least=-1, most=23),
        day=read_whole(fields, "day", most=31),
        month=read_whole(fields, "month", most=12),
        weekdays=read_wholes(fields, "weekdays"),
        false_target_id=read_uuid(fields, "false_target_id"),
    )


def _condition_call_digits(fields: OptionFields) -> ConditionCallDigits:
    return ConditionCallDigits(
        read_whole(fields, "length"), read_text(fields, "key"), read_uuid(fields, "false_target_id")
    )


def _condition_call_status(fields: OptionFields) -> ConditionCallStatus:
    return ConditionCallStatus(read_text(fields, "status"), read_uuid(fields, "false_target_id"))


def _variable_set(fields: OptionFields) -> VariableSet:
    return VariableSet(read_text(fields, "key"), read_text(fields, "value"))


def _fetch_flow(fields: OptionFields) -> FetchFlow:
    return FetchFlow(read_uuid(fields, "flow_id"))


READERS: Final[dict[str, Callable[[OptionFields], ControlOption]]] = {
    "branch": _branch,
    "goto": _goto,
    "condition_variable": _condition_variable,
    "condition_datetime": _condition_datetime,
    "condition_call_digits": _condition_call_digits,
    "condition_call_status": _condition_call_status,
    "variable_set": _variable_set,
    "fetch_flow": _fetch_flow,
    "stop": lambda _: Stop(),
    "block": lambda _: Block(),
    "empty": lambda _: Empty(),
}
