"""TwilioDialect: the messages of Twilio's Media Streams (twilio.com/docs/voice/media-streams/websocket-messages). Pure.

All are JSON in text messages; audio is base64 of mu-law at 8 kHz, mono, 20 ms a message. The identifiers are made of
ours: AC, CA or MZ before the 32 hexadecimal digits of the customer, of the call (or conference) and of the stream.
"""

import base64
import binascii
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from mixminus.model.ids import NIL
from mixminus.model.media_stream import TELEPHONY_HZ, CallListen
from mixminus.streams.dialect import (
    MAX_NAME,
    Clear,
    Command,
    Mark,
    Message,
    Stop,
    StreamStart,
    UnknownMessage,
)
from mixminus.streams.framing import MalformedFrame, Pcm, mulaw_decoded, mulaw_encoded
from mixminus.streams.speech import Reached

__all__ = ["TwilioDialect"]

_VERSION: Final = "1.0.0"
_TRACKS: Final = {CallListen.OUT: "outbound"}
_SAMPLES_PER_MS: Final = TELEPHONY_HZ // 1000


class _Payload(BaseModel):
    payload: str


class _Name(BaseModel):
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


class _Media(BaseModel):
    event: Literal["media"]
    media: _Payload


class _Mark(BaseModel):
    event: Literal["mark"]
    mark: _Name


class _Clear(BaseModel):
    event: Literal["clear"]


class _Stop(BaseModel):
    event: Literal["stop"]


_COMMAND: Final[TypeAdapter[_Media | _Mark | _Clear | _Stop]] = TypeAdapter(
    Annotated[_Media | _Mark | _Clear | _Stop, Field(discriminator="event")]
)


class TwilioDialect:
    """Numbers the messages of one connection, and its audio by time."""

    def __init__(self, start: StreamStart) -> None:
        self._start = start
        self._stream = _sid("MZ", start.stream_id)
        self._account = _sid("AC", start.customer_id)
        self._call = _sid("CA", start.call_id if start.call_id != NIL else start.conference_id)
        self._track = (
            _TRACKS.get(start.listen, "inbound") if isinstance(start.listen, CallListen) else "inbound"
        )
        self._messages = 0
        self._frames = 0
        self._samples = 0

    def opening(self) -> list[Message]:
        connected = orjson.dumps({"event": "connected", "protocol": "Call", "version": _VERSION}).decode()
        start = {
            "accountSid": self._account,
            "streamSid": self._stream,
            "callSid": self._call,
            "tracks": [self._track],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": TELEPHONY_HZ, "channels": 1},
            "customParameters": dict(self._start.parameters),
        }
        return [connected, self._message("start", start)]

    def audio(self, frame: Pcm) -> Message:
        self._frames += 1
        media = {
            "track": self._track,
            "chunk": str(self._frames),
            "timestamp": str(self._samples // _SAMPLES_PER_MS),
            "payload": base64.b64encode(mulaw_encoded(frame)).decode(),
        }
        self._samples += frame.size
        return self._message("media", media)

    def reached(self, mark: Reached) -> Message:
        return self._message("mark", {"name": mark.name})

    def digit(self, digit: str) -> list[Message]:
        return [self._message("dtmf", {"track": "inbound_track", "digit": digit})]

    def closing(self) -> list[Message]:
        return [self._message("stop", {"accountSid": self._account, "callSid": self._call})]

    def parse(self, message: Message) -> Command:
        """The stream's identifier in a message is not read: there is one stream on a connection."""
        try:
            command = _COMMAND.validate_json(message)
        except ValidationError:
            raise UnknownMessage from None
        match command:
            case _Media():
                return _pcm(command.media.payload)
            case _Mark():
                return Mark(command.mark.name)
            case _Clear():
                return Clear()
            case _Stop():
                return Stop()

    def _message(self, event: str, value: dict[str, Any]) -> Message:
        self._messages += 1
        numbered = {
            "event": event,
            "sequenceNumber": str(self._messages),
            event: value,
            "streamSid": self._stream,
        }
        return orjson.dumps(numbered).decode()


def _pcm(payload: str) -> Pcm:
    try:
        return mulaw_decoded(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise MalformedFrame("not base64") from exc


def _sid(prefix: str, id_: UUID) -> str:
    return prefix + id_.hex
