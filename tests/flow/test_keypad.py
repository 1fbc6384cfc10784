"""The DTMF menu of a room, and the digits that it leaves to flows."""

from typing import Any

import pytest

from mixminus.model.conference import Conference, Conferencecall, ConferenceProfile, RoomSettings
from mixminus.model.ids import ConferencecallId
from mixminus.model.menu import USUAL_MENU
from tests.flow.test_pin import press
from tests.support.house import House
from tests.support.legs import PcmLeg
from tests.support.waiting import until

MENU = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off")


async def seated(house: House, settings: RoomSettings = MENU, **spec: Any) -> tuple[Conference, PcmLeg]:
    room = await house.room(settings=settings, **spec)
    (leg,) = await house.join(room)
    return room, leg


async def becomes(house: House, room: Conference, **expected: Any) -> Conferencecall:
    """Wait until the only participant of a room has these values."""
    (id_,) = await house.joined(room)

    async def look() -> Conferencecall | None:
        found = await house.participants.get_call(house.customer_id, ConferencecallId(id_))
        return found if all(getattr(found, name) == value for name, value in expected.items()) else None

    return await until(look)


async def test_a_participant_mutes_and_unmutes_itself(house: House) -> None:
    room, leg = await seated(house)
    press(house, leg, "*6")
    await becomes(house, room, muted=True)
    assert leg.port.muted
    press(house, leg, "*6")
    await becomes(house, room, muted=False)
    assert not leg.port.muted
    press(house, leg, "*6*6*6")
    await becomes(house, room, muted=True)


async def test_gain_keys_work_within_limits(house: House) -> None:
    room, leg = await seated(house)
    press(house, leg, "*7")
    await becomes(house, room, gain_db=3.0)
    press(house, leg, "*4" * 3)
    await becomes(house, room, gain_db=-6.0)
    press(house, leg, "*4" * 5)
    await becomes(house, room, gain_db=-12.0)


async def test_only_a_moderator_can_lock_the_room(house: House) -> None:
    settings = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off", moderator_pin="99")
    room = await house.room(settings=settings)
    leg = await house.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    press(house, leg, "#")
    await until(lambda: _joined(house, room))
    press(house, leg, "*5*6")
    await becomes(house, room, muted=True)
    assert not (await house.conferences.get(house.customer_id, room.id)).settings.locked
    assert house.services.counters()["keypad.refused"] == 1


@pytest.mark.parametrize("times", [1, 2])
async def test_a_moderator_can_lock_and_unlock_the_room(house: House, times: int) -> None:
    settings = RoomSettings(dtmf_menu=dict(USUAL_MENU), prompts="off", moderator_pin="99")
    room = await house.room(settings=settings)
    leg = await house.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    press(house, leg, "99#")
    await until(lambda: _joined(house, room))
    press(house, leg, "*5" * times + "*6")
    await becomes(house, room, muted=True)
    assert (await house.conferences.get(house.customer_id, room.id)).settings.locked == (times == 1)


async def test_the_leave_key_does_not_end_the_call(house: House) -> None:
    room, leg = await seated(house, post_actions=({"type": "sleep", "option": {"duration": 60_000}},))
    press(house, leg, "*0")
    await until(lambda: _left(house, room))
    assert leg.done == ["answer"]


async def test_the_participant_count_is_played(house: House) -> None:
    _, leg = await seated(house)
    press(house, leg, "*9")

    def sounds() -> bool:
        house.tick(10)
        return bool(leg.port.read().any())

    await until(sounds)


async def test_flows_receive_digits_outside_the_menu(house: House) -> None:
    room, leg = await seated(house)
    (call,) = house.services.live_calls.values()
    press(house, leg, "1*62*")
    await becomes(house, room, muted=True)
    assert call.digits.waiting == "12"
    press(house, leg, "#*0")
    await until(lambda: _left(house, room))
    assert call.digits.waiting == "12*#"


async def test_without_a_menu_keys_have_no_effect(house: House) -> None:
    room, leg = await seated(house, RoomSettings())
    (call,) = house.services.live_calls.values()
    press(house, leg, "*6")
    assert call.digits.waiting == "*6"
    await house.conferences.update(house.customer_id, room.id, ConferenceProfile(settings=MENU))
    press(house, leg, "*6")
    await becomes(house, room, muted=True)


async def _joined(house: House, room: Conference) -> bool:
    return len(await house.joined(room)) == 1


async def _left(house: House, room: Conference) -> bool:
    return not await house.joined(room)
