"""Variables: substitution, limits, early digits."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mixminus.call.digits import Digits
from mixminus.errors import Exhausted, InvalidArgument
from mixminus.flow.variables import DIGITS, Variables, given, has_placeholder, of_call
from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.ids import CallId, CustomerId, new_id

KNOWN = {"name": "Ada", "city": "${name}", "voipbin.call.id": "7"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hello ${name}", "hello Ada"),
        ("${name}${name}", "AdaAda"),
        ("${ name }", "Ada"),
        ("${missing}", ""),
        ("${}", ""),
        ("$name {name} ${name", "$name {name} ${name"),
        ("${city}", "${name}"),
        ({"a": ["${name}", {"b": "${voipbin.call.id}"}]}, {"a": ["Ada", {"b": "7"}]}),
        ({"${name}": 1}, {"${name}": 1}),
        ([1, None, True, 2.5], [1, None, True, 2.5]),
    ],
)
def test_variables_are_substituted(value: Any, expected: Any) -> None:
    assert Variables(KNOWN).substitute(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("${a}", True), ("a", False), ({"a": ["", {"b": "x${y}"}]}, True), ([1, None], False), (3, False)],
)
def test_a_placeholder_is_found(value: Any, expected: bool) -> None:
    assert has_placeholder(value) is expected


def test_given_variables_are_limited_and_not_system_variables() -> None:
    assert given({"a": "1", "voipbin.call.id": "2"}) == {"a": "1"}
    for refused in (
        {str(number): "" for number in range(101)},
        {"long": "x" * (32 * 1024 + 1)},
        {str(number): "x" * 30_000 for number in range(3)},
    ):
        with pytest.raises(InvalidArgument):
            given(refused)


def test_the_size_of_variables_is_limited() -> None:
    variables = Variables({})
    with pytest.raises(Exhausted):
        variables.set("long", "x" * (32 * 1024 + 1))
    with pytest.raises(Exhausted):
        for number in range(10):
            variables.set(str(number), "x" * 30_000)
    assert variables.get("0")


def test_early_digits_replace_older_ones_and_are_received_again() -> None:
    digits = Digits()
    variables = Variables({DIGITS: "12"}, digits)
    digits.press("3")
    assert (variables.get(DIGITS), variables.waiting) == ("12", 1)
    variables.note_early()
    assert (variables.get(DIGITS), variables.waiting) == ("3", 1)
    assert variables.begin_digits() == ""
    variables.set(DIGITS, "3")
    assert variables.begin_digits() == "3"


def test_clearing_early_digits_consumes_them() -> None:
    digits = Digits()
    variables = Variables({DIGITS: "12"}, digits)
    digits.press("3")
    variables.clear(DIGITS)
    assert (variables.get(DIGITS), digits.waiting) == ("", "3")
    variables.note_early()
    variables.clear(DIGITS)
    assert (variables.get(DIGITS), digits.waiting) == ("", "")


def test_system_variables_of_a_call() -> None:
    call = Call(
        id=CallId(new_id()),
        customer_id=CustomerId(new_id()),
        source=Address("tel", "+15550100", name="Ada"),
        destination=Address("sip", "room"),
        direction="incoming",
        status=CallStatus.RINGING,
        tm_create=datetime(2030, 1, 1, tzinfo=UTC),
    )
    known = of_call(call)
    assert known["voipbin.call.id"] == str(call.id)
    assert known["voipbin.call.source.target"] == "+15550100"
    assert known["voipbin.call.source.name"] == "Ada"
    assert known["voipbin.call.destination.type"] == "sip"
    assert len(known) == 13
