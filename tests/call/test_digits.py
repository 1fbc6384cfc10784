"""Digits are kept in order, early ones included; those beyond the limit are dropped."""

import asyncio

from mixminus.call.digits import Digits


async def test_early_digits_are_queued_and_late_ones_are_awaited() -> None:
    digits = Digits()
    digits.press("1")
    digits.press("2")
    assert digits.arrived().done()
    assert digits.waiting == "12"
    assert [digits.take(), digits.take(), digits.take()] == ["1", "2", ""]
    asked = digits.arrived()
    assert digits.arrived() is asked
    digits.press("3")
    await asyncio.wait_for(asked, 1)
    assert digits.take() == "3"


async def test_cancelled_wait_loses_no_digit() -> None:
    digits = Digits()
    digits.arrived()
    digits.press("1")
    digits.press("2")
    assert digits.arrived().done()
    assert digits.waiting == "12"


async def test_clear_removes_queued_digits() -> None:
    digits = Digits()
    digits.press("1")
    digits.clear()
    assert not digits.arrived().done()
    assert digits.waiting == ""


async def test_digits_beyond_the_limit_are_dropped() -> None:
    digits = Digits()
    assert [digits.press("0") for _ in range(40)] == [True] * 32 + [False] * 8
