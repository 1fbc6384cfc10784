"""Activeflows with and without a call, on-complete flows, restarts."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from mixminus.errors import AlreadyExists, InvalidArgument
from mixminus.flow.errors import ActiveflowNotFound, FlowNotFound
from mixminus.model.call import CallStatus
from mixminus.model.flow import Activeflow, ActiveflowSpec, ActiveflowStatus, FlowSpec
from mixminus.model.ids import NIL, ActiveflowId, ConferencecallId, CustomerId, FlowId, new_id
from tests.support.calling import HANGUP, HOUR, HOUR_S, action, calling, mark, trail
from tests.support.clock import ManualClock
from tests.support.house import EVERYTHING, House, open_house
from tests.support.waiting import until


async def ended(house: House, activeflow: Activeflow) -> Activeflow:
    """Wait until an activeflow has ended, and return it."""

    async def look() -> Activeflow | None:
        found = await house.activeflows.get(house.customer_id, activeflow.id)
        return found if found.status is ActiveflowStatus.ENDED else None

    return await until(look)


async def everything(house: House, count: int) -> list[Activeflow]:
    """Wait until a number of activeflows have ended, and return them, oldest first."""

    async def look() -> list[Activeflow] | None:
        found = await house.activeflows.list(house.customer_id, EVERYTHING)
        all_ended = all(each.status is ActiveflowStatus.ENDED for each in found)
        return found[::-1] if len(found) == count and all_ended else None

    return await until(look)


async def test_call_participant_and_activeflow_refer_to_each_other(house: House) -> None:
    room = await house.room()
    await house.join(room)
    (id_,) = await house.joined(room)
    participant = await house.participants.get_call(house.customer_id, ConferencecallId(id_))
    call = await house.call_of(id_)
    activeflow = await house.activeflows.get(house.customer_id, ActiveflowId(call.activeflow_id))
    assert participant.activeflow_id == call.activeflow_id
    assert (activeflow.reference_type, activeflow.reference_id) == ("call", call.id)
    assert activeflow.status is ActiveflowStatus.RUNNING
    assert activeflow.current_action["type"] == "conference_join"
    assert [each["type"] for each in activeflow.executed_actions] == ["answer"]
    assert call.action == activeflow.current_action


async def test_every_step_and_the_end_are_published(house: House) -> None:
    caller = await calling(house, mark("a"), action("sleep", duration=0), HANGUP)
    await caller.over()
    events = [
        (event.type, event.data["current_action"].get("type", ""), event.data["status"])
        for event in await house.events(house.customer_id)
        if event.type.startswith("activeflow_")
    ]
    assert events == [
        ("activeflow_created", "", "running"),
        ("activeflow_updated", "answer", "running"),
        ("activeflow_updated", "conference_join", "running"),
        ("activeflow_updated", "sleep", "running"),
        ("activeflow_updated", "hangup", "running"),
        ("activeflow_updated", "hangup", "ended"),
    ]


async def test_the_end_of_a_call_ends_its_activeflow(house: House) -> None:
    caller = await calling(house, HOUR)
    await caller.does("sleep")
    caller.leg.bye()
    assert (await caller.over()).current_action["type"] == "sleep"


async def test_stopping_an_activeflow_hangs_up_and_can_be_repeated(house: House) -> None:
    room = await house.room(post_actions=(mark("never"),))
    (leg,) = await house.join(room)
    (id_,) = await house.joined(room)
    activeflow_id = ActiveflowId((await house.call_of(id_)).activeflow_id)
    for _ in range(2):
        stopped = await house.activeflows.stop(house.customer_id, activeflow_id)
        assert stopped.status is ActiveflowStatus.ENDED
    await until(lambda: leg.done == ["answer", "hang up normal"])
    assert trail(await ended(house, stopped)) == []
    assert await house.joined(room) == ()


async def test_a_deleted_activeflow_is_stopped_and_not_listed(house: House) -> None:
    caller = await calling(house, HOUR)
    call = await caller.does("sleep")
    activeflow_id = ActiveflowId(call.activeflow_id)
    deleted = await house.activeflows.delete(house.customer_id, activeflow_id)
    assert deleted.tm_delete is not None
    await until(lambda: caller.leg.done[-1:] == ["hang up normal"])
    assert await house.activeflows.list(house.customer_id, EVERYTHING) == []
    again = await house.activeflows.delete(house.customer_id, activeflow_id)
    assert again.tm_delete == deleted.tm_delete
    types = await house.event_types(house.customer_id)
    assert types.count("activeflow_deleted") == 1


async def test_actions_that_need_a_call_are_skipped_without_one(house: House) -> None:
    actions = (action("answer"), mark("a"), action("conference_join"), action("hangup"), mark("b"))
    spec = ActiveflowSpec(actions=actions, variables={"who": "Ada", "voipbin.call.id": "forged"})
    begun = await house.activeflows.launch(house.customer_id, spec)
    assert (begun.reference_type, begun.reference_id, begun.status) == ("api", NIL, "running")
    assert trail(await ended(house, begun)) == ["a", "b"]


async def test_given_variables_are_set_and_system_variables_are_not_overwritten(house: House) -> None:
    show = action("variable_set", key="shown", value="${who} ${voipbin.call.id} ${voipbin.activeflow.id}")
    spec = ActiveflowSpec(actions=(show,), variables={"who": "Ada", "voipbin.call.id": "forged"})
    begun = await house.activeflows.launch(house.customer_id, spec)
    assert (await ended(house, begun)).current_action["option"]["value"] == f"Ada  {begun.id}"


async def test_a_flow_without_a_call_can_wait_and_be_stopped(house: House) -> None:
    spec = ActiveflowSpec(actions=(mark("a"), HOUR, mark("never")))
    begun = await house.activeflows.launch(house.customer_id, spec)
    await until(lambda: house.clock.has_sleeper(HOUR_S))
    await house.activeflows.stop(house.customer_id, begun.id)
    assert trail(await ended(house, begun)) == ["a"]


async def test_a_flow_that_fails_without_a_call_ends(house: House) -> None:
    unknown = action("fetch_flow", flow_id=str(new_id()))
    begun = await house.activeflows.launch(
        house.customer_id, ActiveflowSpec(actions=(unknown, mark("never")))
    )
    assert trail(await ended(house, begun)) == []


async def test_a_flow_that_cannot_be_started_is_rejected(house: House) -> None:
    begun = await house.activeflows.launch(house.customer_id, ActiveflowSpec())
    with pytest.raises(AlreadyExists):
        await house.activeflows.launch(house.customer_id, ActiveflowSpec(id=begun.id))
    with pytest.raises(FlowNotFound):
        await house.activeflows.launch(house.customer_id, ActiveflowSpec(flow_id=new_id()))
    with pytest.raises(InvalidArgument):
        await house.activeflows.launch(house.customer_id, ActiveflowSpec(actions=({"type": "agent_call"},)))
    with pytest.raises(ActiveflowNotFound):
        await house.activeflows.get(CustomerId(new_id()), begun.id)


async def test_an_on_complete_flow_inherits_the_variables(house: House) -> None:
    show = action("variable_set", key="shown", value="${who} ${voipbin.activeflow.complete_count}")
    then = await house.flows.create(house.customer_id, FlowSpec(actions=(show,)))
    first = await house.flows.create(
        house.customer_id,
        FlowSpec(actions=(action("variable_set", key="who", value="Ada"),), on_complete_flow_id=then.id),
    )
    begun = await house.activeflows.launch(house.customer_id, ActiveflowSpec(flow_id=first.id))
    before, after = await everything(house, 2)
    assert (before.id, before.flow_id, before.on_complete_flow_id) == (begun.id, first.id, then.id)
    assert (after.flow_id, after.reference_activeflow_id) == (then.id, begun.id)
    assert after.current_action["option"]["value"] == "Ada 1"


async def test_on_complete_flows_are_limited_to_five(house: House) -> None:
    flow = await house.flows.create(house.customer_id, FlowSpec())
    endless = FlowSpec(actions=(mark("round"),), on_complete_flow_id=flow.id)
    await house.flows.update(house.customer_id, flow.id, endless)
    await house.activeflows.launch(house.customer_id, ActiveflowSpec(flow_id=flow.id))
    assert [each.complete_count for each in await everything(house, 6)] == [0, 1, 2, 3, 4, 5]
    await house.flows.delete(house.customer_id, flow.id)


async def test_a_deleted_on_complete_flow_is_not_run(house: House) -> None:
    then = await house.flows.create(house.customer_id, FlowSpec())
    first = await house.flows.create(house.customer_id, FlowSpec(on_complete_flow_id=then.id))
    await house.flows.delete(house.customer_id, then.id)
    await house.activeflows.launch(house.customer_id, ActiveflowSpec(flow_id=first.id))
    await everything(house, 1)


async def test_a_restart_ends_running_activeflows(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_house(tmp_path, clock) as house:
        caller = await calling(house, HOUR)
        call = await caller.waits("sleep")
        before = clock.sleepers
        spec = ActiveflowSpec(actions=(HOUR,))
        alone = (await house.activeflows.launch(house.customer_id, spec)).id
        await until(lambda: clock.sleepers > before)
        # As after a crash: the row still says running.
        async with house.store.transaction() as tx:
            row = await tx.activeflows.find(alone)
            assert row is not None
            lost = replace(row, id=ActiveflowId(new_id()))
            await tx.activeflows.add(lost)
    async with open_house(tmp_path, clock) as house:
        for id_ in (ActiveflowId(call.activeflow_id), alone, lost.id):
            found = await house.activeflows.get(house.customer_id, id_)
            assert found.status is ActiveflowStatus.ENDED
        again = await house.calls.get(house.customer_id, call.id)
        assert again.status is CallStatus.HANGUP


async def test_a_flow_of_another_customer_is_not_found(house: House) -> None:
    flow = await house.flows.create(house.customer_id, FlowSpec())
    stranger = CustomerId(new_id())
    with pytest.raises(FlowNotFound):
        await house.flows.program(stranger, flow.id)
    with pytest.raises(FlowNotFound):
        await house.flows.get(stranger, flow.id)
    with pytest.raises(FlowNotFound):
        await house.flows.regenerate_direct_hash(stranger, flow.id)


async def test_a_flow_is_found_by_its_current_direct_hash(house: House) -> None:
    flow = await house.flows.create(house.customer_id, FlowSpec(actions=(mark("a"),)))
    assert await house.flows.find_by_direct_hash(flow.direct_hash) == flow
    changed = await house.flows.regenerate_direct_hash(house.customer_id, flow.id)
    assert await house.flows.find_by_direct_hash(flow.direct_hash) is None
    program = await house.flows.program(house.customer_id, FlowId(flow.id))
    assert (program.flow_id, program.actions) == (UUID(str(flow.id)), changed.actions)
    await house.flows.delete(house.customer_id, flow.id)
    assert await house.flows.find_by_direct_hash(changed.direct_hash) is None
