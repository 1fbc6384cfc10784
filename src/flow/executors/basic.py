"""What a call does by itself."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.basic import Answer, Hangup, Sleep
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.run import Executor, FlowRun
from mixminus.model.call import HangupReason
from mixminus.model.ids import NIL, CallId

__all__ = ["EXECUTORS"]


async def answer(run: FlowRun, _: Answer) -> None:
    await run.call.answer()


async def hangup(run: FlowRun, option: Hangup) -> None:
    await run.call.hang_up(await _reason(run, option))
    await run.park()


async def _reason(run: FlowRun, option: Hangup) -> HangupReason:
    """Return the reason of the call that is referred to, if the customer has such a call and it has ended."""
    if option.reference_id == NIL:
        return option.reason
    async with run.services.store.snapshot() as tx:
        call = await tx.calls.find(CallId(option.reference_id))
    if call is None or call.customer_id != run.activeflow.customer_id:
        return option.reason
    return call.hangup_reason or option.reason


async def sleep(run: FlowRun, option: Sleep) -> None:
    await run.wait(run.clock.sleep(option.duration_ms / 1000))


EXECUTORS: Final[Mapping[type[Option], Executor]] = {Answer: answer, Hangup: hangup, Sleep: sleep}
