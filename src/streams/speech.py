"""Speech: the audio that a client has sent and that is not played yet, with its marks (api.md section 9).

    client --add--> waiting (up to MAX_WAITING_S) --advance--> the engine's ring (up to 10 s) --> room or call

A client may send faster than real time: nothing is dropped. When as much waits as may, ``full`` asks the reader of
the socket to pause, and the client's connection pushes back.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from mixminus.model.media_stream import TELEPHONY_HZ
from mixminus.streams.framing import Pcm

__all__ = ["MAX_MARKS", "MAX_WAITING_S", "Budget", "Player", "Reached", "Speech"]

MAX_WAITING_S: Final = 900
"""Seconds of audio that one stream may send ahead."""
MAX_WAITING_ALL: Final = 8 * 3600 * TELEPHONY_HZ
"""Samples of all streams together: eight hours at 8 kHz, half a gigabyte of memory."""
FAIR_S: Final = 10
"""What a stream may send ahead even when all of that is used."""
MAX_MARKS: Final = 1000


class Player(Protocol):
    """Plays PCM at its own rate."""

    def write(self, pcm: Pcm) -> int:
        """Play; return the number of samples accepted."""
        ...

    @property
    def pending(self) -> int:
        """Samples accepted and not played yet."""
        ...

    def clear(self) -> None:
        """Drop what was accepted and is not played yet."""
        ...


@dataclass(slots=True)
class Budget:
    """Samples that wait in all streams of the server."""

    used: int = 0
    maximum: int = MAX_WAITING_ALL


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark that is due: all audio before it was played, or cleared."""

    name: str
    cleared: bool = False


class Speech:
    """A queue of audio and marks in the order in which the client sent them."""

    def __init__(self, player: Player, sample_rate_hz: int, budget: Budget) -> None:
        self._player = player
        self._rate = sample_rate_hz
        self._budget = budget
        self._waiting: deque[Pcm] = deque()
        self._samples = 0
        self._added = 0
        """Samples that were added so far."""
        self._marks: deque[tuple[int, str]] = deque()
        """Positions among the added samples."""
        self._reached: list[Reached] = []

    @property
    def full(self) -> bool:
        """Whether the client has to wait before it may send more."""
        scarce = self._budget.used >= self._budget.maximum and self._samples >= FAIR_S * self._rate
        return scarce or self._samples >= MAX_WAITING_S * self._rate

    def add(self, pcm: Pcm) -> None:
        """Play audio behind what waits."""
        self._added += pcm.size
        written = 0 if self._waiting else self._player.write(pcm)
        if written < pcm.size:
            self._waiting.append(pcm[written:])
            self._count(pcm.size - written)

    def mark(self, name: str) -> bool:
        """Set a mark behind what waits; False if there are too many."""
        if len(self._marks) >= MAX_MARKS:
            return False
        self._marks.append((self._added, name))
        return True

    def clear(self) -> None:
        """Drop all audio that is not played yet; its marks are reached."""
        self._player.clear()
        self._drop()
        self._reached += [Reached(name, cleared=True) for _, name in self._marks]
        self._marks.clear()

    def play(self) -> None:
        """Write what fits into the player."""
        while self._waiting:
            pcm = self._waiting[0]
            written = self._player.write(pcm)
            self._count(-written)
            if written < pcm.size:
                self._waiting[0] = pcm[written:]
                break
            self._waiting.popleft()

    def advance(self) -> list[Reached]:
        """Write what fits into the player; return the marks that were reached since the last call."""
        self.play()
        played = self._added - self._samples - self._player.pending if self._marks else 0
        while self._marks and self._marks[0][0] <= played:
            self._reached.append(Reached(self._marks.popleft()[1]))
        reached, self._reached = self._reached, []
        return reached

    def close(self) -> None:
        """Forget what waits; closing twice is harmless."""
        self._drop()

    def _drop(self) -> None:
        self._waiting.clear()
        self._count(-self._samples)

    def _count(self, samples: int) -> None:
        self._samples += samples
        self._budget.used += samples
