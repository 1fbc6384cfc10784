"""Pre- and post-actions and -flows of a conference (api.md 4.2 and 4.3)."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.errors import FlowNotFound
from mixminus.model.conference import Conference, ConferenceProfile
from mixminus.model.flow import FlowSpec
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId, FlowId, new_id
from tests.support.calling import HANGUP, HOUR, Caller, action, calling, mark, trail
from tests.support.house import House
from tests.support.waiting import until


async def flow(house: House, name: str) -> FlowId:
    return (await house.flows.create(house.customer_id, FlowSpec(actions=(mark(name),)))).id


async def inside(house: House, room: Conference) -> ConferencecallId:
    async def look() -> ConferencecallId | None:
        joined = await house.joined(room)
        return ConferencecallId(joined[0]) if joined else None

    return await until(look)


async def test_actions_run_before_the_flow_on_both_sides(house: House) -> None:
    room = await house.room(
        pre_actions=(mark("pre action"),),
        pre_flow_id=await flow(house, "pre flow"),
        post_actions=(mark("post action"),),
        post_flow_id=await flow(house, "post flow"),
    )
    leg = await house.dial(room.id)
    id_ = await inside(house, room)
    await house.participants.kick(house.customer_id, id_)
    ended = await Caller(house, room, leg).over()
    assert trail(ended) == ["pre action", "pre flow", "post action", "post flow"]


async def test_post_flow_is_not_run_after_a_hangup(house: House) -> None:
    room = await house.room(post_flow_id=await flow(house, "never"))
    leg = await house.dial(room.id)
    await inside(house, room)
    leg.bye()
    assert trail(await Caller(house, room, leg).over()) == []


async def test_a_conference_needs_existing_flows(house: House) -> None:
    gone = await flow(house, "gone")
    await house.flows.delete(house.customer_id, gone)
    for flow_id in (new_id(), gone):
        with pytest.raises(FlowNotFound):
            await house.room(pre_flow_id=flow_id)
        with pytest.raises(FlowNotFound):
            await house.room(post_flow_id=flow_id)
    room = await house.room()
    with pytest.raises(FlowNotFound):
        profile = ConferenceProfile(post_flow_id=new_id())
        await house.conferences.update(house.customer_id, room.id, profile)


async def test_a_conference_needs_valid_actions(house: House) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await house.room(post_actions=(mark("a"), action("sleep", duration="long")))
    assert str(refusal.value) == "post_actions[1].option.duration: is not a whole number"


async def test_a_room_of_another_customer_is_not_found(house: House) -> None:
    room = await house.room()
    with pytest.raises(Exception, match="no conference"):
        await house.participants.settings(CustomerId(new_id()), room.id)
    caller = await calling(house, action("conference_join", conference_id="${where}"), HANGUP)
    await until(lambda: caller.leg.done[-1:] == ["hang up failed"])


async def test_a_room_id_may_be_a_variable(house: House) -> None:
    room = await house.room(id=ConferenceId(new_id()))
    caller = await calling(
        house,
        action("variable_set", key="where", value=str(room.id)),
        action("conference_join", conference_id="${where}"),
        HOUR,
    )
    await house.participants.kick(house.customer_id, await inside(house, room))
    await caller.does("sleep")
