"""Incoming calls from ringing to hangup."""

import pytest

from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.errors import InvalidArgument
from mixminus.mixer import MediaTimeout
from mixminus.model.call import Call, CallStatus, HangupBy, HangupReason, MuteDirection
from mixminus.model.ids import CallId, CustomerId, new_id
from tests.support.house import House
from tests.support.waiting import until


async def up(house: House) -> Call:
    """Return the call of the one participant of a new room."""
    room = await house.room()
    await house.join(room)
    (id_,) = await house.joined(room)
    return await house.call_of(id_)


async def hung_up(house: House, call: Call) -> Call:
    async def look() -> Call | None:
        found = await house.calls.get(house.customer_id, call.id)
        return found if found.status is CallStatus.HANGUP else None

    return await until(look)


async def call_events(house: House) -> list[str]:
    """Return the types of the calls' events."""
    types = await house.event_types(house.customer_id)
    return [type_ for type_ in types if type_.startswith("call_")]


async def test_phone_dials_in_and_hangs_up(house: House) -> None:
    call = await up(house)
    assert call.status is CallStatus.PROGRESSING
    assert (call.source.target, call.destination.type) == ("alice", "conference")
    assert None not in (call.tm_ringing, call.tm_progressing)
    house.legs[0].bye()
    ended = await hung_up(house, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)
    assert await call_events(house) == [
        "call_created",
        "call_progressing",
        "call_hangup",
    ]


@pytest.mark.parametrize("target", ["", "nobody", "direct.000000000000", "conference:x"])
async def test_unknown_target_is_rejected_without_a_call(house: House, target: str) -> None:
    leg = await house.dial(target)
    await until(lambda: leg.done == ["reject 404"])
    assert await house.events(house.customer_id) == []


async def test_ended_conference_cannot_be_dialled(house: House) -> None:
    room = await house.room()
    await house.conferences.delete(house.customer_id, room.id)
    legs = [await house.dial(target) for target in (room.id, room.direct_hash)]
    await until(lambda: all(leg.done == ["reject 404"] for leg in legs))


async def test_direct_hash_dials_the_conference(house: House) -> None:
    room = await house.room()
    await house.dial(room.direct_hash)

    async def joined() -> bool:
        return len(await house.joined(room)) == 1

    await until(joined)


async def test_hanging_up_twice_is_harmless(house: House) -> None:
    call = await up(house)
    ending = await house.calls.hang_up(house.customer_id, call.id)
    assert ending.status in (CallStatus.TERMINATING, CallStatus.HANGUP)
    ended = await hung_up(house, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert await house.calls.hang_up(house.customer_id, call.id) == ended
    assert (await call_events(house))[-2:] == ["call_terminating", "call_hangup"]


async def test_media_timeout_ends_the_call(house: House) -> None:
    call = await up(house)
    house.calls.on_engine_event(MediaTimeout(house.legs[0].port.id, 0))
    ended = await hung_up(house, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.TIMEOUT)
    house.calls.on_engine_event(MediaTimeout(house.legs[0].port.id, 0))


async def test_call_of_another_customer_is_not_found(house: House) -> None:
    call = await up(house)
    for customer_id, id_ in ((CustomerId(new_id()), call.id), (house.customer_id, CallId(new_id()))):
        with pytest.raises(CallNotFound):
            await house.calls.get(customer_id, id_)
        with pytest.raises(CallNotFound):
            await house.calls.hang_up(customer_id, id_)
        with pytest.raises(CallNotFound):
            await house.calls.set_mute(customer_id, id_, MuteDirection.IN, True)


async def test_mute_directions_are_independent(house: House) -> None:
    call = await up(house)
    words = []
    for direction, on in (("in", True), ("out", True), ("in", False), ("both", True), ("", False)):
        changed = await house.calls.set_mute(house.customer_id, call.id, MuteDirection.parse(direction), on)
        words.append(changed.mute.word)
    assert words == ["in", "both", "out", "both", ""]
    with pytest.raises(InvalidArgument):
        MuteDirection.parse("sideways")


async def test_ended_call_cannot_be_muted(house: House) -> None:
    call = await up(house)
    house.legs[0].bye()
    await hung_up(house, call)
    with pytest.raises(CallNotProgressing) as refusal:
        await house.calls.set_mute(house.customer_id, call.id, MuteDirection.IN, True)
    assert refusal.value.reason == "CALL_STATE_INVALID"
