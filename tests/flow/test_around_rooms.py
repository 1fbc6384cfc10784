"""Pre- and post-actions and -flows of a conference (api.md 4.2 and 4.3)."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.errors import FlowNotFound
from mixminus.model.conference import Conference, ConferenceProfile
from mixminus.model.flow import FlowSpec
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId, FlowId, new_id
from tests.support.backend import Backend
from tests.support.calling import HANGUP, HOUR, Caller, action, calling, mark, trail
from tests.support.waiting import until


async def flow(backend: Backend, name: str) -> FlowId:
    return (await backend.flows.create(backend.customer_id, FlowSpec(actions=(mark(name),)))).id


async def inside(backend: Backend, room: Conference) -> ConferencecallId:
    async def look() -> ConferencecallId | None:
        joined = await backend.joined(room)
        return ConferencecallId(joined[0]) if joined else None

    return await until(look)


async def test_actions_run_before_the_flow_on_both_sides(backend: Backend) -> None:
    room = await backend.room(
        pre_actions=(mark("pre action"),),
        pre_flow_id=await flow(backend, "pre flow"),
        post_actions=(mark("post action"),),
        post_flow_id=await flow(backend, "post flow"),
    )
    leg = await backend.dial(room.id)
    id_ = await inside(backend, room)
    await backend.participants.kick(backend.customer_id, id_)
    ended = await Caller(backend, room, leg).over()
    assert trail(ended) == ["pre action", "pre flow", "post action", "post flow"]


async def test_post_flow_is_not_run_after_a_hangup(backend: Backend) -> None:
    room = await backend.room(post_flow_id=await flow(backend, "never"))
    leg = await backend.dial(room.id)
    await inside(backend, room)
    leg.bye()
    assert trail(await Caller(backend, room, leg).over()) == []


async def test_a_conference_needs_existing_flows(backend: Backend) -> None:
    gone = await flow(backend, "gone")
    await backend.flows.delete(backend.customer_id, gone)
    for flow_id in (new_id(), gone):
        with pytest.raises(FlowNotFound):
            await backend.room(pre_flow_id=flow_id)
        with pytest.raises(FlowNotFound):
            await backend.room(post_flow_id=flow_id)
    room = await backend.room()
    with pytest.raises(FlowNotFound):
        profile = ConferenceProfile(post_flow_id=new_id())
        await backend.conferences.update(backend.customer_id, room.id, profile)


async def test_a_conference_needs_valid_actions(backend: Backend) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await backend.room(post_actions=(mark("a"), action("sleep", duration="long")))
    assert str(refusal.value) == "post_actions[1].option.duration: is not a whole number"


async def test_a_room_of_another_customer_is_not_found(backend: Backend) -> None:
    room = await backend.room()
    with pytest.raises(Exception, match="no conference"):
        await backend.participants.settings(CustomerId(new_id()), room.id)
    caller = await calling(backend, action("conference_join", conference_id="${where}"), HANGUP)
    await until(lambda: caller.leg.done[-1:] == ["hang up failed"])


async def test_a_room_id_may_be_a_variable(backend: Backend) -> None:
    room = await backend.room(id=ConferenceId(new_id()))
    caller = await calling(
        backend,
        action("variable_set", key="where", value=str(room.id)),
        action("conference_join", conference_id="${where}"),
        HOUR,
    )
    await backend.participants.kick(backend.customer_id, await inside(backend, room))
    await caller.does("sleep")
