"""The DTMF menu of a room, and the digits that it leaves to flows."""

from typing import Any

import pytest

from mixminus.model.conference import Conference, Conferencecall, ConferenceProfile, RoomSettings
from mixminus.model.ids import ConferencecallId
from mixminus.model.menu import USUAL_MENU
from tests.flow.test_pin import press
from tests.support.backend import Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until

MENU = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off")


async def seated(backend: Backend, settings: RoomSettings = MENU, **spec: Any) -> tuple[Conference, PcmLeg]:
    room = await backend.room(settings=settings, **spec)
    (leg,) = await backend.join(room)
    return room, leg


async def becomes(backend: Backend, room: Conference, **expected: Any) -> Conferencecall:
    """Wait until the only participant of a room has these values."""
    (id_,) = await backend.joined(room)

    async def look() -> Conferencecall | None:
        found = await backend.participants.get_call(backend.customer_id, ConferencecallId(id_))
        return found if all(getattr(found, name) == value for name, value in expected.items()) else None

    return await until(look)


async def test_a_participant_mutes_and_unmutes_itself(backend: Backend) -> None:
    room, leg = await seated(backend)
    press(backend, leg, "*6")
    await becomes(backend, room, muted=True)
    assert leg.port.muted
    press(backend, leg, "*6")
    await becomes(backend, room, muted=False)
    assert not leg.port.muted
    press(backend, leg, "*6*6*6")
    await becomes(backend, room, muted=True)


async def test_gain_keys_work_within_limits(backend: Backend) -> None:
    room, leg = await seated(backend)
    press(backend, leg, "*7")
    await becomes(backend, room, gain_db=3.0)
    press(backend, leg, "*4" * 3)
    await becomes(backend, room, gain_db=-6.0)
    press(backend, leg, "*4" * 5)
    await becomes(backend, room, gain_db=-12.0)


async def test_only_a_moderator_can_lock_the_room(backend: Backend) -> None:
    settings = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off", moderator_pin="99")
    room = await backend.room(settings=settings)
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    press(backend, leg, "#")
    await until(lambda: _joined(backend, room))
    press(backend, leg, "*5*6")
    await becomes(backend, room, muted=True)
    assert not (await backend.conferences.get(backend.customer_id, room.id)).settings.locked
    assert backend.services.counters()["keypad.refused"] == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_a_moderator_can_lock_and_unlock_the_room(backend: Backend, times: int) -> None:
    settings = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off", moderator_pin="99")
    room = await backend.room(settings=settings)
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    press(backend, leg, "99#")
    await until(lambda: _joined(backend, room))
    press(backend, leg, "*5" * times + "*6")
    await becomes(backend, room, muted=True)
    assert (await backend.conferences.get(backend.customer_id, room.id)).settings.locked == (times == 1)


async def test_the_leave_key_does_not_end_the_call(backend: Backend) -> None:
    room, leg = await seated(backend, post_actions=({"type": "sleep", "option": {"duration": 60_000}},))
    press(backend, leg, "*0")
    await until(lambda: _left(backend, room))
    assert leg.done == ["answer"]


async def test_the_participant_count_is_played(backend: Backend) -> None:
    _, leg = await seated(backend)
    press(backend, leg, "*9")

    def sounds() -> bool:
        backend.tick(10)
        return bool(leg.port.read().any())

    await until(sounds)


async def test_flows_receive_digits_outside_the_menu(backend: Backend) -> None:
    room, leg = await seated(backend)
    (call,) = backend.services.live_calls.values()
    press(backend, leg, "1*62*")
    await becomes(backend, room, muted=True)
    assert call.digits.waiting == "12"
    press(backend, leg, "#*0")
    await until(lambda: _left(backend, room))
    assert call.digits.waiting == "12*#"


async def test_without_a_menu_keys_have_no_effect(backend: Backend) -> None:
    room, leg = await seated(backend, RoomSettings())
    (call,) = backend.services.live_calls.values()
    press(backend, leg, "*6")
    assert call.digits.waiting == "*6"
    await backend.conferences.update(backend.customer_id, room.id, ConferenceProfile(settings=MENU))
    press(backend, leg, "*6")
    await becomes(backend, room, muted=True)


async def _joined(backend: Backend, room: Conference) -> bool:
    return len(await backend.joined(room)) == 1


async def _left(backend: Backend, room: Conference) -> bool:
    return not await backend.joined(room)


async def test_a_participant_without_telephone_event_gets_no_digits_and_is_counted(backend: Backend) -> None:
    room, leg = await seated(backend, RoomSettings(relay_digits=True, dtmf_menu={"*9": "count"}))
    await backend.join(room, 2)
    press(backend, leg, "5*9")
    counters = backend.services.counters()
    assert (counters["keypad.relayed"], counters["keypad.not_relayed"]) == (0, 2)


async def test_digits_that_are_relayed_are_kept_for_the_flow(backend: Backend) -> None:
    _, leg = await seated(backend, RoomSettings(relay_digits=True))
    press(backend, leg, "42")
    (call,) = backend.services.live_calls.values()
    assert call.digits.waiting == "42"
