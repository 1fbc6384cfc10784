"""The pin at the door: a beep asks, digits answer, ``#`` ends; after three wrong answers it is over."""

from contextlib import suppress
from typing import Final

from mixminus.conference.admission import MAX_PIN_DIGITS, role_of
from mixminus.conference.errors import PinInvalid
from mixminus.conference.model import Role, RoomSettings
from mixminus.flow.run import FlowRun
from mixminus.tasks import Interrupted

__all__ = ["role_at_door"]

_TRIES: Final = 3
_FIRST_DIGIT_S: Final = 15.0
_NEXT_DIGIT_S: Final = 5.0
_END: Final = "#"


async def role_at_door(run: FlowRun, settings: RoomSettings) -> Role | None:
    """Return what whoever calls may be in the room; None if they do not know its pin."""
    if not settings.asks_pin:
        return Role.PARTICIPANT
    if run.call.pin is not None:
        with suppress(PinInvalid):
            return role_of(settings, run.call.pin)
    await run.call.answer()
    for _ in range(_TRIES):
        with suppress(PinInvalid):
            return role_of(settings, await _ask(run))
    return None


async def _ask(run: FlowRun) -> str:
    """Return the digits up to ``#``, or up to a long silence."""
    with run.participants.prompt(run.call.port):
        pin, patience_s = "", _FIRST_DIGIT_S
        while len(pin) < MAX_PIN_DIGITS:
            digit = await _digit(run, patience_s)
            if digit in ("", _END):
                break
            pin, patience_s = pin + digit, _NEXT_DIGIT_S
        return pin


async def _digit(run: FlowRun, patience_s: float) -> str:
    """Return the next digit, or nothing when patience is over."""
    pressed = run.call.digits.arrived()
    try:
        with run.stopped_by(pressed):
            await run.wait(run.clock.sleep(patience_s))
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise
    return run.call.digits.take()
