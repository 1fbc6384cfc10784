"""DTMF digits: receive those that the caller presses, send digits to the caller (api.md section 6.5)."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from mixminus.call.digit_sender import MAX_DIGITS, MAX_INTERVAL_MS, MAX_TONE_MS, MIN_TONE_MS
from mixminus.flow.action import ActionType
from mixminus.flow.options import Option, Text, Whole
from mixminus.flow.run import FlowRun
from mixminus.flow.variables import DIGITS
from mixminus.mixer import Port
from mixminus.tasks import Interrupted

__all__ = ["ACTIONS", "DigitsReceive", "DigitsSend"]

_DIGITS: Final = frozenset("0123456789ABCD#*")
_MS_PER_S: Final = 1000


class DigitsReceive(Option):
    """Wait for digits; they are in the variable `voipbin.call.digits` afterwards."""

    duration_ms: Whole = Field(alias="duration", default=0, ge=0)
    """Milliseconds to wait; 0 is no limit if there is a `length` or a `key`."""
    length: Whole = Field(default=0, ge=0)
    """Number of digits after which the wait ends; 0 is no limit."""
    key: Text = ""
    """Digits of which each ends the wait; it becomes part of the variable."""


async def digits_receive(run: FlowRun, option: DigitsReceive) -> None:
    """Append received digits to the variable.

    Digits that were pressed during earlier actions count, and replace the value of the variable;
    digits after the end are kept for the next action that takes digits.
    """
    before = run.variables.begin_digits()
    received = ""
    end_s = run.clock.monotonic_s() + option.duration_ms / _MS_PER_S
    while not _is_complete(option, received):
        if not run.call.digits.waiting and not await _wait_for_digit(run, option, end_s):
            break
        received += run.call.digits.take()
        run.variables.set(DIGITS, before + received)


def _is_complete(option: DigitsReceive, received: str) -> bool:
    if 0 < option.length <= len(received):
        return True
    return bool(received) and received[-1] in option.key


async def _wait_for_digit(run: FlowRun, option: DigitsReceive, end_s: float) -> bool:
    """Wait for a digit; False if none came in time."""
    pressed = run.call.digits.arrived()
    unlimited = not option.duration_ms and (option.length or option.key)
    try:
        with run.stopped_by(pressed):
            if unlimited:
                await run.park()
            await run.wait(run.clock.sleep(end_s - run.clock.monotonic_s()))
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise
        return True
    return False


def _sendable(text: str) -> str:
    digits = text.upper()
    if not _DIGITS.issuperset(digits):
        raise ValueError("has characters other than 0-9, A-D, # and *")
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"has more than {MAX_DIGITS} digits")
    return digits


class DigitsSend(Option):
    """Send DTMF digits to the caller (RFC 4733)."""

    digits: Annotated[Text, AfterValidator(_sendable)] = ""
    duration_ms: Whole = Field(alias="duration", default=MIN_TONE_MS, ge=MIN_TONE_MS, le=MAX_TONE_MS)
    """Milliseconds of each digit."""
    interval_ms: Whole = Field(alias="interval", default=0, ge=0, le=MAX_INTERVAL_MS)
    """Milliseconds between two digits."""


async def digits_send(run: FlowRun, option: DigitsSend) -> None:
    """Send the digits; skipped on a call that has not negotiated telephone-event."""
    port = run.call.port
    if not isinstance(port, Port):
        run.skip("no telephone-event")
        return
    await run.call.answer()
    for index, digit in enumerate(option.digits):
        if index and option.interval_ms:
            await run.wait(run.clock.sleep(option.interval_ms / _MS_PER_S))
        port.send_digits(digit, option.duration_ms)
        await run.wait(run.clock.sleep(option.duration_ms / _MS_PER_S))


ACTIONS: Final = (
    ActionType("digits_receive", DigitsReceive, digits_receive, uses_digits=True),
    ActionType("digits_send", DigitsSend, digits_send),
)
