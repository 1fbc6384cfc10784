"""Dialect: the messages of one WebSocket of a media stream. Pure.

    frames, marks, digits --> Dialect --> messages to the program
    messages of the program --> Dialect --> PCM and commands

PlainDialect is our own (api.md section 9): binary messages are audio, text messages JSON. ``twilio`` has Twilio's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Protocol

import orjson
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from mixminus.model.ids import CallId, ConferenceId, CustomerId, MediaStreamId
from mixminus.model.media_stream import CallListen, RoomListen, StreamFormat
from mixminus.streams.framing import Pcm, framing
from mixminus.streams.speech import Reached

__all__ = [
    "MAX_NAME",
    "Clear",
    "Command",
    "Dialect",
    "Mark",
    "Message",
    "PlainDialect",
    "Stop",
    "StreamStart",
    "UnknownMessage",
]

MAX_NAME: Final = 256
"""Characters of the name of a mark."""

Message = str | bytes
"""A text or a binary message of a WebSocket."""


class UnknownMessage(Exception):
    """A message that is no command."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Drop the audio that is not played yet."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Report when all audio before this was played."""

    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the stream."""


Command = Pcm | Clear | Mark | Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStart:
    """What a program learns first on a connection that the server has opened."""

    stream_id: MediaStreamId
    customer_id: CustomerId
    conference_id: ConferenceId
    call_id: CallId
    format: StreamFormat
    listen: RoomListen | CallListen
    parameters: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """The messages of one connection; keeps the state of their headers."""

    def opening(self) -> list[Message]:
        """Return what is sent first."""
        ...

    def audio(self, frame: Pcm) -> Message:
        """Return the message that carries a frame."""
        ...

    def reached(self, mark: Reached) -> Message:
        """Return the message that reports a mark."""
        ...

    def digit(self, digit: str) -> list[Message]:
        """Return the messages that report a digit of the caller."""
        ...

    def closing(self) -> list[Message]:
        """Return what is sent last, when the room or call has ended."""
        ...

    def parse(self, message: Message) -> Command:
        """Return what a message of the program means; MalformedFrame, or UnknownMessage for one to be ignored."""
        ...


class _Clear(BaseModel):
    type: Literal["clear"]


class _Mark(BaseModel):
    type: Literal["mark"]
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


class _Stop(BaseModel):
    type: Literal["stop"]


_COMMAND: Final[TypeAdapter[_Clear | _Mark | _Stop]] = TypeAdapter(
    Annotated[_Clear | _Mark | _Stop, Field(discriminator="type")]
)


class PlainDialect:
    """Our own messages. With ``start`` the connection begins with it, and reports digits and the end."""

    def __init__(self, stream_format: StreamFormat, start: StreamStart | None = None) -> None:
        self._framing = framing(stream_format.encapsulation)
        self._start = start

    def opening(self) -> list[Message]:
        if (start := self._start) is None:
            return []
        return _json(
            {
                "type": "start",
                "stream_id": str(start.stream_id),
                "customer_id": str(start.customer_id),
                "conference_id": str(start.conference_id),
                "call_id": str(start.call_id),
                "encapsulation": start.format.encapsulation,
                "sample_rate": start.format.sample_rate_hz,
                "listen": start.listen,
                "parameters": dict(start.parameters),
            }
        )

    def audio(self, frame: Pcm) -> Message:
        return self._framing.wrap(frame)

    def reached(self, mark: Reached) -> Message:
        return orjson.dumps({"type": "mark", "name": mark.name, "cleared": mark.cleared}).decode()

    def digit(self, digit: str) -> list[Message]:
        return _json({"type": "digit", "digit": digit}) if self._start else []

    def closing(self) -> list[Message]:
        return _json({"type": "stop"}) if self._start else []

    def parse(self, message: Message) -> Command:
        if isinstance(message, bytes):
            return self._framing.unwrap(message)
        try:
            command = _COMMAND.validate_json(message)
        except ValidationError:
            raise UnknownMessage from None
        match command:
            case _Clear():
                return Clear()
            case _Mark():
                return Mark(command.name)
            case _Stop():
                if self._start is None:
                    raise UnknownMessage  # a client that connects ends the stream by closing its connection
                return Stop()


def _json(value: Mapping[str, Any]) -> list[Message]:
    return [orjson.dumps(value).decode()]
