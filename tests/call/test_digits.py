"""Digits come in order, early ones too, and too many are dropped and counted."""

import asyncio

from mixminus.call.digits import Digits


async def test_early_digits_wait_and_late_ones_are_awaited() -> None:
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


async def test_who_has_given_up_waiting_loses_nothing() -> None:
    digits = Digits()
    digits.arrived()
    digits.press("1")
    digits.press("2")
    assert digits.arrived().done()
    assert digits.waiting == "12"


async def test_what_is_cleared_is_gone() -> None:
    digits = Digits()
    digits.press("1")
    digits.clear()
    assert not digits.arrived().done()
    assert digits.waiting == ""


async def test_too_many_are_dropped() -> None:
    digits = Digits()
    assert [digits.press("0") for _ in range(40)] == [True] * 32 + [False] * 8
