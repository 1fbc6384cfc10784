"""Outgoing calls: targets, progress and end; groupcalls."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from mixminus.call.dialout import DialoutService
from mixminus.call.errors import CallNotProgressing, GroupcallNotFound, NoCallableDestination
from mixminus.call.leg import Target
from mixminus.call.outbound import Carrier, Order
from mixminus.call.routing import Program
from mixminus.model.access import AgentSpec, Identity
from mixminus.model.call import Address, Call, CallStatus, Groupcall, GroupcallStatus, HangupBy, HangupReason
from mixminus.model.ids import NIL, CallId, CustomerId, new_id
from mixminus.model.permissions import Permission
from tests.support.house import EVERYTHING, House
from tests.support.legs import CalledLeg
from tests.support.waiting import until

WAIT = ({"type": "sleep", "option": {"duration": 3_600_000}},)
BOB = Address("sip", "bob@192.0.2.7")


def order(*destinations: Address, actions: Any = WAIT, **more: Any) -> Order:
    return Order(
        destinations or (BOB,), Program(actions), **{"source": Address("sip", "alice", name="Alice"), **more}
    )


async def ring(house: House, *destinations: Address, **more: Any) -> tuple[Call, CalledLeg]:
    placed = await house.services.dialout.place(house.customer_id, order(*destinations, **more))
    return placed.calls[0], house.exchange.legs[-1]


async def becomes(house: House, call_id: CallId, status: CallStatus) -> Call:
    async def look() -> Call | None:
        found = await house.calls.get(house.customer_id, call_id)
        return found if found.status is status else None

    return await until(look)


async def types(house: House) -> list[str]:
    return [type_ for type_ in await house.event_types(house.customer_id) if type_.startswith("call_")]


async def test_call_is_dialled_rings_is_answered_and_runs_its_flow(house: House) -> None:
    call, leg = await ring(house)
    assert (call.status, call.direction, call.tm_ringing) == (CallStatus.DIALING, "outgoing", None)
    assert (leg.target.request_uri, leg.source.name) == ("sip:bob@192.0.2.7", "Alice")
    leg.alert()
    assert (await becomes(house, call.id, CallStatus.RINGING)).tm_ringing
    assert house.services.live_calls[call.id].action == {}
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    assert up.tm_progressing
    await until(lambda: house.services.live_calls[call.id].action.get("type") == "sleep")
    leg.bye()
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)
    assert await types(house) == [
        "call_created",
        "call_dialing",
        "call_ringing",
        "call_progressing",
        "call_hangup",
    ]


async def test_call_answered_without_ringing_has_no_ringing_time(house: House) -> None:
    call, leg = await ring(house)
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    assert up.tm_ringing is None
    assert "call_ringing" not in await types(house)


async def test_end_of_the_flow_hangs_up(house: House) -> None:
    call, leg = await ring(house, actions=({"type": "answer"},))
    leg.pick_up()
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert leg.done == ["hang up normal"]


@pytest.mark.parametrize("reason", [HangupReason.BUSY, HangupReason.NOANSWER, HangupReason.FAILED])
@pytest.mark.parametrize("rings", [False, True])
async def test_refused_call_is_hung_up_by_the_far_end(
    house: House, reason: HangupReason, rings: bool
) -> None:
    call, leg = await ring(house)
    if rings:
        leg.alert()
        await becomes(house, call.id, CallStatus.RINGING)
    leg.refuse(reason)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, reason)
    assert ended.action == {}


async def test_hanging_up_an_unanswered_call_cancels_it(house: House) -> None:
    call, leg = await ring(house)
    await house.calls.hang_up(house.customer_id, call.id)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.CANCEL)
    assert leg.done == ["hang up normal"]
    assert (await types(house))[-2:] == ["call_canceling", "call_hangup"]
    again = await house.calls.hang_up(house.customer_id, call.id)
    assert again == ended


async def test_unanswered_call_ends_after_a_minute(house: House) -> None:
    call, leg = await ring(house)
    leg.alert()
    await becomes(house, call.id, CallStatus.RINGING)
    house.clock.advance(59)
    assert leg.done == []
    house.clock.advance(1)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    # Through canceling, it would be local, and cancel (api.md section 5.1).
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.DIALOUT)
    assert leg.done == ["hang up dialout"]
    assert "call_canceling" not in await types(house)


async def talks(house: House) -> tuple[Call, Callable[[], Awaitable[Call]]]:
    call, leg = await ring(house)
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    return up, lambda: becomes(house, call.id, CallStatus.HANGUP)


async def test_answered_call_ends_after_a_day(house: House) -> None:
    call, end = await talks(house)
    await until(lambda: house.clock.has_sleeper(86_400))
    house.clock.advance(86_399)
    assert call.id in house.services.live_calls
    house.clock.advance(1)
    ended = await end()
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.TIMEOUT)


async def test_calls_to_numbers_use_the_trunk(house: House) -> None:
    call, leg = await ring(house, Address("tel", "+15551234567"), anonymous=True)
    assert call.destination.type == "tel"
    assert leg.target.request_uri == "sip:+15551234567@trunk.example:5070;transport=tcp"
    assert leg.target.credentials
    assert leg.target.credentials.username == "me"
    assert "secret" not in repr(leg.target)
    assert leg.anonymous


async def test_destinations_that_cannot_be_called_are_skipped(house: House) -> None:
    nobody = [
        Address("", ""),
        Address("conference", "x"),
        Address("tel", "alice"),
        Address("sip", ""),
        Address("extension", "1000"),
        Address("agent", "nobody"),
    ]
    placed = await house.services.dialout.place(house.customer_id, order(*nobody, BOB))
    assert [each.destination for each in placed.calls] == [BOB]
    with pytest.raises(NoCallableDestination):
        await house.services.dialout.place(house.customer_id, order(*nobody))


async def test_calls_fail_at_once_without_a_transport(house: House) -> None:
    house.services.transports.close()
    placed = await house.services.dialout.place(house.customer_id, order())
    ended = await becomes(house, placed.calls[0].id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.FAILED)


async def test_outgoing_call_joins_a_room(house: House) -> None:
    room = await house.room()
    join = {"type": "conference_join", "option": {"conference_id": str(room.id)}}
    _, leg = await ring(house, actions=(join,))
    leg.pick_up()
    await until(lambda: house.joined(room))
    leg.bye()

    async def gone() -> bool:
        return not await house.joined(room)

    await until(gone)


async def ring_all(house: House, count: int = 3) -> tuple[Groupcall, list[CalledLeg]]:
    people = [Address("sip", f"{name}@192.0.2.1") for name in range(count)]
    groupcall, placed = await house.services.dialout.ring_together(house.customer_id, order(*people))
    assert len(placed.live) == count
    return groupcall, house.exchange.legs[-count:]


async def group_becomes(house: House, groupcall: Groupcall, status: GroupcallStatus) -> Groupcall:
    async def look() -> Groupcall | None:
        found = await house.services.dialout.get_group(house.customer_id, groupcall.id)
        return found if found.status is status else None

    return await until(look)


async def test_first_answer_ends_the_other_calls_of_the_group(house: House) -> None:
    groupcall, legs = await ring_all(house)
    for leg in legs:
        leg.alert()
    legs[1].pick_up()
    await until(lambda: legs[0].done and legs[2].done)
    for index in (0, 2):
        ended = await becomes(house, groupcall.call_ids[index], CallStatus.HANGUP)
        assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.CANCEL)
    up = await becomes(house, groupcall.call_ids[1], CallStatus.PROGRESSING)
    assert (up.groupcall_id, legs[1].done) == (groupcall.id, [])
    legs[1].bye()
    over = await group_becomes(house, groupcall, GroupcallStatus.HANGUP)
    assert over.answer_call_id == groupcall.call_ids[1]
    groups = [each for each in await house.event_types(house.customer_id) if each.startswith("groupcall")]
    assert groups == ["groupcall_created", "groupcall_progressing", "groupcall_hangup"]


async def test_second_answer_is_hung_up_even_at_the_same_time(house: House) -> None:
    _, legs = await ring_all(house, 2)
    legs[0].pick_up()
    legs[1].pick_up()
    await until(lambda: any(leg.done for leg in legs))
    assert sorted(leg.done for leg in legs) == [[], ["hang up normal"]]


async def test_unanswered_group_ends_with_its_last_call(house: House) -> None:
    groupcall, legs = await ring_all(house)
    for leg in legs:
        leg.refuse(HangupReason.BUSY)
    over = await group_becomes(house, groupcall, GroupcallStatus.HANGUP)
    assert over.answer_call_id == NIL


async def test_group_is_hung_up_and_deleted(house: House) -> None:
    groupcall, legs = await ring_all(house)
    dialout = house.services.dialout
    assert (await dialout.hang_up_group(house.customer_id, groupcall.id)).status is GroupcallStatus.HANGINGUP
    await group_becomes(house, groupcall, GroupcallStatus.HANGUP)
    assert all(leg.done for leg in legs)
    assert len(await dialout.list_groups(house.customer_id, EVERYTHING)) == 1
    assert (await dialout.delete_group(house.customer_id, groupcall.id)).tm_delete
    assert await dialout.list_groups(house.customer_id, EVERYTHING) == []
    with pytest.raises(GroupcallNotFound):
        await dialout.get_group(CustomerId(new_id()), groupcall.id)


async def test_extension_rings_at_all_phones_and_agent_at_all_addresses(house: House) -> None:
    class Phones:
        async def contacts(self, customer_id: CustomerId, extension: str) -> Sequence[Target]:
            return [Target(f"sip:{extension}@192.0.2.{number}") for number in (1, 2)]

        async def trunk_for(self, customer_id: CustomerId) -> Carrier | None:
            return None

    services = house.services
    dialout = DialoutService(
        house.store,
        house.clock,
        live_calls=services.live_calls,
        conferences=services.conferences,
        flows=services.flows,
        routes=Phones(),
        legs=house.exchange,
        serve=house.calls.place,
    )
    addresses = ({"type": "extension", "target": "1000"}, {"type": "sip", "target": "ada@192.0.2.9"})
    owner = Identity(house.customer_id, Permission.CUSTOMER_ADMIN)
    agent = await house.services.access.agents.create(
        owner, AgentSpec("ada", "long enough", addresses=addresses)
    )
    people = (Address("extension", "", "1000"), Address("agent", str(agent.id)))
    placed = await dialout.place(house.customer_id, order(*people))
    assert placed.calls == ()
    assert [len(each.call_ids) for each in placed.groupcalls] == [2, 3]
    assert [leg.target.request_uri for leg in house.exchange.legs[:2]] == [
        "sip:1000@192.0.2.1",
        "sip:1000@192.0.2.2",
    ]
    await dialout.close()


async def test_call_on_hold_neither_hears_nor_is_heard(house: House) -> None:
    call, leg = await ring(house)
    with pytest.raises(CallNotProgressing):
        await house.calls.hold(house.customer_id, call.id)
    leg.pick_up()
    await becomes(house, call.id, CallStatus.PROGRESSING)
    await house.calls.hold(house.customer_id, call.id)
    assert (leg.done, leg.port.muted) == (["hold"], True)
    await house.calls.resume(house.customer_id, call.id)
    assert (leg.done, leg.port.muted) == (["hold", "resume"], False)
    leg.bye()
    await becomes(house, call.id, CallStatus.HANGUP)
    with pytest.raises(CallNotProgressing):
        await house.calls.hold(house.customer_id, call.id)
