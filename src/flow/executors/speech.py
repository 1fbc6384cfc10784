"""What a call lets its caller hear; what cannot be heard is skipped, with a warning (api.md section 6.4)."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from mixminus.errors import MixMinusError
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.speech import Beep, Echo, Play, StreamEcho, Talk
from mixminus.flow.run import Executor, FlowRun
from mixminus.log import get
from mixminus.mixer import Port
from mixminus.sound.source import Source
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]

log = get("flow")


async def talk(run: FlowRun, option: Talk) -> None:
    """Say a text, to its end or to a digit; digits stay for whoever asks for them next."""
    await run.call.answer()
    sounds, port = run.services.sounds, run.call.port
    try:
        said = await run.wait(sounds.talk(port, option.text, language=option.language, voice=option.voice))
        if option.meanwhile:
            sounds.aside(port, said, run.call.over)
        elif option.digits_next:
            await _heard_until_digit(run, said)
        else:
            await run.wait(sounds.play(port, said))
    except MixMinusError as failure:
        _skipped(run, "talk", failure)


async def play(run: FlowRun, option: Play) -> None:
    """Play one after the other; one that cannot be played is skipped."""
    await run.call.answer()
    for url in option.stream_urls:
        try:
            await run.wait(run.services.sounds.play(run.call.port, await _opened(run, url)))
        except MixMinusError as failure:
            _skipped(run, "play", failure)


async def beep(run: FlowRun, _: Beep) -> None:
    await run.call.answer()
    try:
        await run.wait(run.services.sounds.play(run.call.port, run.services.sounds.beep()))
    except MixMinusError as failure:
        _skipped(run, "beep", failure)


async def echo(run: FlowRun, option: Echo) -> None:
    await run.call.answer()
    with run.services.sounds.echo(run.call.port):
        await run.wait(run.clock.sleep(option.duration_ms / 1000))


async def stream_echo(run: FlowRun, option: StreamEcho) -> None:
    """Echo, digits included: RFC 4733 events are answered by the same."""
    await run.call.answer()
    port = run.call.port

    def answer(digit: str) -> None:
        if isinstance(port, Port):
            with suppress(MixMinusError, OSError):  # events that were not negotiated are not sent
                port.send_digits(digit)

    with run.services.sounds.echo(port), run.call.digits.observed(answer):
        await run.wait(run.clock.sleep(option.duration_ms / 1000))


async def _opened(run: FlowRun, url: str) -> Source:
    return await run.wait(run.services.sounds.open(run.call.port, url))


async def _heard_until_digit(run: FlowRun, said: Source) -> None:
    pressed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def stop(_: str) -> None:
        if not pressed.done():
            pressed.set_result(None)

    try:
        with run.call.digits.observed(stop), run.stopped_by(pressed):
            await run.wait(run.services.sounds.play(run.call.port, said))
    except Interrupted as interrupted:
        if interrupted.stop is not pressed:
            raise


def _skipped(run: FlowRun, type_: str, failure: MixMinusError) -> None:
    if not run.call.over.done():
        log.warning("action skipped", call_id=str(run.call.id), type=type_, reason=failure.reason)


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    Talk: talk,
    Play: play,
    Beep: beep,
    Echo: echo,
    StreamEcho: stream_echo,
}
