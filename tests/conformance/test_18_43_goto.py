"""43: a goto with a loop count of n jumps n times; an endless flow is stopped."""

import pytest

from tests.support.backend import Backend
from tests.support.calling import HANGUP, action, calling, mark, place, trail
from tests.support.waiting import until


@pytest.mark.parametrize("count", [0, 1, 7])
async def test_18_43_goto_jumps_its_loop_count(backend: Backend, count: int) -> None:
    jump = action("goto", target_id=place("round"), loop_count=count)
    caller = await calling(backend, mark("round"), jump, mark("after"), HANGUP)
    ended = await caller.over()
    assert trail(ended) == ["round"] * (count + 1) + ["after"]
    jumps = [each for each in ended.executed_actions if each["type"] == "goto"]
    assert len(jumps) == count + 1


async def test_18_43_nested_loops(backend: Backend) -> None:
    inner = action("goto", target_id=place("inner"), loop_count=2)
    outer = action("goto", target_id=place("outer"), loop_count=1)
    caller = await calling(backend, mark("outer"), mark("inner"), inner, outer, HANGUP)
    # A goto counts over the whole flow: in the second round of the outer loop, the inner one has no jump left.
    assert trail(await caller.over()) == ["outer", "inner", "inner", "inner", "outer", "inner"]


async def test_18_43_endless_goto_is_stopped(backend: Backend) -> None:
    forever = action("goto", target_id=place("round"), loop_count=1_000_000)
    caller = await calling(backend, mark("round"), forever)
    await until(lambda: caller.leg.done == ["answer", "hang up failed"])
    assert set(trail(await caller.over())) == {"round"}


async def test_18_43_endless_next_id_is_stopped(backend: Backend) -> None:
    caller = await calling(backend, {**mark("round"), "next_id": place("round")})
    await until(lambda: caller.leg.done == ["answer", "hang up failed"])
