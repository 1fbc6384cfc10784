"""What decides where a flow goes on, and what it remembers."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.control import (
    Block,
    Branch,
    ConditionCallDigits,
    ConditionCallStatus,
    ConditionDatetime,
    ConditionVariable,
    Empty,
    FetchFlow,
    Goto,
    Stop,
    VariableSet,
)
from mixminus.flow.conditions import digits_hold, time_holds, variable_holds
from mixminus.flow.run import Executor, FlowRun
from mixminus.flow.stack import Finished, Jump
from mixminus.flow.variables import DIGITS

__all__ = ["EXECUTORS"]


async def branch(run: FlowRun, option: Branch) -> None:
    value = run.variables.get(option.variable)
    run.variables.clear(option.variable)
    raise Jump(option.target_ids.get(value, option.default_target_id))


async def goto(run: FlowRun, option: Goto) -> None:
    """Each goto counts for itself, from the beginning of its list of actions."""
    assert run.action is not None
    left = run.frame.passes.get(run.action.id, option.loop_count)
    if left > 0:
        run.frame.passes[run.action.id] = left - 1
        raise Jump(option.target_id)


async def condition_variable(run: FlowRun, option: ConditionVariable) -> None:
    if not variable_holds(option):
        raise Jump(option.false_target_id)


async def condition_datetime(run: FlowRun, option: ConditionDatetime) -> None:
    if not time_holds(option, run.clock.now()):
        raise Jump(option.false_target_id)


async def condition_call_digits(run: FlowRun, option: ConditionCallDigits) -> None:
    if not digits_hold(option, run.variables.get(DIGITS)):
        raise Jump(option.false_target_id)


async def condition_call_status(run: FlowRun, option: ConditionCallStatus) -> None:
    if run.call.call.status != option.status:
        raise Jump(option.false_target_id)


async def variable_set(run: FlowRun, option: VariableSet) -> None:
    run.variables.set(option.key, option.value)


async def fetch_flow(run: FlowRun, option: FetchFlow) -> None:
    run.count_fetch()
    program = await run.services.flows.program(run.activeflow.customer_id, option.flow_id)
    await run.perform(program.actions)


async def stop(run: FlowRun, _: Stop) -> None:
    raise Finished


async def block(run: FlowRun, _: Block) -> None:
    await run.park()


async def empty(run: FlowRun, _: Empty) -> None:
    pass


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    Branch: branch,
    Goto: goto,
    ConditionVariable: condition_variable,
    ConditionDatetime: condition_datetime,
    ConditionCallDigits: condition_call_digits,
    ConditionCallStatus: condition_call_status,
    VariableSet: variable_set,
    FetchFlow: fetch_flow,
    Stop: stop,
    Block: block,
    Empty: empty,
}
