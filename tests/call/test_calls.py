"""Incoming calls from ringing to hangup."""

from datetime import timedelta

import pytest

from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.call.live import LiveCall
from mixminus.call.silence import ASK_AGAIN_S
from mixminus.errors import InvalidArgument
from mixminus.mixer import MediaResumed, MediaTimeout
from mixminus.model.call import Call, CallStatus, HangupBy, HangupReason, MuteDirection
from mixminus.model.conference import ConferenceSpec
from mixminus.model.ids import CallId, CustomerId, new_id
from mixminus.store.page import Page
from tests.support.backend import Backend
from tests.support.waiting import until


async def up(backend: Backend) -> Call:
    """Return the call of the one participant of a new room."""
    room = await backend.room()
    await backend.join(room)
    (id_,) = await backend.joined(room)
    return await backend.call_of(id_)


async def hung_up(backend: Backend, call: Call) -> Call:
    async def look() -> Call | None:
        found = await backend.calls.get(backend.customer_id, call.id)
        return found if found.status is CallStatus.HANGUP else None

    return await until(look)


async def call_events(backend: Backend) -> list[str]:
    """Return the types of the calls' events."""
    types = await backend.event_types(backend.customer_id)
    return [type_ for type_ in types if type_.startswith("call_")]


async def test_phone_dials_in_and_hangs_up(backend: Backend) -> None:
    call = await up(backend)
    assert call.status is CallStatus.PROGRESSING
    assert (call.source.target, call.destination.type) == ("alice", "conference")
    assert None not in (call.tm_ringing, call.tm_progressing)
    backend.legs[0].bye()
    ended = await hung_up(backend, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)
    assert await call_events(backend) == [
        "call_created",
        "call_progressing",
        "call_hangup",
    ]


async def answered_later(backend: Backend) -> LiveCall:
    """Answer the first call to a room for two, which rings; that it is answered is not written yet."""
    room = await backend.conferences.create(backend.customer_id, ConferenceSpec(type="connect"))
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["ring"])
    (live,) = backend.services.live_calls.values()
    await live.answer(later=True)
    assert leg.done == ["ring", "answer"]
    found = await backend.calls.get(backend.customer_id, live.id)
    assert live.answered
    assert found.tm_progressing is None
    return live


@pytest.mark.parametrize("ending", ["hangup", "bye"])
async def test_a_call_that_ends_at_once_was_answered_before(backend: Backend, ending: str) -> None:
    live = await answered_later(backend)
    if ending == "hangup":
        await backend.calls.hang_up(backend.customer_id, live.id)
    else:
        backend.legs[0].bye()
    ended = await hung_up(backend, live.call)
    assert ended.tm_progressing is not None
    assert [each for each in await call_events(backend) if each != "call_terminating"] == [
        "call_created",
        "call_progressing",
        "call_hangup",
    ]


async def test_what_changes_a_call_finds_it_answered(backend: Backend) -> None:
    live = await answered_later(backend)
    muted = await backend.calls.set_mute(backend.customer_id, live.id, MuteDirection.IN, on=True)
    assert (muted.status, muted.mute) == (CallStatus.PROGRESSING, MuteDirection.IN)
    await live.answer()
    assert (await call_events(backend)).count("call_progressing") == 1


@pytest.mark.parametrize("target", ["", "nobody", "direct.000000000000", "conference:x"])
async def test_unknown_target_is_rejected_without_a_call(backend: Backend, target: str) -> None:
    leg = await backend.dial(target)
    await until(lambda: leg.done == ["reject 404"])
    assert await backend.events(backend.customer_id) == []


async def test_leg_that_ends_as_its_call_enters_a_room_is_no_failure(backend: Backend) -> None:
    room = await backend.room()
    leg = await backend.dial(room.id)
    leg.port.close()

    async def ended() -> Call | None:
        calls = await backend.calls.list(
            backend.customer_id, Page(10, backend.clock.now() + timedelta(days=1))
        )
        return next((each for each in calls if each.status is CallStatus.HANGUP), None)

    assert (await until(ended)).hangup_reason is HangupReason.NORMAL
    assert not await backend.joined(room)


async def test_ended_conference_cannot_be_dialled(backend: Backend) -> None:
    room = await backend.room()
    await backend.conferences.delete(backend.customer_id, room.id)
    legs = [await backend.dial(target) for target in (room.id, room.direct_hash)]
    await until(lambda: all(leg.done == ["reject 404"] for leg in legs))


async def test_direct_hash_dials_the_conference(backend: Backend) -> None:
    room = await backend.room()
    await backend.dial(room.direct_hash)

    async def joined() -> bool:
        return len(await backend.joined(room)) == 1

    await until(joined)


async def test_hanging_up_twice_is_harmless(backend: Backend) -> None:
    call = await up(backend)
    ending = await backend.calls.hang_up(backend.customer_id, call.id)
    assert ending.status in (CallStatus.TERMINATING, CallStatus.HANGUP)
    ended = await hung_up(backend, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.NORMAL)
    assert await backend.calls.hang_up(backend.customer_id, call.id) == ended
    assert (await call_events(backend))[-2:] == ["call_terminating", "call_hangup"]


async def test_media_timeout_ends_the_call(backend: Backend) -> None:
    call = await up(backend)
    backend.calls.on_engine_event(MediaTimeout(backend.legs[0].port.id, 0))
    ended = await hung_up(backend, call)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.LOCAL, HangupReason.TIMEOUT)
    backend.calls.on_engine_event(MediaTimeout(backend.legs[0].port.id, 0))


async def test_silent_phone_that_responds_is_kept_and_asked_again(backend: Backend) -> None:
    call = await up(backend)
    leg = backend.legs[0]
    leg.is_there = True
    backend.calls.on_engine_event(MediaTimeout(leg.port.id, 0))
    await until(lambda: leg.done.count("ask") == 1 and backend.clock.has_sleeper(ASK_AGAIN_S))
    await backend.clock.run_cycle(ASK_AGAIN_S)
    await until(lambda: leg.done.count("ask") == 2)
    assert (await backend.calls.get(backend.customer_id, call.id)).status is CallStatus.PROGRESSING
    leg.is_there = False
    backend.clock.advance(ASK_AGAIN_S)
    assert (await hung_up(backend, call)).hangup_reason is HangupReason.TIMEOUT
    assert backend.calls.counters["call.silent_asked"] == 3


async def test_phone_that_is_heard_again_is_asked_no_more(backend: Backend) -> None:
    await up(backend)
    leg = backend.legs[0]
    leg.is_there = True
    for asked in (1, 2):
        backend.calls.on_engine_event(MediaTimeout(leg.port.id, 0))
        backend.calls.on_engine_event(MediaTimeout(leg.port.id, 0))
        await until(lambda: leg.done.count("ask") == asked)  # noqa: B023 -- awaited within the round
        backend.calls.on_engine_event(MediaResumed(leg.port.id, 0))


async def test_call_of_another_customer_is_not_found(backend: Backend) -> None:
    call = await up(backend)
    for customer_id, id_ in ((CustomerId(new_id()), call.id), (backend.customer_id, CallId(new_id()))):
        with pytest.raises(CallNotFound):
            await backend.calls.get(customer_id, id_)
        with pytest.raises(CallNotFound):
            await backend.calls.hang_up(customer_id, id_)
        with pytest.raises(CallNotFound):
            await backend.calls.set_mute(customer_id, id_, MuteDirection.IN, True)


async def test_mute_directions_are_independent(backend: Backend) -> None:
    call = await up(backend)
    words = []
    for direction, on in (("in", True), ("out", True), ("in", False), ("both", True), ("", False)):
        changed = await backend.calls.set_mute(
            backend.customer_id, call.id, MuteDirection.parse(direction), on
        )
        words.append(changed.mute.word)
    assert words == ["in", "both", "out", "both", ""]
    with pytest.raises(InvalidArgument):
        MuteDirection.parse("sideways")


async def test_ended_call_cannot_be_muted(backend: Backend) -> None:
    call = await up(backend)
    backend.legs[0].bye()
    await hung_up(backend, call)
    with pytest.raises(CallNotProgressing) as refusal:
        await backend.calls.set_mute(backend.customer_id, call.id, MuteDirection.IN, True)
    assert refusal.value.reason == "CALL_STATE_INVALID"
