"""Control flow and variables: jumps, sub-flows, waiting for a stop (api.md section 6.5)."""

from typing import Final

from pydantic import Field

from mixminus.flow.action import ActionType
from mixminus.flow.options import Option, Target, Text, Uuid, Whole
from mixminus.flow.run import FlowRun
from mixminus.flow.stack import Finished, Jump
from mixminus.flow.variables import DIGITS
from mixminus.model.ids import NIL

__all__ = ["ACTIONS", "Block", "Branch", "Empty", "FetchFlow", "Goto", "Stop", "VariableSet"]


class Branch(Option):
    """Jump to the action that belongs to the value of a variable, and delete the variable."""

    variable: Text = DIGITS
    """Name of the variable."""
    default_target_id: Target = NIL
    """Action for any other value; nil is the next one."""
    target_ids: dict[str, Target] = Field(default={})
    """Actions by value."""


async def branch(run: FlowRun, option: Branch) -> None:
    value = run.variables.get(option.variable)
    run.variables.clear(option.variable)
    raise Jump(option.target_ids.get(value, option.default_target_id))


class Goto(Option):
    """Jump to an action a number of times; after that, continue with the next action."""

    target_id: Target = NIL
    loop_count: Whole = 0
    """Number of jumps, counted from the beginning of the list of actions."""


async def goto(run: FlowRun, option: Goto) -> None:
    assert run.action is not None
    left = run.frame.passes.get(run.action.id, option.loop_count)
    if left > 0:
        run.frame.passes[run.action.id] = left - 1
        raise Jump(option.target_id)


class VariableSet(Option):
    """Set a variable."""

    key: Text = ""
    value: Text = ""


async def variable_set(run: FlowRun, option: VariableSet) -> None:
    run.variables.set(option.key, option.value)


class FetchFlow(Option):
    """Run the actions of another flow, then continue with the next action."""

    flow_id: Uuid = NIL


async def fetch_flow(run: FlowRun, option: FetchFlow) -> None:
    run.count_fetch()
    program = await run.services.flows.program(run.activeflow.customer_id, option.flow_id)
    await run.perform(program.actions)


class Stop(Option):
    """End the flow."""


async def stop(run: FlowRun, _: Stop) -> None:
    raise Finished


class Block(Option):
    """Wait until the flow is stopped."""


async def block(run: FlowRun, _: Block) -> None:
    await run.park()


class Empty(Option):
    """Do nothing."""


async def empty(run: FlowRun, _: Empty) -> None:
    pass


ACTIONS: Final = (
    ActionType("branch", Branch, branch, stops_flow=True, instant=True, without_call=True),
    ActionType("goto", Goto, goto, stops_flow=True, instant=True, without_call=True),
    ActionType("variable_set", VariableSet, variable_set, stops_flow=True, instant=True, without_call=True),
    ActionType("fetch_flow", FetchFlow, fetch_flow, stops_flow=True, instant=True, without_call=True),
    ActionType("stop", Stop, stop, stops_flow=True, instant=True, without_call=True),
    ActionType("block", Block, block, without_call=True),
    ActionType("empty", Empty, empty, instant=True, without_call=True),
)
