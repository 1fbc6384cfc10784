"""Pins cannot be guessed by dialling again: wrong ones are counted over calls, by source and by room."""

import uuid

import pytest

from mixminus.conference.errors import PinInvalid
from mixminus.conference.pin_guesses import PinGuesses
from mixminus.model.conference import Role, RoomSettings
from mixminus.model.ids import ConferenceId

ROOM = ConferenceId(uuid.UUID(int=1))
SETTINGS = RoomSettings(pin="7351", moderator_pin="99")
HOUR_S = 3600.0


def is_right(pins: PinGuesses, pin: str, *, source: str = "192.0.2.1", now_s: float = 0.0) -> bool:
    try:
        pins.role_of(ROOM, SETTINGS, pin, source=source, now_s=now_s)
    except PinInvalid:
        return False
    return True


def test_one_source_finds_no_pin_of_four_digits_in_a_day() -> None:
    pins = PinGuesses()
    judged = 0
    for number in range(10_000):
        before = pins.refused
        is_right(pins, f"{number:04}" if number != 7351 else "0000", now_s=number * 8.64)
        judged += pins.refused == before
    assert judged < 9 + 24 * 6 + 1


def test_four_hundred_sources_together_find_no_pin_in_a_day() -> None:
    pins = PinGuesses()
    judged = 0
    for number in range(10_000):
        before = pins.refused
        is_right(pins, "0000", source=f"192.0.2.{number % 400}", now_s=number * 8.64)
        judged += pins.refused == before
    assert judged < 60 + 24 * 12 + 1


def test_right_pin_is_not_looked_at_while_its_source_must_wait() -> None:
    pins = PinGuesses()
    for _ in range(9):
        assert not is_right(pins, "0000")
    assert not is_right(pins, "7351")
    assert is_right(pins, "7351", source="192.0.2.2")
    assert is_right(pins, "7351", now_s=HOUR_S)


def test_guesses_of_others_do_not_refuse_who_was_there_before() -> None:
    pins = PinGuesses()
    assert is_right(pins, "7351", source="198.51.100.1")
    for number in range(200):
        is_right(pins, "0000", source=f"192.0.2.{number}")
    assert not is_right(pins, "7351", source="203.0.113.1")
    assert is_right(pins, "7351", source="198.51.100.1")


def test_no_pin_costs_nothing_where_moderators_alone_have_one() -> None:
    pins = PinGuesses()
    for _ in range(100):
        role = pins.role_of(ROOM, RoomSettings(moderator_pin="99"), "", source="192.0.2.1", now_s=0.0)
        assert role is Role.PARTICIPANT
    with pytest.raises(PinInvalid):
        pins.role_of(ROOM, SETTINGS, "", source="192.0.2.1", now_s=0.0)
    assert is_right(pins, "7351")


def test_memory_is_bounded() -> None:
    pins = PinGuesses()
    for number in range(20_000):
        is_right(pins, "0000", source=str(number), now_s=number * HOUR_S)
    assert len(pins._sources) <= 8192
