"""The pin at the door: words and a beep ask, digits answer, ``#`` ends; after three wrong answers it is over."""

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from mixminus.conference.admission import MAX_PIN_DIGITS, role_of
from mixminus.conference.errors import PinInvalid
from mixminus.errors import MixMinusError
from mixminus.flow.run import FlowRun
from mixminus.model.conference import Role, RoomSettings
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
    prompt = "pin"
    for _ in range(_TRIES):
        with suppress(PinInvalid):
            return role_of(settings, await _ask(run, settings, prompt))
        prompt = "pin_wrong"
    return None


async def _ask(run: FlowRun, settings: RoomSettings, prompt: str) -> str:
    """Return the digits up to ``#``, or up to a long silence; the first one ends the prompt."""
    pin = ""
    digit = await _digit(run, _first_wait(run, settings, prompt))
    while digit not in ("", _END):
        pin += digit
        if len(pin) == MAX_PIN_DIGITS:
            break
        digit = await _digit(run, run.clock.sleep(_NEXT_DIGIT_S))
    return pin


async def _first_wait(run: FlowRun, settings: RoomSettings, prompt: str) -> None:
    """Ask, beep, and have patience from then on."""
    sounds = run.services.sounds
    if settings.prompts != "off":
        await sounds.prompt(run.call.port, prompt, settings.wording)
    with suppress(MixMinusError):  # nobody hears it: digits may come all the same
        await sounds.play(run.call.port, sounds.beep())
    await run.clock.sleep(_FIRST_DIGIT_S)


async def _digit(run: FlowRun, patience: Coroutine[Any, Any, None]) -> str:
    """Return the next digit, or nothing when patience is over."""
    pressed = run.call.digits.arrived()
    try:
        with run.stopped_by(pressed):
            await run.wait(patience)
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise
    return run.call.digits.take()
