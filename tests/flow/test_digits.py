"""The actions digits_receive and digits_send on a real call."""

from typing import Any

import pytest

from tests.support.backend import Backend
from tests.support.calling import HANGUP, HOUR, Caller, action, calling
from tests.support.waiting import until

SHOW = action("variable_set", key="shown", value="${voipbin.call.digits}")


async def shown(caller: Caller) -> str:
    """Return the value that the flow's last ``variable_set`` has set, after its end."""
    done = (await caller.over()).executed_actions
    return str([each for each in done if each["type"] == "variable_set"][-1]["option"]["value"])


async def receiving(backend: Backend, **option: Any) -> Caller:
    caller = await calling(backend, action("digits_receive", **option), SHOW, HANGUP)
    await caller.does("digits_receive")
    return caller


@pytest.mark.parametrize(
    ("option", "pressed", "expected"),
    [
        ({"length": 3}, "1234", "123"),
        ({"key": "#*"}, "12#4", "12#"),
        ({"length": 4, "key": "*"}, "1*", "1*"),
        ({"length": 1, "duration": 5000}, "7", "7"),
    ],
)
async def test_receiving_ends_at_a_length_or_key(
    backend: Backend, option: dict[str, Any], pressed: str, expected: str
) -> None:
    caller = await receiving(backend, **option)
    caller.press(pressed)
    assert await shown(caller) == expected


async def test_receiving_ends_after_its_duration(backend: Backend) -> None:
    caller = await receiving(backend, length=4, duration=5000)
    caller.press("12")
    live = backend.services.live_calls[(await caller.call()).id]
    await until(lambda: live.digits.waiting == "")
    await caller.waits("digits_receive")
    backend.clock.advance(4)
    assert (await caller.call()).action["type"] == "digits_receive"
    backend.clock.advance(1)
    assert await shown(caller) == "12"


async def test_receiving_without_a_limit_does_not_wait(backend: Backend) -> None:
    caller = await calling(backend, action("digits_receive"), SHOW, HANGUP)
    assert await shown(caller) == ""


async def test_digits_pressed_earlier_are_received(backend: Backend) -> None:
    caller = await calling(
        backend, action("sleep", duration=1000), action("digits_receive", length=3), SHOW, HANGUP
    )
    await caller.waits("sleep")
    caller.press("12")
    backend.clock.advance(1)
    await caller.does("digits_receive")
    caller.press("3")
    assert await shown(caller) == "123"


async def test_digits_accumulate_until_they_are_branched_on(backend: Backend) -> None:
    receive = action("digits_receive", length=2)
    caller = await calling(backend, receive, receive, SHOW, action("branch"), SHOW, HANGUP)
    await caller.does("digits_receive")
    caller.press("1234")
    ended = await caller.over()
    values = [each["option"]["value"] for each in ended.executed_actions if each["type"] == "variable_set"]
    assert values == ["1234", ""]


async def test_digits_beyond_the_end_are_kept_for_the_next_action(backend: Backend) -> None:
    receive = action("digits_receive", length=1)
    caller = await calling(backend, receive, SHOW, action("branch"), receive, SHOW, HANGUP)
    await caller.does("digits_receive")
    caller.press("12")
    ended = await caller.over()
    values = [each["option"]["value"] for each in ended.executed_actions if each["type"] == "variable_set"]
    assert values == ["1", "2"]


async def test_digits_pressed_during_another_action_replace_older_ones(backend: Backend) -> None:
    caller = await calling(
        backend, action("digits_receive", length=1), action("sleep", duration=1000), SHOW, HANGUP
    )
    await caller.does("digits_receive")
    caller.press("1")
    await caller.waits("sleep")
    caller.press("2")
    backend.clock.advance(1)
    assert await shown(caller) == "2"


async def test_digits_send_is_skipped_without_telephone_event(backend: Backend) -> None:
    caller = await calling(backend, action("digits_send", digits="1"), HOUR)
    await caller.does("sleep")


async def test_the_caller_may_hang_up_while_digits_are_received(backend: Backend) -> None:
    caller = await receiving(backend, length=4)
    caller.leg.bye()
    ended = await caller.over()
    assert ended.current_action["type"] == "digits_receive"


async def test_digits_above_the_limit_are_dropped_and_counted(backend: Backend) -> None:
    caller = await calling(backend, HOUR)
    await caller.waits("sleep")
    caller.press("1" * 40)
    assert backend.services.counters()["call.digits_dropped"] == 8
