"""Asking for the PIN of a room: digits, and three tries; the beep is tested in ``tests/conference/test_ambience.py``."""

from collections.abc import Sequence

import pytest

from mixminus.mixer import DigitReceived
from mixminus.model.conference import Conference, Conferencecall, ConferenceProfile, Role, RoomSettings
from tests.support.house import EVERYTHING, House
from tests.support.legs import PcmLeg
from tests.support.waiting import until

BOTH = RoomSettings(pin="1234", moderator_pin="99")


async def dial_with_pin(house: House, settings: RoomSettings = BOTH) -> tuple[Conference, PcmLeg]:
    """Return a room, and the leg of a caller that is asked for its PIN."""
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
async def test_the_pin_decides_the_role(house: House, digits: str, role: Role) -> None:
    room, leg = await dial_with_pin(house)
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []
    press(house, leg, digits)
    assert await roles(house, room) == [role]


async def test_three_wrong_pins_end_the_call(house: House) -> None:
    room, leg = await dial_with_pin(house)
    press(house, leg, "1111#" * 3)
    await until(lambda: leg.done == ["answer", "hang up normal"])
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []


async def test_a_second_try_may_succeed_with_early_digits(house: House) -> None:
    room, leg = await dial_with_pin(house)
    press(house, leg, "1#1234#")
    await roles(house, room)


async def test_silence_ends_a_pin(house: House) -> None:
    room, leg = await dial_with_pin(house)
    press(house, leg, "99")

    async def later() -> list[Conferencecall]:
        house.clock.advance(1)
        return await house.participants.list_calls(house.customer_id, EVERYTHING, room.id)

    await until(later)
    assert await roles(house, room) == [Role.MODERATOR]


async def test_a_hash_is_enough_if_only_moderators_have_a_pin(house: House) -> None:
    room, leg = await dial_with_pin(house, RoomSettings(moderator_pin="99"))
    press(house, leg, "#")
    assert await roles(house, room) == [Role.PARTICIPANT]


async def test_a_hangup_before_the_pin_leaves_no_participant(house: House) -> None:
    room, leg = await dial_with_pin(house)
    leg.bye()
    await until(lambda: not house.services.live_calls)
    assert await house.participants.list_calls(house.customer_id, EVERYTHING, room.id) == []


async def test_a_room_locked_meanwhile_admits_nobody_after_the_pin(house: House) -> None:
    room, leg = await dial_with_pin(house)
    locked = RoomSettings(pin="1234", locked=True)
    await house.conferences.update(house.customer_id, room.id, ConferenceProfile(settings=locked))
    press(house, leg, "1234#")
    await until(lambda: leg.done == ["answer", "hang up normal"])
