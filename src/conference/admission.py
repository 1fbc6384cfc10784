"""Admission: whether a caller may enter a room, and in which role. Pure."""

import hmac
from typing import Final

from mixminus.conference.errors import ConferenceFull, ConferenceLocked, PinInvalid
from mixminus.errors import InvalidArgument
from mixminus.model.conference import Role, RoomSettings
from mixminus.model.menu import check_menu
from mixminus.sound.prompts import PROMPTS

__all__ = ["MAX_PIN_DIGITS", "check_place", "check_settings", "role_of"]

MAX_PIN_DIGITS: Final = 16


def check_settings(settings: RoomSettings) -> None:
    """Raise InvalidArgument for invalid or contradictory settings."""
    for pin in (settings.pin, settings.moderator_pin):
        if pin and not (pin.isascii() and pin.isdigit() and len(pin) <= MAX_PIN_DIGITS):
            raise InvalidArgument(f"a pin must be 1 to {MAX_PIN_DIGITS} digits, or empty")
    if settings.pin and settings.pin == settings.moderator_pin:
        raise InvalidArgument("pin and moderator_pin must differ")
    if unknown := settings.prompt_texts.keys() - PROMPTS:
        raise InvalidArgument(f"no such prompt: {min(unknown)}; use one of {', '.join(sorted(PROMPTS))}")
    check_menu(settings.dtmf_menu)
    if settings.max_participants < 0:
        raise InvalidArgument("max_participants must not be negative")


def check_place(settings: RoomSettings, present: int) -> None:
    """Raise ConferenceLocked or ConferenceFull if the room admits no further participant."""
    if settings.locked:
        raise ConferenceLocked("the conference is locked; a moderator can unlock it")
    if 0 < settings.max_participants <= present:
        raise ConferenceFull(f"the conference is full: it admits {settings.max_participants} participants")


def role_of(settings: RoomSettings, pin: str) -> Role:
    """Return the role that a pin gives; raise PinInvalid if it is wrong, or missing and required."""
    if settings.moderator_pin and _same(pin, settings.moderator_pin):
        return Role.MODERATOR
    if (settings.pin and _same(pin, settings.pin)) or not (pin or settings.pin):
        return Role.PARTICIPANT
    raise PinInvalid("the pin is wrong" if pin else "the conference requires a pin")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
