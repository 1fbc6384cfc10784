"""What a call does by itself."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.basic import Answer, Hangup, Sleep
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.run import Executor, FlowRun

__all__ = ["EXECUTORS"]


async def answer(run: FlowRun, _: Answer) -> None:
    await run.call.answer()


async def hangup(run: FlowRun, option: Hangup) -> None:
    await run.call.hang_up(option.reason)
    await run.park()


async def sleep(run: FlowRun, option: Sleep) -> None:
    await run.wait(run.clock.sleep(option.duration_ms / 1000))


EXECUTORS: Final[Mapping[type[Option], Executor]] = {Answer: answer, Hangup: hangup, Sleep: sleep}
