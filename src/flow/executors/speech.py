"""What a call lets its caller hear; what cannot be heard is skipped, with a warning (api.md section 6.4)."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from mixminus.errors import MixMinusError
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.speech import Beep, Echo, Play, StreamEcho, Talk
from mixminus.flow.run import Executor, FlowRun
from mixminus.mixer import Port
from mixminus.sound.source import Source
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]


async def talk(run: FlowRun, option: Talk) -> None:
    """Say a text, to its end or to a digit; digits stay for whoever asks for them next."""
    await run.call.answer()
    sounds, port = run.services.sounds, run.call.port
    said = await run.wait(sounds.talk(port, option.text, language=option.language, voice=option.voice))
    if option.meanwhile:
        sounds.aside(port, said, run.call.over)
    elif option.digits_next:
        await _heard_until_digit(run, said)
    else:
        await run.wait(sounds.play(port, said))


async def play(run: FlowRun, option: Play) -> None:
    """Play one after the other; one that cannot be played is skipped."""
    await run.call.answer()
    sounds, port = run.services.sounds, run.call.port
    for url in option.stream_urls:
        try:
            await run.wait(sounds.play(port, await run.wait(sounds.open(port, url))))
        except MixMinusError as failure:
            run.skip(failure.reason)


async def beep(run: FlowRun, _: Beep) -> None:
    await run.call.answer()
    await run.wait(run.services.sounds.play(run.call.port, run.services.sounds.beep()))


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


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    Talk: talk,
    Play: play,
    Beep: beep,
    Echo: echo,
    StreamEcho: stream_echo,
}
