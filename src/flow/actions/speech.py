"""What the caller hears: speech, files, beeps, echo (api.md section 6.5).

A sound that cannot be played is skipped with a warning (api.md section 6.4). With ``early_media`` the call is not
answered for it: the caller hears it as early media, where that is possible.
"""

import asyncio
import enum
from contextlib import suppress
from typing import Annotated, Any, Final

from pydantic import Field

from mixminus.errors import MixMinusError
from mixminus.flow.action import ActionType
from mixminus.flow.options import Flag, Option, Text, Whole
from mixminus.flow.run import FlowRun
from mixminus.mixer import Port
from mixminus.sound.source import Source
from mixminus.tasks import Interrupted

__all__ = ["ACTIONS", "Beep", "DigitsHandle", "Echo", "Play", "StreamEcho", "Talk"]

_ECHO_MS: Final = 180_000
_MAX_URLS: Final = 100


class DigitsHandle(enum.StrEnum):
    """What a digit does during a talk."""

    NONE = ""
    NEXT = enum.auto()


class Talk(Option):
    """Speak a text; the call is answered first."""

    text: Text = ""
    language: Text = ""
    """BCP 47 tag; empty is the server's language."""
    provider: Text = ""
    """Ignored: the language selects the engine."""
    voice: Text = Field(alias="voice_id", default="")
    digits_handle: DigitsHandle = DigitsHandle.NONE
    """`next`: a digit ends the talk, and the flow continues with the next action."""
    in_background: Flag = Field(alias="async", default=False)
    """Continue with the next action at once."""
    early_media: Flag = False
    """Speak before the call is answered."""


async def talk(run: FlowRun, option: Talk) -> None:
    """Speak the text up to its end or up to a digit, which is kept for the next action that takes digits."""
    await run.call.answer(early=option.early_media)
    sounds, port = run.services.sounds, run.call.port
    speech = await run.wait(
        sounds.synthesise(port, option.text, language=option.language, voice=option.voice)
    )
    if option.in_background:
        sounds.play_in_background(port, speech, run.call.over)
    elif option.digits_handle is DigitsHandle.NEXT:
        await _play_until_digit(run, speech)
    else:
        await run.wait(sounds.play(port, speech))


async def _play_until_digit(run: FlowRun, speech: Source) -> None:
    pressed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def stop(_: str) -> None:
        if not pressed.done():
            pressed.set_result(None)

    try:
        with run.call.digits.observed(stop), run.stopped_by(pressed):
            await run.wait(run.services.sounds.play(run.call.port, speech))
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise


class Play(Option):
    """Play sounds one after the other; the call is answered first."""

    stream_urls: Annotated[tuple[Text, ...], Field(max_length=_MAX_URLS)] = ()
    """http(s) URLs, and names of files in the server's folder of sounds."""
    early_media: Flag = False
    """Play before the call is answered."""


async def play(run: FlowRun, option: Play) -> None:
    """Play the sounds; one that cannot be played is skipped."""
    await run.call.answer(early=option.early_media)
    sounds, port = run.services.sounds, run.call.port
    for url in option.stream_urls:
        try:
            await run.wait(sounds.play(port, await run.wait(sounds.open(port, url))))
        except MixMinusError as failure:
            run.skip(failure.reason)


class Beep(Option):
    """Play one beep."""

    early_media: Flag = False
    """Play it before the call is answered."""


async def beep(run: FlowRun, option: Beep) -> None:
    await run.call.answer(early=option.early_media)
    await run.wait(run.services.sounds.play(run.call.port, run.services.sounds.beep()))


class Echo(Option):
    """Send the caller's audio back to the caller."""

    duration_ms: Whole = Field(alias="duration", default=0, ge=0)
    """Milliseconds; 0 is three minutes."""


async def echo(run: FlowRun, option: Echo) -> None:
    await run.call.answer()
    with run.services.sounds.echo(run.call.port):
        await run.wait(run.clock.sleep((option.duration_ms or _ECHO_MS) / 1000))


class StreamEcho(Echo):
    """Send the caller's audio back to the caller, and each digit as an RFC 4733 event."""


async def stream_echo(run: FlowRun, option: StreamEcho) -> None:
    await run.call.answer()
    port = run.call.port

    def send_back(digit: str) -> None:
        if isinstance(port, Port):
            with suppress(MixMinusError, OSError):  # telephone-event was not negotiated
                port.send_digits(digit)

    with run.call.digits.observed(send_back):
        await echo(run, option)


ACTIONS: Final = (
    ActionType("talk", Talk, talk),
    ActionType("play", Play, play),
    ActionType("beep", Beep, beep),
    ActionType("echo", Echo, echo),
    ActionType("stream_echo", StreamEcho, stream_echo),
)
