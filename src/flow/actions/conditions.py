"""Conditions: jump to another action unless something holds (api.md section 6.5)."""

import enum
import math
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from mixminus.flow.action import ActionType
from mixminus.flow.options import Option, Target, Text, Whole
from mixminus.flow.run import FlowRun
from mixminus.flow.stack import Jump
from mixminus.flow.variables import DIGITS
from mixminus.model.ids import NIL

__all__ = [
    "ACTIONS",
    "Comparison",
    "ConditionCallDigits",
    "ConditionCallStatus",
    "ConditionDatetime",
    "ConditionVariable",
    "ValueType",
]


class Comparison(enum.StrEnum):
    """A comparison operator."""

    EQUAL = "=="
    UNEQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="

    def holds(self, value: Any, other: Any) -> bool:
        """Return whether two values of one type compare so."""
        return bool(_OPERATORS[self](value, other))

    def holds_for_any(self, value: Any, others: Sequence[Any]) -> bool:
        """Return whether a value compares so to any of several; ``!=`` must hold for all of them."""
        combine = all if self is Comparison.UNEQUAL else any
        return combine(self.holds(value, other) for other in others)


_OPERATORS: Final[dict[Comparison, Callable[[Any, Any], Any]]] = {
    Comparison.EQUAL: operator.eq,
    Comparison.UNEQUAL: operator.ne,
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}


class ValueType(enum.StrEnum):
    """How a variable's value is compared: as text, as a number, or by its length."""

    STRING = enum.auto()
    NUMBER = enum.auto()
    LENGTH = enum.auto()


def _text_of_number(value: object) -> object:
    return str(value) if type(value) in (int, float) else value


def _number(value: Any) -> float:
    if type(value) not in (int, float, str):
        raise ValueError("is not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("is not a number") from None
    if not math.isfinite(number):  # JSON has neither NaN nor infinity
        raise ValueError("is not a number")
    return number


class ConditionVariable(Option):
    """Jump unless a value compares as stated."""

    condition: Comparison = Comparison.EQUAL
    variable: Annotated[Text, BeforeValidator(_text_of_number)] = ""
    """The value itself; write `${name}` for the value of a variable."""
    value_type: ValueType = ValueType.STRING
    value_string: Text = ""
    value_number: Annotated[float, BeforeValidator(_number)] = 0.0
    value_length: Whole = 0
    false_target_id: Target = NIL

    def holds(self) -> bool:
        """Return whether the value compares; false if it should be a number and is not."""
        if self.value_type is ValueType.STRING:
            return self.condition.holds(self.variable, self.value_string)
        if self.value_type is ValueType.LENGTH:
            return self.condition.holds(len(self.variable), self.value_length)
        try:
            return self.condition.holds(_number(self.variable), self.value_number)
        except ValueError:
            return False


async def condition_variable(run: FlowRun, option: ConditionVariable) -> None:
    if not option.holds():
        raise Jump(option.false_target_id)


class ConditionDatetime(Option):
    """Jump unless every stated part of the current time in UTC compares as stated."""

    condition: Comparison = Comparison.EQUAL
    minute: Whole = Field(default=-1, ge=-1, le=59)
    """-1 is any."""
    hour: Whole = Field(default=-1, ge=-1, le=23)
    """-1 is any."""
    day: Whole = Field(default=0, le=31)
    """0 is any."""
    month: Whole = Field(default=0, le=12)
    """0 is any."""
    weekdays: tuple[Whole, ...] = ()
    """0 is Sunday; an empty list is any day."""
    false_target_id: Target = NIL

    def holds(self, now: datetime) -> bool:
        """Return whether each stated part of the time compares, in UTC."""
        now = now.astimezone(UTC)
        parts = [
            (now.minute, self.minute, self.minute >= 0),
            (now.hour, self.hour, self.hour >= 0),
            (now.day, self.day, self.day > 0),
            (now.month, self.month, self.month > 0),
        ]
        if not all(self.condition.holds(part, value) for part, value, stated in parts if stated):
            return False
        sunday_is_0 = now.isoweekday() % 7
        return not self.weekdays or self.condition.holds_for_any(sunday_is_0, self.weekdays)


async def condition_datetime(run: FlowRun, option: ConditionDatetime) -> None:
    if not option.holds(run.clock.now()):
        raise Jump(option.false_target_id)


class ConditionCallDigits(Option):
    """Jump unless the caller has pressed enough digits, or one of the keys."""

    length: Whole = 0
    """Number of digits; 0 is not tested."""
    key: Text = ""
    false_target_id: Target = NIL

    def holds(self, digits: str) -> bool:
        """Return whether there are enough digits, or one of the keys is among them."""
        return 0 < self.length <= len(digits) or any(key in digits for key in self.key)


async def condition_call_digits(run: FlowRun, option: ConditionCallDigits) -> None:
    if not option.holds(run.variables.get(DIGITS)):
        raise Jump(option.false_target_id)


class ConditionCallStatus(Option):
    """Jump unless the call has a status."""

    status: Text = ""
    false_target_id: Target = NIL


async def condition_call_status(run: FlowRun, option: ConditionCallStatus) -> None:
    if run.call.call.status != option.status:
        raise Jump(option.false_target_id)


ACTIONS: Final = (
    ActionType(
        "condition_variable",
        ConditionVariable,
        condition_variable,
        stops_flow=True,
        instant=True,
        without_call=True,
    ),
    ActionType(
        "condition_datetime",
        ConditionDatetime,
        condition_datetime,
        stops_flow=True,
        instant=True,
        without_call=True,
    ),
    ActionType(
        "condition_call_digits", ConditionCallDigits, condition_call_digits, stops_flow=True, instant=True
    ),
    ActionType(
        "condition_call_status", ConditionCallStatus, condition_call_status, stops_flow=True, instant=True
    ),
)
