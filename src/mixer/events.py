"""What the engine tells: facts that a tick has found, in order, each with its port."""

from dataclasses import dataclass

__all__ = [
    "DigitReceived",
    "EngineEvent",
    "FirstPacket",
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
    """The first valid RTP packet of a port has come."""


@dataclass(frozen=True, slots=True)
class MediaTimeout(_PortEvent):
    """No valid packet for the port's media timeout; told once until packets come again."""


@dataclass(frozen=True, slots=True)
class MediaResumed(_PortEvent):
    """Packets came again after a MediaTimeout."""


@dataclass(frozen=True, slots=True)
class RemoteChanged(_PortEvent):
    """Symmetric RTP has latched onto another address."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class TalkSpurtStarted(_PortEvent):
    """The participant talks."""


@dataclass(frozen=True, slots=True)
class TalkSpurtEnded(_PortEvent):
    """The participant has stopped talking, or left while talking."""


@dataclass(frozen=True, slots=True)
class DigitReceived(_PortEvent):
    """A whole DTMF digit (RFC 4733), told once, when it ended."""

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
)
