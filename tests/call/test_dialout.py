"""A call that we make: whom it rings, what it becomes, and why it ends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mixminus.call.errors import NobodyToCall
from mixminus.call.model import Address, Call
from mixminus.call.outbound import Order
from mixminus.call.program import Program
from mixminus.call.states import CallStatus, HangupBy, HangupReason
from mixminus.ids import CallId
from tests.support.house import House
from tests.support.legs import RungLeg
from tests.support.waiting import until

WAIT = ({"type": "sleep", "option": {"duration": 3_600_000}},)
BOB = Address("sip", "bob@192.0.2.7")


def order(*destinations: Address, actions: Any = WAIT, **more: Any) -> Order:
    return Order(
        destinations or (BOB,), Program(actions), **{"source": Address("sip", "alice", name="Alice"), **more}
    )


async def ring(house: House, *destinations: Address, **more: Any) -> tuple[Call, RungLeg]:
    placed = await house.control.dialout.place(house.customer_id, order(*destinations, **more))
    return placed.calls[0], house.exchange.legs[-1]


async def becomes(house: House, call_id: CallId, status: CallStatus) -> Call:
    async def look() -> Call | None:
        found = await house.calls.get(house.customer_id, call_id)
        return found if found.status is status else None

    return await until(look)


async def types(house: House) -> list[str]:
    return [type_ for type_ in await house.event_types(house.customer_id) if type_.startswith("call_")]


async def test_a_call_is_dialled_rings_is_answered_and_does_what_it_is_for(house: House) -> None:
    call, leg = await ring(house)
    assert (call.status, call.direction, call.tm_ringing) == (CallStatus.DIALING, "outgoing", None)
    assert (leg.target.request_uri, leg.source.name) == ("sip:bob@192.0.2.7", "Alice")
    leg.alert()
    assert (await becomes(house, call.id, CallStatus.RINGING)).tm_ringing
    assert house.calls.live[call.id].action == {}
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    assert up.tm_progressing
    await until(lambda: house.calls.live[call.id].action.get("type") == "sleep")
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


async def test_who_answers_without_ringing_never_rang(house: House) -> None:
    call, leg = await ring(house)
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    assert up.tm_ringing is None
    assert "call_ringing" not in await types(house)


async def test_the_end_of_its_flow_hangs_it_up(house: House) -> None:
    call, leg = await ring(house, actions=({"type": "answer"},))
    leg.pick_up()
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert leg.done == ["hang up normal"]


@pytest.mark.parametrize("reason", [HangupReason.BUSY, HangupReason.NOANSWER, HangupReason.FAILED])
@pytest.mark.parametrize("rings", [False, True])
async def test_who_refuses_has_hung_up(house: House, reason: HangupReason, rings: bool) -> None:
    call, leg = await ring(house)
    if rings:
        leg.alert()
        await becomes(house, call.id, CallStatus.RINGING)
    leg.refuse(reason)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, reason)
    assert ended.action == {}


async def test_a_call_taken_back_is_cancelled(house: House) -> None:
    call, leg = await ring(house)
    await house.calls.hang_up(house.customer_id, call.id)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.CANCEL)
    assert leg.done == ["hang up normal"]
    assert (await types(house))[-2:] == ["call_canceling", "call_hangup"]
    again = await house.calls.hang_up(house.customer_id, call.id)
    assert again == ended


async def test_nobody_picks_up_within_a_minute(house: House) -> None:
    call, leg = await ring(house)
    leg.alert()
    await becomes(house, call.id, CallStatus.RINGING)
    house.clock.advance(59)
    assert leg.done == []
    house.clock.advance(1)
    ended = await becomes(house, call.id, CallStatus.HANGUP)
    # By way of canceling it would be local, and cancel (api.md section 5.1).
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.DIALOUT)
    assert leg.done == ["hang up dialout"]
    assert "call_canceling" not in await types(house)


async def talks(house: House) -> tuple[Call, Callable[[], Awaitable[Call]]]:
    call, leg = await ring(house)
    leg.pick_up()
    up = await becomes(house, call.id, CallStatus.PROGRESSING)
    return up, lambda: becomes(house, call.id, CallStatus.HANGUP)


async def test_a_call_lasts_a_day_at_most_and_its_answer_ends_the_dialling(house: House) -> None:
    call, end = await talks(house)
    await until(lambda: house.clock.sleepers >= 2)
    house.clock.advance(86_399)
    assert call.id in house.calls.live
    house.clock.advance(1)
    ended = await end()
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.TIMEOUT)


async def test_calls_to_numbers_go_by_the_trunk(house: House) -> None:
    call, leg = await ring(house, Address("tel", "+15551234567"), anonymous=True)
    assert call.destination.type == "tel"
    assert leg.target.request_uri == "sip:+15551234567@trunk.example:5070;transport=tcp"
    assert leg.target.credentials
    assert leg.target.credentials.username == "me"
    assert "secret" not in repr(leg.target)
    assert leg.anonymous


async def test_destinations_that_cannot_be_called_are_left_out(house: House) -> None:
    nobody = [
        Address("", ""),
        Address("conference", "x"),
        Address("tel", "alice"),
        Address("sip", ""),
        Address("extension", "1000"),
        Address("agent", "nobody"),
    ]
    placed = await house.control.dialout.place(house.customer_id, order(*nobody, BOB))
    assert [each.destination for each in placed.calls] == [BOB]
    with pytest.raises(NobodyToCall):
        await house.control.dialout.place(house.customer_id, order(*nobody))


async def test_without_a_transport_calls_fail_at_once(house: House) -> None:
    house.control.dialout.legs = None
    placed = await house.control.dialout.place(house.customer_id, order())
    ended = await becomes(house, placed.calls[0].id, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.FAILED)


async def test_a_call_goes_into_a_room_and_hears_it(house: House) -> None:
    room = await house.room()
    join = {"type": "conference_join", "option": {"conference_id": str(room.id)}}
    _, leg = await ring(house, actions=(join,))
    leg.pick_up()
    await until(lambda: house.joined(room))
    leg.bye()

    async def gone() -> bool:
        return not await house.joined(room)

    await until(gone)
