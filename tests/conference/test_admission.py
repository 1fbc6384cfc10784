"""Admission by pin, lock and limit."""

import pytest

from mixminus.conference.admission import check_place, check_settings, role_of
from mixminus.conference.errors import ConferenceFull, ConferenceLocked, PinInvalid
from mixminus.errors import InvalidArgument
from mixminus.model.conference import Role, RoomSettings


@pytest.mark.parametrize(
    ("settings", "pin", "role"),
    [
        pytest.param(RoomSettings(), "", Role.PARTICIPANT, id="no pin required"),
        pytest.param(RoomSettings(), "1", None, id="a pin where none is required"),
        pytest.param(RoomSettings(pin="12"), "12", Role.PARTICIPANT, id="the pin"),
        pytest.param(RoomSettings(pin="12"), "1", None, id="a part of the pin"),
        pytest.param(RoomSettings(pin="12"), "", None, id="no pin given"),
        pytest.param(
            RoomSettings(pin="12", moderator_pin="99"), "99", Role.MODERATOR, id="the moderator pin"
        ),
        pytest.param(RoomSettings(moderator_pin="99"), "", Role.PARTICIPANT, id="only moderators need a pin"),
        pytest.param(RoomSettings(moderator_pin="99"), "9", None, id="a part of the moderator pin"),
    ],
)
def test_pin_gives_the_role(settings: RoomSettings, pin: str, role: Role | None) -> None:
    if role is None:
        with pytest.raises(PinInvalid):
            role_of(settings, pin)
    else:
        assert role_of(settings, pin) is role


def test_full_or_locked_room_admits_no_one() -> None:
    check_place(RoomSettings(), 10_000)
    check_place(RoomSettings(max_participants=2), 1)
    with pytest.raises(ConferenceFull):
        check_place(RoomSettings(max_participants=2), 2)
    with pytest.raises(ConferenceLocked):
        check_place(RoomSettings(locked=True), 0)


@pytest.mark.parametrize(
    "settings",
    [
        RoomSettings(pin="1", moderator_pin="1"),
        RoomSettings(pin="12a"),
        RoomSettings(moderator_pin="1" * 17),
        RoomSettings(max_participants=-1),
    ],
)
def test_invalid_settings_are_refused(settings: RoomSettings) -> None:
    with pytest.raises(InvalidArgument):
        check_settings(settings)
