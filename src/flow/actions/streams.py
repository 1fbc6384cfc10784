"""Actions that connect the call to a program by WebSocket (api.md sections 6.5 and 9.1)."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from mixminus.errors import MixMinusError
from mixminus.flow.action import ActionType
from mixminus.flow.options import Flag, Option, Text
from mixminus.flow.run import FlowRun
from mixminus.model.media_stream import (
    TELEPHONY_HZ,
    CallListen,
    Encapsulation,
    StreamFormat,
    StreamProtocol,
    StreamRequest,
    checked_parameters,
)

__all__ = ["ACTIONS"]


class MediaStreamStart(Option):
    """Connect the call to a program by a WebSocket that the server opens, and play what the program sends."""

    url: Text = ""
    """`ws://` or `wss://`."""
    protocol: StreamProtocol = StreamProtocol.MIXMINUS
    encapsulation: Encapsulation = Encapsulation.SLN
    sample_rate: Literal[8000, 16000, 24000, 48000] = TELEPHONY_HZ
    listen: CallListen = CallListen.IN
    """What the program hears: `in` is what the caller says, `out` what the caller hears."""
    parameters: Annotated[dict[str, str], AfterValidator(checked_parameters)] = Field(default_factory=dict)
    """What the program gets in the first message."""
    wait: Flag = False
    """Whether the flow continues only when the stream has ended."""

    def to_request(self) -> StreamRequest:
        return StreamRequest(
            url=self.url,
            protocol=self.protocol,
            format=StreamFormat(self.encapsulation, self.sample_rate),
            listen=self.listen,
            parameters=self.parameters,
        )


async def media_stream_start(run: FlowRun, option: MediaStreamStart) -> None:
    try:
        await run.call.answer()
        stream = run.services.agent_streams.start_live(run.call, option.to_request())
    except MixMinusError as exc:
        run.skip(exc.reason)
        return
    if option.wait:
        await run.wait(run.services.agent_streams.ended(stream.id))


class MediaStreamStop(Option):
    """End the call's connections to programs."""


async def media_stream_stop(run: FlowRun, _: MediaStreamStop) -> None:
    run.services.agent_streams.stop_call(run.call.id)


ACTIONS: Final = (
    ActionType("media_stream_start", MediaStreamStart, media_stream_start),
    ActionType("media_stream_stop", MediaStreamStop, media_stream_stop),
)
