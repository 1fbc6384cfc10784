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
from mixminus.model.srtp import SrtpPolicy
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import CalledLeg
from tests.support.waiting import until

WAIT = ({"type": "sleep", "option": {"duration": 3_600_000}},)
BOB = Address("sip", "bob@192.0.2.7")


def order(*destinations: Address, actions: Any = WAIT, **more: Any) -> Order:
    return Order(
        destinations or (BOB,), Program(actions), **{"source": Address("sip", "alice", name="Alice"), **more}
    )


async def ring(backend: Backend, *destinations: Address, **more: Any) -> tuple[Call, CalledLeg]:
    placed = await backend.services.dialout.place(backend.customer_id, order(*destinations, **more))
    return placed.calls[0], backend.exchange.legs[-1]


async def becomes(backend: Backend, call_id: CallId, status: CallStatus) -> Call:
    async def look() -> Call | None:
        found = await backend.calls.get(backend.customer_id, call_id)
        return found if found.status is status else None

    return await until(look)


async def types(backend: Backend) -> list[str]:
    return [type_ for type_ in await backend.event_types(backend.customer_id) if type_.startswith("call_")]


async def test_call_is_dialled_rings_is_answered_and_runs_its_flow(backend: Backend) -> None:
    call, leg = await ring(backend)
    assert (call.status, call.direction, call.tm_ringing) == (CallStatus.DIALING, "outgoing", None)
    assert (leg.target.request_uri, leg.source.name) == ("sip:bob@192.0.2.7", "Alice")
    leg.alert()
    assert (await becomes(backend, call.id, CallStatus.RINGING)).tm_ringing
    assert backend.services.live_calls[call.id].action == {}
    leg.pick_up()
    up = await becomes(backend, call.id, CallStatus.PROGRESSING)
    assert up.tm_progressing
    await until(lambda: backend.services.live_calls[call.id].action.get("type") == "sleep")
    leg.bye()
    ended = await becomes(backend, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)
    assert await types(backend) == [
        "call_created",
        "call_dialing",
        "call_ringing",
        "call_progressing",
        "call_hangup",
    ]


async def test_call_answered_without_ringing_has_no_ringing_time(backend: Backend) -> None:
    call, leg = await ring(backend)
    leg.pick_up()
    up = await becomes(backend, call.id, CallStatus.PROGRESSING)
    assert up.tm_ringing is None
    assert "call_ringing" not in await types(backend)


async def test_end_of_the_flow_hangs_up(backend: Backend) -> None:
    call, leg = await ring(backend, actions=({"type": "answer"},))
    leg.pick_up()
    ended = await becomes(backend, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert leg.done == ["hang up normal"]


@pytest.mark.parametrize("reason", [HangupReason.BUSY, HangupReason.NOANSWER, HangupReason.FAILED])
@pytest.mark.parametrize("rings", [False, True])
async def test_refused_call_is_hung_up_by_the_far_end(
    backend: Backend, reason: HangupReason, rings: bool
) -> None:
    call, leg = await ring(backend)
    if rings:
        leg.alert()
        await becomes(backend, call.id, CallStatus.RINGING)
    leg.refuse(reason)
    ended = await becomes(backend, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, reason)
    assert ended.action == {}


async def test_hanging_up_an_unanswered_call_cancels_it(backend: Backend) -> None:
    call, leg = await ring(backend)
    await backend.calls.hang_up(backend.customer_id, call.id)
    ended = await becomes(backend, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.CANCEL)
    assert leg.done == ["hang up normal"]
    assert (await types(backend))[-2:] == ["call_canceling", "call_hangup"]
    again = await backend.calls.hang_up(backend.customer_id, call.id)
    assert again == ended


async def test_unanswered_call_ends_after_a_minute(backend: Backend) -> None:
    call, leg = await ring(backend)
    leg.alert()
    await becomes(backend, call.id, CallStatus.RINGING)
    backend.clock.advance(59)
    assert leg.done == []
    backend.clock.advance(1)
    ended = await becomes(backend, call.id, CallStatus.HANGUP)
    # Through canceling, it would be local, and cancel (api.md section 5.1).
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.DIALOUT)
    assert leg.done == ["hang up dialout"]
    assert "call_canceling" not in await types(backend)


async def talks(backend: Backend) -> tuple[Call, Callable[[], Awaitable[Call]]]:
    call, leg = await ring(backend)
    leg.pick_up()
    up = await becomes(backend, call.id, CallStatus.PROGRESSING)
    return up, lambda: becomes(backend, call.id, CallStatus.HANGUP)


async def test_answered_call_ends_after_a_day(backend: Backend) -> None:
    call, end = await talks(backend)
    await until(lambda: backend.clock.has_sleeper(86_400))
    backend.clock.advance(86_399)
    assert call.id in backend.services.live_calls
    backend.clock.advance(1)
    ended = await end()
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.TIMEOUT)


async def test_calls_to_numbers_use_the_trunk(backend: Backend) -> None:
    call, leg = await ring(backend, Address("tel", "+15551234567"), anonymous=True)
    assert call.destination.type == "tel"
    assert leg.target.request_uri == "sip:+15551234567@trunk.example:5070;transport=tcp"
    assert leg.target.credentials
    assert leg.target.credentials.username == "me"
    assert "secret" not in repr(leg.target)
    assert leg.anonymous


async def test_destinations_that_cannot_be_called_are_skipped(backend: Backend) -> None:
    unreachable = [
        Address("", ""),
        Address("conference", "x"),
        Address("tel", "alice"),
        Address("sip", ""),
        Address("extension", "1000"),
        Address("agent", "nobody"),
    ]
    placed = await backend.services.dialout.place(backend.customer_id, order(*unreachable, BOB))
    assert [each.destination for each in placed.calls] == [BOB]
    with pytest.raises(NoCallableDestination):
        await backend.services.dialout.place(backend.customer_id, order(*unreachable))


async def test_calls_fail_at_once_without_a_transport(backend: Backend) -> None:
    backend.services.transports.close()
    placed = await backend.services.dialout.place(backend.customer_id, order())
    ended = await becomes(backend, placed.calls[0].id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.FAILED)


async def test_outgoing_call_joins_a_room(backend: Backend) -> None:
    room = await backend.room()
    join = {"type": "conference_join", "option": {"conference_id": str(room.id)}}
    _, leg = await ring(backend, actions=(join,))
    leg.pick_up()
    await until(lambda: backend.joined(room))
    leg.bye()

    async def gone() -> bool:
        return not await backend.joined(room)

    await until(gone)


async def ring_all(backend: Backend, count: int = 3) -> tuple[Groupcall, list[CalledLeg]]:
    people = [Address("sip", f"{name}@192.0.2.1") for name in range(count)]
    groupcall, placed = await backend.services.dialout.ring_together(backend.customer_id, order(*people))
    assert len(placed.live) == count
    return groupcall, backend.exchange.legs[-count:]


async def group_becomes(backend: Backend, groupcall: Groupcall, status: GroupcallStatus) -> Groupcall:
    async def look() -> Groupcall | None:
        found = await backend.services.dialout.get_group(backend.customer_id, groupcall.id)
        return found if found.status is status else None

    return await until(look)


async def test_first_answer_ends_the_other_calls_of_the_group(backend: Backend) -> None:
    groupcall, legs = await ring_all(backend)
    for leg in legs:
        leg.alert()
    legs[1].pick_up()
    await until(lambda: legs[0].done and legs[2].done)
    for index in (0, 2):
        ended = await becomes(backend, groupcall.call_ids[index], CallStatus.HANGUP)
        assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.CANCEL)
    up = await becomes(backend, groupcall.call_ids[1], CallStatus.PROGRESSING)
    assert (up.groupcall_id, legs[1].done) == (groupcall.id, [])
    legs[1].bye()
    over = await group_becomes(backend, groupcall, GroupcallStatus.HANGUP)
    assert over.answer_call_id == groupcall.call_ids[1]
    groups = [each for each in await backend.event_types(backend.customer_id) if each.startswith("groupcall")]
    assert groups == ["groupcall_created", "groupcall_progressing", "groupcall_hangup"]


async def test_second_answer_is_hung_up_even_at_the_same_time(backend: Backend) -> None:
    _, legs = await ring_all(backend, 2)
    legs[0].pick_up()
    legs[1].pick_up()
    await until(lambda: any(leg.done for leg in legs))
    assert sorted(leg.done for leg in legs) == [[], ["hang up normal"]]


async def test_unanswered_group_ends_with_its_last_call(backend: Backend) -> None:
    groupcall, legs = await ring_all(backend)
    for leg in legs:
        leg.refuse(HangupReason.BUSY)
    over = await group_becomes(backend, groupcall, GroupcallStatus.HANGUP)
    assert over.answer_call_id == NIL


async def test_group_is_hung_up_and_deleted(backend: Backend) -> None:
    groupcall, legs = await ring_all(backend)
    dialout = backend.services.dialout
    assert (
        await dialout.hang_up_group(backend.customer_id, groupcall.id)
    ).status is GroupcallStatus.HANGINGUP
    await group_becomes(backend, groupcall, GroupcallStatus.HANGUP)
    assert all(leg.done for leg in legs)
    assert len(await dialout.list_groups(backend.customer_id, EVERYTHING)) == 1
    assert (await dialout.delete_group(backend.customer_id, groupcall.id)).tm_delete
    assert await dialout.list_groups(backend.customer_id, EVERYTHING) == []
    with pytest.raises(GroupcallNotFound):
        await dialout.get_group(CustomerId(new_id()), groupcall.id)


async def test_extension_rings_at_all_phones_and_agent_at_all_addresses(backend: Backend) -> None:
    class Phones:
        async def contacts(self, customer_id: CustomerId, extension: str) -> Sequence[Target]:
            return [Target(f"sip:{extension}@192.0.2.{number}") for number in (1, 2)]

        async def carriers_of(self, customer_id: CustomerId) -> Sequence[Carrier]:
            return []

        async def srtp_of(self, customer_id: CustomerId) -> SrtpPolicy:
            return ""

    services = backend.services
    dialout = DialoutService(
        backend.store,
        backend.clock,
        live_calls=services.live_calls,
        conferences=services.conferences,
        flows=services.flows,
        routes=Phones(),
        legs=backend.exchange,
        serve=backend.calls.place,
        balances=services.usage.balances,
    )
    addresses = ({"type": "extension", "target": "1000"}, {"type": "sip", "target": "ada@192.0.2.9"})
    owner = Identity(backend.customer_id, Permission.CUSTOMER_ADMIN)
    spec = AgentSpec("ada", "long enough", addresses=addresses)
    agent = await services.access.agents.create(owner, spec)
    people = order(Address("extension", "", "1000"), Address("agent", str(agent.id)))
    placed = await dialout.place(backend.customer_id, people)
    assert placed.calls == ()
    assert [len(each.call_ids) for each in placed.groupcalls] == [2, 3]
    assert [leg.target.request_uri for leg in backend.exchange.legs[:2]] == [
        "sip:1000@192.0.2.1",
        "sip:1000@192.0.2.2",
    ]
    await dialout.close()


async def test_call_on_hold_neither_hears_nor_is_heard(backend: Backend) -> None:
    call, leg = await ring(backend)
    with pytest.raises(CallNotProgressing):
        await backend.calls.hold(backend.customer_id, call.id)
    leg.pick_up()
    await becomes(backend, call.id, CallStatus.PROGRESSING)
    await backend.calls.hold(backend.customer_id, call.id)
    assert (leg.done, leg.port.muted) == (["hold"], True)
    await backend.calls.resume(backend.customer_id, call.id)
    assert (leg.done, leg.port.muted) == (["hold", "resume"], False)
    leg.bye()
    await becomes(backend, call.id, CallStatus.HANGUP)
    with pytest.raises(CallNotProgressing):
        await backend.calls.hold(backend.customer_id, call.id)


async def linear(backend: Backend, count: int = 3) -> Groupcall:
    people = [Address("sip", f"{name}@192.0.2.7") for name in ("bob", "carol", "dave")[:count]]
    return await backend.services.dialout.ring_linear(backend.customer_id, order(*people))


async def dialled(backend: Backend, count: int) -> CalledLeg:
    await until(lambda: len(backend.exchange.legs) == count)
    return backend.exchange.legs[-1]


async def group(backend: Backend, groupcall: Groupcall, status: GroupcallStatus) -> Groupcall:
    async def look() -> Groupcall | None:
        found = await backend.services.dialout.get_group(backend.customer_id, groupcall.id)
        return found if found.status is status else None

    return await until(look)


async def test_linear_groupcall_rings_one_after_the_other(backend: Backend) -> None:
    groupcall = await linear(backend)
    assert (groupcall.ring_method, groupcall.call_ids) == ("linear", ())
    first = await dialled(backend, 1)
    first.alert()
    assert "bob" in first.target.request_uri
    first.refuse(HangupReason.BUSY)
    second = await dialled(backend, 2)
    assert "carol" in second.target.request_uri
    second.alert()
    await until(lambda: backend.clock.has_sleeper(60))
    backend.clock.advance(60)
    third = await dialled(backend, 3)
    assert second.done == ["hang up dialout"]
    third.pick_up()

    async def answered() -> bool:
        found = await backend.services.dialout.get_group(backend.customer_id, groupcall.id)
        return found.answer_call_id == found.call_ids[-1] and len(found.call_ids) == 3

    await until(answered)
    third.bye()
    assert len((await group(backend, groupcall, GroupcallStatus.HANGUP)).call_ids) == 3


async def test_linear_groupcall_stops_at_the_first_answer(backend: Backend) -> None:
    groupcall = await linear(backend)
    leg = await dialled(backend, 1)
    leg.pick_up()
    await until(
        lambda: leg.id in {live.leg_id for live in backend.services.live_calls.values() if live.answered}
    )
    leg.bye()
    ended = await group(backend, groupcall, GroupcallStatus.HANGUP)
    assert (len(backend.exchange.legs), len(ended.call_ids)) == (1, 1)
    assert ended.answer_call_id == ended.call_ids[0]


async def test_linear_groupcall_that_is_hung_up_dials_no_further(backend: Backend) -> None:
    groupcall = await linear(backend)
    leg = await dialled(backend, 1)
    leg.alert()
    await backend.services.dialout.hang_up_group(backend.customer_id, groupcall.id)
    await group(backend, groupcall, GroupcallStatus.HANGUP)
    assert len(backend.exchange.legs) == 1


async def test_linear_groupcall_without_an_answer_ends(backend: Backend) -> None:
    groupcall = await linear(backend, 2)
    for count in (1, 2):
        (await dialled(backend, count)).refuse(HangupReason.NOANSWER)
    ended = await group(backend, groupcall, GroupcallStatus.HANGUP)
    assert (ended.answer_call_id, len(ended.call_ids)) == (NIL, 2)
    with pytest.raises(NoCallableDestination):
        await backend.services.dialout.ring_linear(backend.customer_id, order(Address("sip", "")))


async def test_call_has_one_hop_less_than_the_call_whose_flow_places_it(backend: Backend) -> None:
    again = {
        "type": "call",
        "option": {"destinations": [{"type": "sip", "target": BOB.target}], "actions": list(WAIT)},
    }
    _, first = await ring(backend, actions=(again, *WAIT), max_forwards=9)
    assert first.target.max_forwards == 9
    first.pick_up()
    second = await until(lambda: backend.exchange.legs[-1] if len(backend.exchange.legs) > 1 else None)
    assert second.target.max_forwards == 8


async def test_call_without_hops_is_not_dialled(backend: Backend) -> None:
    placed = await backend.services.dialout.place(backend.customer_id, order(max_forwards=0))
    ended = await becomes(backend, placed.calls[0].id, CallStatus.HANGUP)
    assert ended.hangup_reason is HangupReason.FAILED
    assert backend.exchange.legs == []
