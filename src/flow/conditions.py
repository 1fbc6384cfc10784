"""Conditions: what makes one true. Pure."""

from datetime import UTC, datetime

from mixminus.flow.actions.control import (
    ConditionCallDigits,
    ConditionDatetime,
    ConditionVariable,
    ValueType,
)

__all__ = ["digits_hold", "time_holds", "variable_holds"]


def variable_holds(option: ConditionVariable) -> bool:
    """Return whether the value compares; one that should be a number and is none does not."""
    if option.value_type is ValueType.STRING:
        return option.condition.holds(option.variable, option.value_string)
    if option.value_type is ValueType.LENGTH:
        return option.condition.holds(len(option.variable), option.value_length)
    try:
        return option.condition.holds(float(option.variable), option.value_number)
    except ValueError:
        return False


def time_holds(option: ConditionDatetime, now: datetime) -> bool:
    """Return whether each part of the time that is asked about compares, in UTC."""
    now = now.astimezone(UTC)
    asked = [
        (now.minute, option.minute, option.minute >= 0),
        (now.hour, option.hour, option.hour >= 0),
        (now.day, option.day, option.day > 0),
        (now.month, option.month, option.month > 0),
    ]
    if not all(option.condition.holds(part, value) for part, value, matters in asked if matters):
        return False
    sunday_is_0 = now.isoweekday() % 7
    return not option.weekdays or option.condition.holds_for_one(sunday_is_0, option.weekdays)


def digits_hold(option: ConditionCallDigits, digits: str) -> bool:
    """Return whether enough digits are there, or one of the keys."""
    enough = 0 < option.length <= len(digits)
    return enough or any(key in digits for key in option.key)
