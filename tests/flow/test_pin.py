"""The pin at the door of a room: digits, and three tries; the beep is ``tests/conference/test_ambience.py``'s."""

from collections.abc import Sequence

import pytest

from mixminus.mixer import DigitReceived
from mixminus.model.conference import Conference, Conferencecall, ConferenceProfile, Role, RoomSettings
from tests.support.house import EVERYTHING, House
from tests.support.legs import PcmLeg
from tests.support.waiting import until

BOTH = RoomSettings(pin="1234", moderator_pin="99")


async def at_the_door(house: House, settings: RoomSettings = BOTH) -> tuple[Conference, PcmLeg]:
    """Return a room, and somebody who is asked for its pin."""
    room = await house.room(settings=settings)
    leg = await house.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    return room, leg


def press(house: House, leg: PcmLeg, digits: str) -> None:
    for digit in digits:
        house.calls.on_engine_event(DigitReceived(leg.port.id, 0, digit, 100))


async def roles(house: House, room: Conference, count: int = 1) -> Sequence[Role]:
    async def look() -> list[Role] | None:
        listed = await house.participants.list_calls(house.customer_id, EVERYTHING, room.id)
        found = [each.role for each in listed if each.tm_join]
        return found if len(found) == count else None

    return await until(look)


@pytest.mark.parametrize(("digits", "role"), [("1234#", Role.PARTICIPANT), ("99#", Role.MODERATOR)])
async def test_the_pin_opens_and_makes_the_role(house: House, digits: str, role: Role) -> None:
    room, leg = await at_the_door(house)
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []
    press(house, leg, digits)
    assert await roles(house, room) == [role]


async def test_three_wrong_pins_are_enough(house: House) -> None:
    room, leg = await at_the_door(house)
    press(house, leg, "1111#" * 3)
    await until(lambda: leg.done == ["answer", "hang up normal"])
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []


async def test_a_second_try_may_be_the_right_one_and_digits_may_be_early(house: House) -> None:
    room, leg = await at_the_door(house)
    press(house, leg, "1#1234#")
    await roles(house, room)


async def test_silence_ends_a_pin_like_a_hash(house: House) -> None:
    room, leg = await at_the_door(house)
    press(house, leg, "99")

    async def later() -> list[Conferencecall]:
        house.clock.advance(1)
        return await house.participants.list_calls(house.customer_id, EVERYTHING, room.id)

    await until(later)
    assert await roles(house, room) == [Role.MODERATOR]


async def test_where_only_moderators_have_a_pin_a_hash_is_enough(house: House) -> None:
    room, leg = await at_the_door(house, RoomSettings(moderator_pin="99"))
    press(house, leg, "#")
    assert await roles(house, room) == [Role.PARTICIPANT]


async def test_who_hangs_up_at_the_door_leaves_no_trace(house: House) -> None:
    room, leg = await at_the_door(house)
    leg.bye()
    await until(lambda: not house.services.live_calls)
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []


async def test_the_door_looks_for_a_place_once_more(house: House) -> None:
    room, leg = await at_the_door(house)
    locked = RoomSettings(pin="1234", locked=True)
    await house.conferences.update(house.customer_id, room.id, ConferenceProfile(settings=locked))
    press(house, leg, "1234#")
    await until(lambda: leg.done == ["answer", "hang up normal"])
