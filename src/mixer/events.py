"""Events of the engine, in order; each belongs to a port."""

from dataclasses import dataclass

__all__ = [
    "DigitReceived",
    "EngineEvent",
    "FirstPacket",
    "HoldEnded",
    "HoldStarted",
    "MediaResumed",
    "MediaTimeout",
    "RemoteChanged",
    "TalkSpurtEnded",
    "TalkSpurtStarted",
]


@dataclass(frozen=True, slots=True)
class _PortEvent:
    port_id: int
    at_us: int
    """CLOCK_MONOTONIC."""


@dataclass(frozen=True, slots=True)
class FirstPacket(_PortEvent):
    """The first valid RTP packet of a port was received."""


@dataclass(frozen=True, slots=True)
class MediaTimeout(_PortEvent):
    """No valid packet was received for the media timeout; emitted once until packets resume."""


@dataclass(frozen=True, slots=True)
class MediaResumed(_PortEvent):
    """Packets were received again after a MediaTimeout."""


@dataclass(frozen=True, slots=True)
class RemoteChanged(_PortEvent):
    """Symmetric RTP latched onto another address."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class TalkSpurtStarted(_PortEvent):
    """The participant started talking."""


@dataclass(frozen=True, slots=True)
class TalkSpurtEnded(_PortEvent):
    """The participant stopped talking, or left the bridge while talking."""


@dataclass(frozen=True, slots=True)
class HoldStarted(_PortEvent):
    """The far end has put the call on hold, by its signalling."""


@dataclass(frozen=True, slots=True)
class HoldEnded(_PortEvent):
    """The far end has taken the call off hold."""


@dataclass(frozen=True, slots=True)
class DigitReceived(_PortEvent):
    """A DTMF digit ended (RFC 4733, or in-band tones); emitted once per digit."""

    digit: str
    duration_ms: int


EngineEvent = (
    FirstPacket
    | MediaTimeout
    | MediaResumed
    | RemoteChanged
    | TalkSpurtStarted
    | TalkSpurtEnded
    | DigitReceived
    | HoldStarted
    | HoldEnded
)
