"""Digits: those that a caller presses, and those that are pressed for them."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.digits import DigitsReceive, DigitsSend
from mixminus.flow.run import Executor, FlowRun
from mixminus.flow.variables import DIGITS
from mixminus.mixer import Port
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]

_MS_PER_S: Final = 1000


async def digits_receive(run: FlowRun, option: DigitsReceive) -> None:
    """Add to the variable what is pressed, the key that ends it included.

    Digits that were pressed before, during other actions, count, and take the place of what
    the variable had; those beyond the end wait for the next time.
    """
    before = run.variables.begin_digits()
    received = ""
    end_s = run.clock.monotonic_s() + option.duration_ms / _MS_PER_S
    while not _complete(option, received):
        if not run.call.digits.waiting and not await _pressed(run, option, end_s):
            break
        received += run.call.digits.take()
        run.variables.set(DIGITS, before + received)


def _complete(option: DigitsReceive, received: str) -> bool:
    if 0 < option.length <= len(received):
        return True
    return bool(received) and received[-1] in option.key


async def _pressed(run: FlowRun, option: DigitsReceive, end_s: float) -> bool:
    """Wait for a digit; False when there was none in time."""
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


async def digits_send(run: FlowRun, option: DigitsSend) -> None:
    """Send them by RFC 4733; a call that has not agreed to that is spared them."""
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


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    DigitsReceive: digits_receive,
    DigitsSend: digits_send,
}
