"""Digits by INFO, in the spellings of phones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.edge.digits import parse_digit
from mixminus.sip.grammar import Unreadable


@pytest.mark.parametrize(
    ("body", "digit", "duration_ms"),
    [
        (b"Signal=5\r\nDuration=160\r\n", "5", 160),
        (b"Signal=5", "5", 0),
        (b"Signal=5\n", "5", 0),
        (b"Signal = 5\r\nDuration = 250", "5", 250),
        (b"Signal= *\r\nDuration= 100\r\n", "*", 100),
        (b"signal=a", "A", 0),
        (b"Signal=10", "*", 0),
        (b"Signal=11\r\n", "#", 0),
        (b"Signal=15", "D", 0),
        (b"Duration=160\r\nSignal=7\r\n", "7", 160),
        (b"Signal=1\r\nDuration=-1\r\n", "1", 0),
        (b"Signal=1\r\nDuration=99999\r\n", "1", 10_000),
        (b"Signal=1\r\nDuration=4294967296\r\n", "1", 0),
        (b"5", "5", 0),
        (b"#\r\n", "#", 0),
    ],
)
def test_digit_is_read(body: bytes, digit: str, duration_ms: int) -> None:
    assert parse_digit(body) == (digit, duration_ms)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Signal",
        b"Signal=",
        b"Signal=!",
        b"Signal=16",
        b"Signal=-1",
        b"Signal=5x",
        b"Signal=" + b"9" * 3000,
        b"\xff",
    ],
)
def test_body_without_a_digit_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_digit(body)


@given(st.binary(max_size=300))
def test_any_other_body_is_refused(body: bytes) -> None:
    try:
        digit, duration_ms = parse_digit(body)
    except Unreadable:
        return
    assert digit in "0123456789*#ABCD"
    assert 0 <= duration_ms <= 10_000
