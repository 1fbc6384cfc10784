"""Asking for the PIN of a room: digits, and three tries."""

from collections.abc import Sequence

import pytest

from mixminus.mixer import DigitReceived
from mixminus.model.conference import Conference, Conferencecall, ConferenceProfile, Role, RoomSettings
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until

BOTH = RoomSettings(pin="1234", moderator_pin="99")


async def dial_with_pin(backend: Backend, settings: RoomSettings = BOTH) -> tuple[Conference, PcmLeg]:
    """Return a room, and the leg of a caller that is asked for its PIN."""
    room = await backend.room(settings=settings)
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    return room, leg


def press(backend: Backend, leg: PcmLeg, digits: str) -> None:
    for digit in digits:
        backend.calls.on_engine_event(DigitReceived(leg.port.id, 0, digit, 100))


async def roles(backend: Backend, room: Conference, count: int = 1) -> Sequence[Role]:
    async def look() -> list[Role] | None:
        listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)
        found = [each.role for each in listed if each.tm_join]
        return found if len(found) == count else None

    return await until(look)


@pytest.mark.parametrize(("digits", "role"), [("1234#", Role.PARTICIPANT), ("99#", Role.MODERATOR)])
async def test_the_pin_decides_the_role(backend: Backend, digits: str, role: Role) -> None:
    room, leg = await dial_with_pin(backend)
    assert await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id) == []
    press(backend, leg, digits)
    assert await roles(backend, room) == [role]


async def test_three_wrong_pins_end_the_call(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend)
    press(backend, leg, "1111#" * 3)
    await until(lambda: leg.done == ["answer", "hang up normal"])
    assert await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id) == []


async def test_a_second_try_may_succeed_with_early_digits(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend)
    press(backend, leg, "1#1234#")
    await roles(backend, room)


async def test_silence_ends_a_pin(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend)
    press(backend, leg, "99")

    async def later() -> list[Conferencecall]:
        backend.clock.advance(1)
        return await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id)

    await until(later)
    assert await roles(backend, room) == [Role.MODERATOR]


async def test_a_hash_is_enough_if_only_moderators_have_a_pin(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend, RoomSettings(moderator_pin="99"))
    press(backend, leg, "#")
    assert await roles(backend, room) == [Role.PARTICIPANT]


async def test_a_hangup_before_the_pin_leaves_no_participant(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend)
    leg.bye()
    await until(lambda: not backend.services.live_calls)
    assert await backend.participants.list_calls(backend.customer_id, EVERYTHING, room.id) == []


async def test_a_room_locked_meanwhile_refuses_the_caller_after_the_pin(backend: Backend) -> None:
    room, leg = await dial_with_pin(backend)
    locked = RoomSettings(pin="1234", locked=True)
    await backend.conferences.update(backend.customer_id, room.id, ConferenceProfile(settings=locked))
    press(backend, leg, "1234#")
    await until(lambda: leg.done == ["answer", "hang up normal"])


async def test_pin_is_not_found_by_dialling_again(backend: Backend) -> None:
    """After three calls with wrong pins the right one is refused too, until some time has passed."""
    room = await backend.room(settings=BOTH)
    for digits in ("1111#2222#3333#", "4444#5555#6666#", "7777#8888#0000#", "1234#1234#1234#"):
        leg = await backend.dial(room.id)
        await until(lambda: leg.done == ["answer"])  # noqa: B023
        press(backend, leg, digits)
        await until(lambda: leg.done == ["answer", "hang up normal"])  # noqa: B023
    assert backend.services.counters()["conference.pins_refused"] == 3
    backend.clock.advance(3600)
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer"])
    press(backend, leg, "1234#")
    assert await roles(backend, room) == [Role.PARTICIPANT]
