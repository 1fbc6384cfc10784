"""The flow's own call: answer, hang up, mute, wait (api.md section 6.5)."""

from typing import Final

from pydantic import Field

from mixminus.flow.action import ActionType
from mixminus.flow.options import Flag, Headers, Option, Uuid, Whole
from mixminus.flow.run import FlowRun
from mixminus.model.call import HangupReason, MuteDirection
from mixminus.model.ids import NIL, CallId

__all__ = ["ACTIONS", "Answer", "Hangup", "Mute", "Ringing", "Sleep"]


class Answer(Option):
    """Answer the call."""

    headers: Headers = Field(default_factory=dict)
    """`X-...` and `User-to-User` headers of the answer to a phone."""


async def answer(run: FlowRun, option: Answer) -> None:
    if run.call.call.direction == "outgoing":
        await run.save()
    await run.call.answer(option.headers, later=True)


class Ringing(Option):
    """Let the caller hear ringing for a while, without answering; an extension of this server."""

    duration_ms: Whole = Field(alias="duration", default=0, ge=0)
    """Milliseconds; 0 continues at once, and the caller goes on hearing its own ringing tone."""
    early_media: Flag = False
    """The server sends the ringing tone, as early media; otherwise the caller's phone makes its own."""


async def ringing(run: FlowRun, option: Ringing) -> None:
    if run.call.answered or not option.early_media or not await run.call.open_early_media():
        await run.call.ring()
        await run.wait(run.clock.sleep(option.duration_ms / 1000))
        return
    tone = run.services.early_media.ringing(run.call)
    try:
        await run.wait(run.clock.sleep(option.duration_ms / 1000))
    finally:
        tone.close()


class Hangup(Option):
    """Hang up the call."""

    reason: HangupReason = HangupReason.NORMAL
    reference_id: Uuid = NIL
    """A call whose hangup reason is used instead."""
    headers: Headers = Field(default_factory=dict)
    """`X-...` and `User-to-User` headers of the BYE to a phone."""


async def hangup(run: FlowRun, option: Hangup) -> None:
    await run.call.hang_up(await _reason(run, option), option.headers)
    await run.park()


async def _reason(run: FlowRun, option: Hangup) -> HangupReason:
    """Return the reason of the referenced call if it is the customer's and has ended, else the option's."""
    if option.reference_id == NIL:
        return option.reason
    async with run.services.store.snapshot() as tx:
        call = await tx.calls.find(CallId(option.reference_id))
    if call is None or call.customer_id != run.activeflow.customer_id:
        return option.reason
    return call.hangup_reason or option.reason


class Mute(Option):
    """Mute the call in both directions; a call that is not answered is not muted."""


async def mute(run: FlowRun, _: Mute) -> None:
    await run.call.set_mute(MuteDirection.BOTH, on=True)


class Sleep(Option):
    """Wait."""

    duration_ms: Whole = Field(alias="duration", default=0, ge=0)
    """Milliseconds."""


async def sleep(run: FlowRun, option: Sleep) -> None:
    await run.wait(run.clock.sleep(option.duration_ms / 1000))


ACTIONS: Final = (
    ActionType("answer", Answer, answer, saves=True),
    ActionType("ringing", Ringing, ringing),
    ActionType("hangup", Hangup, hangup),
    ActionType("mute", Mute, mute),
    ActionType("sleep", Sleep, sleep, without_call=True),
)
