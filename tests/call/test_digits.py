"""Digits come in order, early ones too, and too many are dropped and counted."""

import asyncio

from mixminus.call.digits import Digits


async def test_early_digits_wait_and_late_ones_are_awaited() -> None:
    digits = Digits()
    digits.press("1")
    digits.press("2")
    assert await digits.next() == "1"
    assert await digits.next() == "2"
    asked = digits.next()
    assert digits.next() is asked
    digits.press("3")
    assert await asyncio.wait_for(asked, 1) == "3"


async def test_too_many_are_dropped() -> None:
    digits = Digits()
    for _ in range(40):
        digits.press("0")
    assert digits.dropped == 8
