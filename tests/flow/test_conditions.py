"""Conditions: when each of them holds, and errors of control actions."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.conditions import ConditionCallDigits, ConditionDatetime, ConditionVariable

FRIDAY = datetime(2030, 2, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("option", "holds"),
    [
        ({"variable": "yes", "value_string": "yes"}, True),
        ({"variable": "no", "value_string": "yes"}, False),
        ({"condition": "!=", "variable": "no", "value_string": "yes"}, True),
        ({"condition": ">", "variable": "b", "value_string": "a"}, True),
        ({"condition": ">=", "variable": "10", "value_type": "number", "value_number": 9}, True),
        ({"condition": "<", "variable": "10", "value_type": "number", "value_number": 9.5}, False),
        ({"condition": "<=", "variable": 10, "value_type": "number", "value_number": 10}, True),
        ({"variable": "ten", "value_type": "number", "value_number": 10}, False),
        ({"condition": "!=", "variable": "ten", "value_type": "number", "value_number": 10}, False),
        ({"condition": "!=", "variable": "nan", "value_type": "number", "value_number": 10}, False),
        ({"condition": ">", "variable": "inf", "value_type": "number", "value_number": 10}, False),
        ({"variable": "1234", "value_type": "length", "value_length": 4}, True),
        ({"condition": ">", "variable": "", "value_type": "length", "value_length": 0}, False),
        ({}, True),
    ],
)
def test_a_variable_is_compared(option: dict[str, Any], holds: bool) -> None:
    read = CATALOGUE.parse({"type": "condition_variable", "option": option}).option
    assert isinstance(read, ConditionVariable)
    assert read.holds() is holds


@pytest.mark.parametrize(
    ("option", "holds"),
    [
        ({}, True),
        ({"hour": 9, "minute": 30, "day": 1, "month": 2, "weekdays": [5]}, True),
        ({"hour": 9, "minute": -1}, True),
        ({"hour": 9, "minute": 0}, False),
        ({"hour": -1, "minute": -1, "day": 0, "month": -3}, True),
        ({"day": 2}, False),
        ({"weekdays": [1, 2, 3, 4, 5]}, True),
        ({"weekdays": [0, 6]}, False),
        ({"condition": "!=", "weekdays": [0, 6]}, True),
        ({"condition": "!=", "weekdays": [5, 6]}, False),
        ({"condition": ">=", "hour": 9}, True),
        ({"condition": "<", "hour": 9}, False),
        ({"condition": ">=", "hour": 8, "minute": 45}, False),
    ],
)
def test_the_time_is_compared(option: dict[str, Any], holds: bool) -> None:
    read = CATALOGUE.parse({"type": "condition_datetime", "option": option}).option
    assert isinstance(read, ConditionDatetime)
    assert read.holds(FRIDAY) is holds


@pytest.mark.parametrize(
    ("option", "digits", "holds"),
    [
        ({"length": 3}, "123", True),
        ({"length": 3}, "12", False),
        ({"key": "#*"}, "12#", True),
        ({"key": "#"}, "12", False),
        ({}, "12", False),
    ],
)
def test_digits_are_compared(option: dict[str, Any], digits: str, holds: bool) -> None:
    read = CATALOGUE.parse({"type": "condition_call_digits", "option": option}).option
    assert isinstance(read, ConditionCallDigits)
    assert read.holds(digits) is holds


@pytest.mark.parametrize(
    ("type_", "option", "field"),
    [
        ("condition_variable", {"condition": "~"}, "condition"),
        ("condition_variable", {"value_type": "colour"}, "value_type"),
        ("condition_variable", {"value_number": "many"}, "value_number"),
        ("condition_variable", {"value_number": "nan"}, "value_number"),
        ("condition_variable", {"value_number": "1e999"}, "value_number"),
        ("condition_variable", {"value_length": "4x"}, "value_length"),
        ("condition_variable", {"false_target_id": 7}, "false_target_id"),
        ("condition_datetime", {"hour": 24}, "hour"),
        ("condition_datetime", {"weekdays": 5}, "weekdays"),
        ("condition_datetime", {"weekdays": ["Friday"]}, "weekdays[0]"),
        ("branch", {"target_ids": {"1": 2}}, "target_ids.1"),
        ("branch", {"target_ids": ["1"]}, "target_ids"),
        ("goto", {"loop_count": 1.5}, "loop_count"),
        ("digits_receive", {"length": -1}, "length"),
        ("digits_receive", {"key": 5}, "key"),
        ("digits_send", {"digits": "1x"}, "digits"),
        ("digits_send", {"digits": "1" * 101}, "digits"),
        ("digits_send", {"duration": 99}, "duration"),
        ("digits_send", {"interval": 5001}, "interval"),
        ("webhook_send", {"method": "TRACE"}, "method"),
        ("webhook_send", {"sync": "yes"}, "sync"),
        ("fetch", {"event_method": "FETCH"}, "event_method"),
        ("variable_set", {"value": 1}, "value"),
    ],
)
def test_an_error_names_its_field(type_: str, option: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        CATALOGUE.parse({"type": type_, "option": option})
    assert str(refusal.value).startswith(f"{field}: ")
