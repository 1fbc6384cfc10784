"""The action `amd`: whether a human or a machine has answered the call (api.md section 6.5)."""

import enum
from contextlib import closing, suppress
from typing import Final

from pydantic import Field

from mixminus.call.answer_detector import FRAME_SAMPLES, SAMPLE_RATE_HZ, AnswerDetector
from mixminus.errors import Unavailable
from mixminus.flow.action import ActionType
from mixminus.flow.options import Flag, Option, Whole
from mixminus.flow.run import FlowRun
from mixminus.log import get
from mixminus.mixer import PortClosed
from mixminus.mixer.stem import Stem
from mixminus.model.call import Answered, AnsweredBy, HangupReason
from mixminus.store.outbox import Draft
from mixminus.tasks import Interrupted, unless
from mixminus.wire.answered import AnsweredView

__all__ = ["ACTIONS"]

PERIOD_S: Final = 0.02
RESULT: Final = "voipbin.call.answered_by"

log = get("flow")


class MachineHandle(enum.StrEnum):
    """What is done when a machine has answered."""

    CONTINUE = enum.auto()
    HANGUP = enum.auto()


class Amd(Option):
    """Detect whether a human or a machine has answered; the call is answered first."""

    machine_handle: MachineHandle = MachineHandle.CONTINUE
    """`hangup`: a call that a machine has answered is hung up, with the reason `amd`."""
    in_background: Flag = Field(alias="async", default=False)
    """Continue with the next action at once; the event reports the result."""
    beep: Flag = False
    """Follow a machine until it has beeped, so that a message can be left."""
    timeout_ms: Whole = Field(alias="timeout", default=30_000, ge=1000, le=120_000)
    """Milliseconds after which what is known so far is the result."""


async def amd(run: FlowRun, option: Amd) -> None:
    await run.call.answer()
    if option.in_background:
        run.services.background.run(f"amd {run.call.id}", _beside(run, option))
        return
    found = await run.wait(_detect(run, option))
    if await _conclude(run, option, found):
        await run.park()


async def _beside(run: FlowRun, option: Amd) -> None:
    with suppress(Interrupted, PortClosed):
        await _conclude(run, option, await unless([run.call.over], _detect(run, option)))


async def _detect(run: FlowRun, option: Amd) -> Answered:
    """Hear what the call says, until it is known who speaks, or time is over."""
    detector = AnswerDetector(beep=option.beep)
    port, end_s = run.call.port, run.clock.monotonic_s() + option.timeout_ms / 1000
    with closing(Stem(port.open_tap(SAMPLE_RATE_HZ), port.id)) as stem:
        while run.clock.monotonic_s() < end_s:
            for frame in stem.read().reshape(-1, FRAME_SAMPLES):
                if found := detector.hear(frame):
                    return found
            await run.clock.sleep(PERIOD_S)
    return detector.now


async def _conclude(run: FlowRun, option: Amd, found: Answered) -> bool:
    """Set the variables, write and publish the result, and hang up a machine if that is wanted; return whether it was."""
    run.variables.set(RESULT, found.by)
    run.variables.set(f"{RESULT}_ms", str(found.at_ms))
    call = run.call.call
    view = {"id": call.id, "customer_id": call.customer_id, "answered_by": found.by}
    try:
        async with run.services.store.transaction() as tx:
            await run.call.set_answered_by(found, tx)
            data = AnsweredView.render(
                {**view, "at_ms": found.at_ms, "greeting_ms": found.greeting_ms}, tx.timestamp_style
            )
            draft = Draft(call.customer_id, "call_answered_by", call.customer_id, data, run.clock.now())
            tx.outbox.add(draft)
    except Unavailable as exc:
        log.warning("answering machine detection not written", call_id=str(call.id), cause=str(exc))
    machine = found.by in (AnsweredBy.MACHINE, AnsweredBy.BEEP)
    if machine and option.machine_handle is MachineHandle.HANGUP:
        await run.call.hang_up(HangupReason.AMD)
        return True
    return False


ACTIONS: Final = (ActionType("amd", Amd, amd),)
