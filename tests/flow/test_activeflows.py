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
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.calling import HANGUP, HOUR, action, calling, mark, trail
from tests.support.clock import ManualClock
from tests.support.waiting import until


async def ended(backend: Backend, activeflow: Activeflow) -> Activeflow:
    """Wait until an activeflow has ended, and return it."""

    async def look() -> Activeflow | None:
        found = await backend.activeflows.get(backend.customer_id, activeflow.id)
        return found if found.status is ActiveflowStatus.ENDED else None

    return await until(look)


async def everything(backend: Backend, count: int) -> list[Activeflow]:
    """Wait until a number of activeflows have ended, and return them, oldest first."""

    async def look() -> list[Activeflow] | None:
        found = await backend.activeflows.list(backend.customer_id, EVERYTHING)
        all_ended = all(each.status is ActiveflowStatus.ENDED for each in found)
        return found[::-1] if len(found) == count and all_ended else None

    return await until(look)


async def test_call_participant_and_activeflow_refer_to_each_other(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    (id_,) = await backend.joined(room)
    participant = await backend.participants.get_call(backend.customer_id, ConferencecallId(id_))
    call = await backend.call_of(id_)
    activeflow = await backend.activeflows.get(backend.customer_id, ActiveflowId(call.activeflow_id))
    assert participant.activeflow_id == call.activeflow_id
    assert (activeflow.reference_type, activeflow.reference_id) == ("call", call.id)
    assert activeflow.status is ActiveflowStatus.RUNNING
    assert activeflow.current_action["type"] == "conference_join"
    assert [each["type"] for each in activeflow.executed_actions] == ["answer"]
    assert call.action == activeflow.current_action


async def test_every_step_and_the_end_are_published(backend: Backend) -> None:
    caller = await calling(backend, mark("a"), action("sleep", duration=0), HANGUP)
    await caller.over()
    events = [
        (event.type, event.data["current_action"].get("type", ""), event.data["status"])
        for event in await backend.events(backend.customer_id)
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


async def test_the_end_of_a_call_ends_its_activeflow(backend: Backend) -> None:
    caller = await calling(backend, HOUR)
    await caller.does("sleep")
    caller.leg.bye()
    assert (await caller.over()).current_action["type"] == "sleep"


async def test_stopping_an_activeflow_hangs_up_and_can_be_repeated(backend: Backend) -> None:
    room = await backend.room(post_actions=(mark("never"),))
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    activeflow_id = ActiveflowId((await backend.call_of(id_)).activeflow_id)
    for _ in range(2):
        stopped = await backend.activeflows.stop(backend.customer_id, activeflow_id)
        assert stopped.status is ActiveflowStatus.ENDED
    await until(lambda: leg.done == ["answer", "hang up normal"])
    assert trail(await ended(backend, stopped)) == []
    assert await backend.joined(room) == ()


async def test_a_deleted_activeflow_is_stopped_and_not_listed(backend: Backend) -> None:
    caller = await calling(backend, HOUR)
    call = await caller.does("sleep")
    activeflow_id = ActiveflowId(call.activeflow_id)
    deleted = await backend.activeflows.delete(backend.customer_id, activeflow_id)
    assert deleted.tm_delete is not None
    await until(lambda: caller.leg.done[-1:] == ["hang up normal"])
    assert await backend.activeflows.list(backend.customer_id, EVERYTHING) == []
    again = await backend.activeflows.delete(backend.customer_id, activeflow_id)
    assert again.tm_delete == deleted.tm_delete
    types = await backend.event_types(backend.customer_id)
    assert types.count("activeflow_deleted") == 1


async def test_actions_that_need_a_call_are_skipped_without_one(backend: Backend) -> None:
    actions = (action("answer"), mark("a"), action("conference_join"), action("hangup"), mark("b"))
    spec = ActiveflowSpec(actions=actions, variables={"who": "Ada", "voipbin.call.id": "forged"})
    begun = await backend.activeflows.launch(backend.customer_id, spec)
    assert (begun.reference_type, begun.reference_id, begun.status) == ("api", NIL, "running")
    assert trail(await ended(backend, begun)) == ["a", "b"]


async def test_given_variables_are_set_and_system_variables_are_not_overwritten(backend: Backend) -> None:
    show = action("variable_set", key="shown", value="${who} ${voipbin.call.id} ${voipbin.activeflow.id}")
    spec = ActiveflowSpec(actions=(show,), variables={"who": "Ada", "voipbin.call.id": "forged"})
    begun = await backend.activeflows.launch(backend.customer_id, spec)
    assert (await ended(backend, begun)).current_action["option"]["value"] == f"Ada  {begun.id}"


async def test_a_flow_without_a_call_can_wait_and_be_stopped(backend: Backend) -> None:
    spec = ActiveflowSpec(actions=(mark("a"), HOUR, mark("never")))
    begun = await backend.activeflows.launch(backend.customer_id, spec)

    async def waits() -> bool:
        found = await backend.activeflows.get(backend.customer_id, begun.id)
        return bool(found.current_action.get("type") == "sleep")

    await until(waits)
    await backend.activeflows.stop(backend.customer_id, begun.id)
    assert trail(await ended(backend, begun)) == ["a"]


async def test_a_flow_that_fails_without_a_call_ends(backend: Backend) -> None:
    unknown = action("fetch_flow", flow_id=str(new_id()))
    begun = await backend.activeflows.launch(
        backend.customer_id, ActiveflowSpec(actions=(unknown, mark("never")))
    )
    assert trail(await ended(backend, begun)) == []


async def test_a_flow_that_cannot_be_started_is_rejected(backend: Backend) -> None:
    begun = await backend.activeflows.launch(backend.customer_id, ActiveflowSpec())
    with pytest.raises(AlreadyExists):
        await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(id=begun.id))
    with pytest.raises(FlowNotFound):
        await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(flow_id=new_id()))
    with pytest.raises(InvalidArgument):
        await backend.activeflows.launch(
            backend.customer_id, ActiveflowSpec(actions=({"type": "agent_call"},))
        )
    with pytest.raises(ActiveflowNotFound):
        await backend.activeflows.get(CustomerId(new_id()), begun.id)


async def test_an_on_complete_flow_inherits_the_variables(backend: Backend) -> None:
    show = action("variable_set", key="shown", value="${who} ${voipbin.activeflow.complete_count}")
    then = await backend.flows.create(backend.customer_id, FlowSpec(actions=(show,)))
    first = await backend.flows.create(
        backend.customer_id,
        FlowSpec(actions=(action("variable_set", key="who", value="Ada"),), on_complete_flow_id=then.id),
    )
    begun = await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(flow_id=first.id))
    before, after = await everything(backend, 2)
    assert (before.id, before.flow_id, before.on_complete_flow_id) == (begun.id, first.id, then.id)
    assert (after.flow_id, after.reference_activeflow_id) == (then.id, begun.id)
    assert after.current_action["option"]["value"] == "Ada 1"


async def test_on_complete_flows_are_limited_to_five(backend: Backend) -> None:
    flow = await backend.flows.create(backend.customer_id, FlowSpec())
    endless = FlowSpec(actions=(mark("round"),), on_complete_flow_id=flow.id)
    await backend.flows.update(backend.customer_id, flow.id, endless)
    await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(flow_id=flow.id))
    assert [each.complete_count for each in await everything(backend, 6)] == [0, 1, 2, 3, 4, 5]
    await backend.flows.delete(backend.customer_id, flow.id)


async def test_a_deleted_on_complete_flow_is_not_run(backend: Backend) -> None:
    then = await backend.flows.create(backend.customer_id, FlowSpec())
    first = await backend.flows.create(backend.customer_id, FlowSpec(on_complete_flow_id=then.id))
    await backend.flows.delete(backend.customer_id, then.id)
    await backend.activeflows.launch(backend.customer_id, ActiveflowSpec(flow_id=first.id))
    await everything(backend, 1)


async def test_a_restart_ends_running_activeflows(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_backend(tmp_path, clock) as backend:
        caller = await calling(backend, HOUR)
        call = await caller.waits("sleep")
        before = clock.sleepers
        spec = ActiveflowSpec(actions=(HOUR,))
        alone = (await backend.activeflows.launch(backend.customer_id, spec)).id
        await until(lambda: clock.sleepers > before)
        # As after a crash: the row still says running.
        async with backend.store.transaction() as tx:
            row = await tx.activeflows.find(alone)
            assert row is not None
            lost = replace(row, id=ActiveflowId(new_id()))
            await tx.activeflows.add(lost)
    async with open_backend(tmp_path, clock) as backend:
        for id_ in (ActiveflowId(call.activeflow_id), alone, lost.id):
            found = await backend.activeflows.get(backend.customer_id, id_)
            assert found.status is ActiveflowStatus.ENDED
        again = await backend.calls.get(backend.customer_id, call.id)
        assert again.status is CallStatus.HANGUP


async def test_a_flow_of_another_customer_is_not_found(backend: Backend) -> None:
    flow = await backend.flows.create(backend.customer_id, FlowSpec())
    other_customer_id = CustomerId(new_id())
    with pytest.raises(FlowNotFound):
        await backend.flows.program(other_customer_id, flow.id)
    with pytest.raises(FlowNotFound):
        await backend.flows.get(other_customer_id, flow.id)
    with pytest.raises(FlowNotFound):
        await backend.flows.regenerate_direct_hash(other_customer_id, flow.id)


async def test_a_flow_is_found_by_its_current_direct_hash(backend: Backend) -> None:
    flow = await backend.flows.create(backend.customer_id, FlowSpec(actions=(mark("a"),)))
    assert await backend.flows.find_by_direct_hash(flow.direct_hash) == flow
    changed = await backend.flows.regenerate_direct_hash(backend.customer_id, flow.id)
    assert await backend.flows.find_by_direct_hash(flow.direct_hash) is None
    program = await backend.flows.program(backend.customer_id, FlowId(flow.id))
    assert (program.flow_id, program.actions) == (UUID(str(flow.id)), changed.actions)
    await backend.flows.delete(backend.customer_id, flow.id)
    assert await backend.flows.find_by_direct_hash(changed.direct_hash) is None
