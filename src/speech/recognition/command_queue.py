"""CommandQueue: the commands of one session, kept until a recogniser has acknowledged them.

    put -> spill queue -> next, at most a window ahead -> sent, until acknowledged -> dropped
                            ^                               |
                            +------ the recogniser died ----+

SpillQueue: a queue of bytes, in memory first, then in a file, up to a limit.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from mixminus.log import get
from mixminus.speech.recognition.messages import (
    SAMPLE_RATE_HZ,
    Acknowledged,
    Advance,
    Finish,
    Finished,
    Hear,
    Open,
    Report,
    encode,
)

__all__ = ["CommandQueue", "QueueLimits", "SpillQueue"]

# More than all stems of a bridge need for utterances of 20 s, so that each of them can be completed.
WINDOW_BYTES: Final = 32 << 20
BEHIND_S: Final = 5.0
"""From this delay on a session counts as behind."""
CAUGHT_UP_S: Final = 1.0
"""Below this delay it has caught up."""
MAX_LOSSES: Final = 3
"""Recognisers that may die on the same audio before it is skipped."""
_LENGTH_BYTES: Final = 4

log = get("speech")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Limits of one session's queue."""

    memory_bytes: int = 8 << 20
    """Four minutes of one voice."""
    file_bytes: int = 1 << 30
    """Nine hours of one voice; audio beyond it is dropped and counted."""


class SpillQueue:
    """A FIFO queue of byte strings; the file exists only while it is needed.

    Writes go to the page cache, a tenth of a second of speech at a time: too short to block the event loop.
    """

    def __init__(self, path: Path, limits: QueueLimits) -> None:
        self._path = path
        self._limits = limits
        self._memory: deque[bytes] = deque()
        self._memory_bytes = 0
        self._file: BinaryIO | None = None
        self._read_at = 0
        self._written = 0

    def put(self, item: bytes) -> bool:
        """Append; return False if the queue is full."""
        if self._file is None and self._memory_bytes + len(item) <= self._limits.memory_bytes:
            self._memory.append(item)
            self._memory_bytes += len(item)
            return True
        if self._written - self._read_at + len(item) > self._limits.file_bytes:
            return False
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("w+b")
        self._file.seek(self._written)
        self._file.write(len(item).to_bytes(_LENGTH_BYTES) + item)
        self._written += _LENGTH_BYTES + len(item)
        return True

    def take(self) -> bytes | None:
        """Remove and return the oldest item; None if the queue is empty."""
        if self._memory:
            item = self._memory.popleft()
            self._memory_bytes -= len(item)
            return item
        if self._file is None:
            return None
        self._file.seek(self._read_at)
        item = self._file.read(int.from_bytes(self._file.read(_LENGTH_BYTES)))
        self._read_at += _LENGTH_BYTES + len(item)
        if self._read_at == self._written:
            self.close()
        return item

    def close(self) -> None:
        """Drop all items and remove the file; closing twice is harmless."""
        self._memory.clear()
        self._memory_bytes = 0
        if self._file is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
        self._file = None
        self._read_at = self._written = 0


@dataclass(frozen=True, slots=True)
class _Sent:
    message: bytes
    end_sample: int


class CommandQueue:
    """Sends a session's commands to a recogniser; ``on_report`` gets every report but acknowledgements."""

    def __init__(
        self,
        session: str,
        language: str,
        *,
        spill: SpillQueue,
        on_report: Callable[[Report], Awaitable[None]],
        counters: Counter[str],
    ) -> None:
        self.session = session
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when everything is recognised."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to send."""
        self._open = encode(Open(session, language))
        self._opened = False
        self._spill = spill
        self._on_report = on_report
        self._counters = counters
        self._sent: deque[_Sent] = deque()
        self._sent_bytes = 0
        self._again: deque[_Sent] = deque()
        self._offered = self._heard = self._acknowledged = 0
        self._waiting = 0
        self._losses = 0
        self._behind = False

    @property
    def behind_s(self) -> float:
        """Age in seconds of the audio that is recognised next."""
        return round((self._offered - self._heard + self._waiting) / SAMPLE_RATE_HZ, 3)

    @property
    def lag_s(self) -> float:
        """The delay in whole seconds while the session is behind, else 0, so that it changes seldom."""
        return float(int(self.behind_s)) if self._behind else 0.0

    def put(self, command: Hear | Advance | Finish) -> None:
        """Queue a command; what exceeds the queue's limits is dropped and counted."""
        end = _end(command, self._offered)
        message = end.to_bytes(8) + encode(command)
        if not self._spill.put(message):
            self._counters["speech.records_dropped"] += 1
            log.error("queue full, speech dropped", transcribe_id=self.session)
        self._offered = max(self._offered, end)
        self._note_lag()
        self.wake()

    def next(self) -> bytes | None:
        """Return the next message to send, None if there is none or the window is full."""
        if not self._opened:
            self._opened = True
            return self._open
        if self._again:
            sent = self._again.popleft()
        elif self._sent_bytes >= WINDOW_BYTES or (item := self._spill.take()) is None:
            return None
        else:
            sent = _Sent(item[8:], int.from_bytes(item[:8]))
        self._sent.append(sent)
        self._sent_bytes += len(sent.message)
        return sent.message

    async def take(self, report: Report) -> None:
        """Handle a report of the recogniser."""
        if isinstance(report, Acknowledged):
            self._acknowledge(report)
        elif isinstance(report, Finished):
            self._spill.close()
            if not self.finished.done():
                self.finished.set_result(None)
        else:
            await self._on_report(report)

    def rewind(self, *, guilty: bool) -> None:
        """Resend what the dead recogniser had not acknowledged.

        ``guilty``: it had started, so the audio may be at fault.
        """
        self._losses += guilty
        if self._losses >= MAX_LOSSES:
            kept = deque(each for each in self._sent if _is_finish(each))
            self._counters["speech.records_dropped"] += len(self._sent) - len(kept)
            log.error(
                "speech skipped after repeated crashes",
                transcribe_id=self.session,
                records=len(self._sent) - len(kept),
            )
            self._sent, self._losses = kept, 0
        self._again.extendleft(reversed(self._sent))
        self._sent.clear()
        self._sent_bytes, self._opened = 0, False
        self._heard, self._waiting = self._acknowledged, 0

    def close(self) -> None:
        """Drop what was not sent; closing twice is harmless."""
        self._spill.close()
        if not self.finished.done():
            self.finished.set_result(None)

    def _acknowledge(self, report: Acknowledged) -> None:
        if report.sample > self._acknowledged:
            self._acknowledged, self._losses = report.sample, 0
        self._heard, self._waiting = report.heard_sample, report.waiting_samples
        while self._sent and self._sent[0].end_sample <= self._acknowledged and not _is_finish(self._sent[0]):
            self._sent_bytes -= len(self._sent.popleft().message)
        self._note_lag()
        self.wake()

    def _note_lag(self) -> None:
        behind = self.behind_s > (CAUGHT_UP_S if self._behind else BEHIND_S)
        if behind and not self._behind:
            self._counters["speech.behind"] += 1
            log.warning("recognition is behind", transcribe_id=self.session, behind_s=self.behind_s)
        self._behind = behind


_FINISH: Final = b'["Finish"'


def _is_finish(sent: _Sent) -> bool:
    return _FINISH in sent.message[:32]


def _end(command: Hear | Advance | Finish, offered: int) -> int:
    if isinstance(command, Hear):
        return command.first_sample + command.pcm.size
    return command.sample if isinstance(command, Advance) else offered
