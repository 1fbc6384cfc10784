"""What is measured: how many phones, where they meet, and what they send."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["AIMS", "Aims", "Background", "CodecName", "Plan", "Rooms"]


class CodecName(StrEnum):
    """A codec, as on the command line."""

    PCMU = "pcmu"
    PCMA = "pcma"
    G722 = "g722"
    OPUS = "opus"


class Rooms(StrEnum):
    """Where the phones meet."""

    ONE = "one"
    PAIRS = "pairs"


class Background(StrEnum):
    """What a phone sends whose participant does not talk."""

    SILENCE = "silence"
    """Digital silence."""
    NOISE = "noise"
    """A quiet place: noise at -65 dBov."""
    LEVEL = "level"
    """Digital silence, and an audio level in each packet (RFC 6464)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One line of a report."""

    phones: int
    codec: CodecName = CodecName.PCMU
    rooms: Rooms = Rooms.ONE
    talkers: int = 3
    """In one room; in a room of two the first phone talks."""
    background: Background = Background.SILENCE
    seconds: float = 15.0
    """Duration of a measurement."""
    join_rate: float = 40.0
    """Calls a second."""

    def talker_of(self, phone: int) -> int | None:
        """Return which talker a phone is, or None if it is silent."""
        if self.rooms is Rooms.PAIRS:
            return 0 if phone % 2 == 0 else None
        return phone if phone < self.talkers else None

    def room_of(self, phone: int) -> int:
        """Return the number of a phone's room."""
        return phone // 2 if self.rooms is Rooms.PAIRS else 0

    @property
    def talkers_heard(self) -> int:
        """How many talkers a listener hears."""
        return 1 if self.rooms is Rooms.PAIRS else self.talkers


@dataclass(frozen=True, slots=True)
class Aims:
    """When quality is good: for every phone, not on average."""

    packets_per_s: float = 49.5
    delay_p99_ms: float = 60.0
    markers_heard: float = 0.99
    """A marker that is lost has no delay; it must not make the delay look better."""


AIMS: Final = Aims()
