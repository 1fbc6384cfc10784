"""42: digits_receive ends by count, key or time, early digits included; a branch clears what it read, or takes its default."""

from typing import Any

import pytest

from tests.support.backend import Backend
from tests.support.calling import HANGUP, Caller, action, calling, mark, place, trail
from tests.support.waiting import until

BRANCH = action(
    "branch", default_target_id=place("else"), target_ids={"12": place("two"), "1#": place("key")}
)
SHOW = action("variable_set", key="left", value="${voipbin.call.digits}")
MENU = (
    {**mark("two"), "next_id": place("end")},
    {**mark("key"), "next_id": place("end")},
    mark("else"),
    {**SHOW, "id": place("end")},
    HANGUP,
)


async def chosen(caller: Caller) -> tuple[str, str]:
    """Return which branch the flow took, and the digits that are left."""
    ended = await caller.over()
    way, left = trail(ended)
    assert left == "left"
    return way, next(each for each in ended.executed_actions[::-1] if each["type"] == "variable_set")[
        "option"
    ]["value"]


@pytest.mark.parametrize(
    ("option", "pressed", "way"),
    [
        ({"length": 2}, "12", "two"),
        ({"length": 2}, "99", "else"),
        ({"length": 5, "key": "#"}, "1#", "key"),
        ({"key": "*#"}, "1#", "key"),
    ],
)
async def test_18_42_digits_end_by_count_or_key(
    backend: Backend, option: dict[str, Any], pressed: str, way: str
) -> None:
    caller = await calling(backend, action("digits_receive", **option), BRANCH, *MENU)
    await caller.does("digits_receive")
    caller.press(pressed)
    assert await chosen(caller) == (way, "")


async def test_18_42_digits_end_by_time(backend: Backend) -> None:
    caller = await calling(backend, action("digits_receive", length=3, duration=4000), BRANCH, *MENU)
    await caller.does("digits_receive")
    caller.press("12")
    live = backend.services.live_calls[(await caller.call()).id]
    await until(lambda: not live.digits.waiting)
    await caller.waits("digits_receive")
    backend.clock.advance(3)
    assert (await caller.call()).action["type"] == "digits_receive"
    backend.clock.advance(1)
    assert await chosen(caller) == ("two", "")


async def test_18_42_no_digit_in_time_takes_the_default(backend: Backend) -> None:
    caller = await calling(backend, action("digits_receive", length=3, duration=4000), BRANCH, *MENU)
    await caller.waits("digits_receive")
    backend.clock.advance(4)
    assert await chosen(caller) == ("else", "")


async def test_18_42_early_digits_count(backend: Backend) -> None:
    caller = await calling(
        backend, action("sleep", duration=1000), action("digits_receive", length=2), BRANCH, *MENU
    )
    await caller.waits("sleep")
    caller.press("1")
    backend.clock.advance(1)
    await caller.does("digits_receive")
    caller.press("2")
    assert await chosen(caller) == ("two", "")


async def test_18_42_all_digits_may_come_early(backend: Backend) -> None:
    caller = await calling(
        backend, action("sleep", duration=1000), action("digits_receive", key="#"), BRANCH, *MENU
    )
    await caller.waits("sleep")
    caller.press("1#")
    backend.clock.advance(1)
    assert await chosen(caller) == ("key", "")
