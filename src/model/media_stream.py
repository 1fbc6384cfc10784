"""Media streams: the audio of a room or a call to a program and back (api.md section 9)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId, MediaStreamId

__all__ = [
    "MEDIA_STREAM_TRANSITIONS",
    "NO_CALL",
    "NO_CONFERENCE",
    "NO_PARTICIPANT",
    "SAMPLE_RATES_HZ",
    "TELEPHONY_HZ",
    "AgentStream",
    "CallListen",
    "Encapsulation",
    "MediaStreamEvent",
    "MediaStreamStatus",
    "RoomListen",
    "StreamFormat",
    "StreamProtocol",
    "StreamRequest",
]

TELEPHONY_HZ: Final = 8000
NO_CONFERENCE: Final = ConferenceId(NIL)
NO_PARTICIPANT: Final = ConferencecallId(NIL)
NO_CALL: Final = CallId(NIL)
SAMPLE_RATES_HZ: Final = (TELEPHONY_HZ, 16000, 24000, 48000)


class Encapsulation(enum.StrEnum):
    """What is around the PCM in a binary message."""

    SLN = enum.auto()
    RTP = enum.auto()
    AUDIOSOCKET = enum.auto()


class StreamProtocol(enum.StrEnum):
    """The messages on a WebSocket that the server opens: its own, or those of Twilio's Media Streams."""

    MIXMINUS = enum.auto()
    TWILIO = enum.auto()


class RoomListen(enum.StrEnum):
    """What a stream of a room hears: all, one participant alone, or all but one."""

    MIX = enum.auto()
    PARTICIPANT = enum.auto()
    MIX_MINUS = enum.auto()


class CallListen(enum.StrEnum):
    """What a stream of a call hears: what the call says, what it hears (the mix-minus of that call), or both."""

    IN = enum.auto()
    OUT = enum.auto()
    BOTH = enum.auto()


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How the audio of a stream is written: mono, 16 bits, 20 ms a message."""

    encapsulation: Encapsulation = Encapsulation.SLN
    sample_rate_hz: int = TELEPHONY_HZ

    @property
    def frame_samples(self) -> int:
        """Samples of a message."""
        return self.sample_rate_hz // 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRequest:
    """What is asked for when the server is to connect to a program."""

    url: str
    protocol: StreamProtocol = StreamProtocol.MIXMINUS
    format: StreamFormat = StreamFormat()
    listen: RoomListen | CallListen
    conferencecall_id: ConferencecallId = NO_PARTICIPANT
    """The participant that `listen` speaks of; nil if it speaks of none."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The customer's own, which the program gets in the first message."""


class MediaStreamStatus(enum.StrEnum):
    CONNECTING = enum.auto()
    CONNECTED = enum.auto()
    RECONNECTING = enum.auto()
    ENDED = enum.auto()
    FAILED = enum.auto()


class MediaStreamEvent(enum.StrEnum):
    OPENED = enum.auto()
    LOST = enum.auto()
    FINISHED = enum.auto()
    REFUSED = enum.auto()


MEDIA_STREAM_TRANSITIONS: Final[dict[MediaStreamStatus, dict[MediaStreamEvent, MediaStreamStatus]]] = {
    MediaStreamStatus.CONNECTING: {
        MediaStreamEvent.OPENED: MediaStreamStatus.CONNECTED,
        MediaStreamEvent.FINISHED: MediaStreamStatus.ENDED,
        MediaStreamEvent.REFUSED: MediaStreamStatus.FAILED,
    },
    MediaStreamStatus.CONNECTED: {
        MediaStreamEvent.LOST: MediaStreamStatus.RECONNECTING,
        MediaStreamEvent.FINISHED: MediaStreamStatus.ENDED,
    },
    MediaStreamStatus.RECONNECTING: {
        MediaStreamEvent.OPENED: MediaStreamStatus.CONNECTED,
        MediaStreamEvent.FINISHED: MediaStreamStatus.ENDED,
        MediaStreamEvent.REFUSED: MediaStreamStatus.FAILED,
    },
    MediaStreamStatus.ENDED: {},
    MediaStreamStatus.FAILED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStream:
    """A stream whose WebSocket the server opens, as it is now; times are None until they happen."""

    id: MediaStreamId
    customer_id: CustomerId
    conference_id: ConferenceId = NO_CONFERENCE
    call_id: CallId = NO_CALL
    """One of the two is nil."""
    request: StreamRequest
    status: MediaStreamStatus = MediaStreamStatus.CONNECTING
    error: str = ""
    """Why it failed, or why the last connection was lost."""
    connections: int = 0
    """How often the WebSocket was opened."""
    tm_create: datetime
    tm_start: datetime | None = None
    """When the WebSocket was opened first."""
    tm_end: datetime | None = None
    tm_update: datetime | None = None
