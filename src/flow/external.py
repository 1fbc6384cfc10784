"""ExternalMedia: what actions ask of whoever carries a call's audio elsewhere; ``streams`` has the one."""

import enum
from dataclasses import dataclass
from typing import Protocol

from mixminus.call.live import LiveCall
from mixminus.model.ids import CallId

__all__ = ["ExternalMedia", "Fork", "Listen", "Speak"]


class Listen(enum.StrEnum):
    """What is sent: what the caller says, what it hears, both as one, or nothing."""

    BOTH = enum.auto()
    IN = enum.auto()
    OUT = enum.auto()
    NONE = enum.auto()


class Speak(enum.StrEnum):
    """Whether what comes back is heard, by the caller alone; BOTH is more than there is, and means OUT."""

    BOTH = enum.auto()
    OUT = enum.auto()
    NONE = enum.auto()


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a call's audio goes, and which way; RTP over UDP, mu-law."""

    host: str
    """A name or an address; empty where nobody has said one."""
    port: int
    listen: Listen = Listen.BOTH
    speak: Speak = Speak.BOTH


class ExternalMedia(Protocol):
    """Carries calls' audio to programs and back."""

    async def start(self, call: LiveCall, fork: Fork) -> None:
        """Carry it until the call ends; a MixMinusError says why not."""
        ...

    def stop(self, call_id: CallId) -> None:
        """Let every fork of a call end; harmless when there is none."""
        ...
