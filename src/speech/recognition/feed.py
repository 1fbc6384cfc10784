"""Feed: what one session tells its recogniser, kept until it is settled.

put -> spool -> next, at most a window ahead -> sent, until settled -> forgotten
                  ^                               |
                  +---- the recogniser died ------+
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from mixminus.log import get
from mixminus.speech.recognition.messages import (
    SAMPLE_RATE_HZ,
    Advance,
    Finish,
    Finished,
    Hear,
    Open,
    Report,
    Settled,
    encode,
)
from mixminus.speech.recognition.spool import Spool

__all__ = ["Feed"]

# More than all stems of a bridge can need for utterances of 20 s, so that each can come to its end.
WINDOW_BYTES: Final = 32 << 20
BEHIND_S: Final = 5.0
"""From here on it is told that recognition lags."""
CAUGHT_UP_S: Final = 1.0
"""From here on it does not any more."""
PATIENCE: Final = 3
"""So many recognisers may die of the same speech before it is left out."""

log = get("speech")


@dataclass(frozen=True, slots=True)
class _Sent:
    message: bytes
    end_sample: int


class Feed:
    """One session's way to a recogniser; ``told`` gets every report but those about the feed itself."""

    def __init__(
        self,
        session: str,
        language: str,
        *,
        spool: Spool,
        told: Callable[[Report], Awaitable[None]],
        counters: Counter[str],
    ) -> None:
        self.session = session
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when everything is recognised."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to send."""
        self._open = encode(Open(session, language))
        self._opened = False
        self._spool = spool
        self._told = told
        self._counters = counters
        self._sent: deque[_Sent] = deque()
        self._sent_bytes = 0
        self._again: deque[_Sent] = deque()
        self._offered = self._heard = self._settled = 0
        self._waiting = 0
        self._losses = 0
        self._behind = False

    @property
    def behind_s(self) -> float:
        """How long ago, in seconds, that was said which is to be recognised next."""
        return round((self._offered - self._heard + self._waiting) / SAMPLE_RATE_HZ, 3)

    @property
    def lag_s(self) -> float:
        """The same in whole seconds while that is long; 0 otherwise: what changes all the time is no news."""
        return float(int(self.behind_s)) if self._behind else 0.0

    def put(self, command: Hear | Advance | Finish) -> None:
        """Send in order, sooner or later; what does not fit even on the disk is lost, and counted."""
        end = _end(command, self._offered)
        message = end.to_bytes(8) + encode(command)
        if not self._spool.put(message):
            self._counters["speech.records_dropped"] += 1
            log.error("speech lost", transcribe_id=self.session)
        self._offered = max(self._offered, end)
        self._note_lag()
        self.wake()

    def next(self) -> bytes | None:
        """Return what to send now, if anything."""
        if not self._opened:
            self._opened = True
            return self._open
        if self._again:
            sent = self._again.popleft()
        elif self._sent_bytes >= WINDOW_BYTES or (item := self._spool.take()) is None:
            return None
        else:
            sent = _Sent(item[8:], int.from_bytes(item[:8]))
        self._sent.append(sent)
        self._sent_bytes += len(sent.message)
        return sent.message

    async def take(self, report: Report) -> None:
        """Take in what the recogniser says."""
        if isinstance(report, Settled):
            self._settle(report)
        elif isinstance(report, Finished):
            self._spool.close()
            if not self.finished.done():
                self.finished.set_result(None)
        else:
            await self._told(report)

    def rewind(self, *, guilty: bool) -> None:
        """Tell another recogniser again what the one that died has not settled; was it dead of what it heard?"""
        self._losses += guilty
        if self._losses >= PATIENCE:
            kept = deque(each for each in self._sent if _is_finish(each))
            self._counters["speech.records_dropped"] += len(self._sent) - len(kept)
            log.error("speech left out", transcribe_id=self.session, records=len(self._sent) - len(kept))
            self._sent, self._losses = kept, 0
        self._again.extendleft(reversed(self._sent))
        self._sent.clear()
        self._sent_bytes, self._opened = 0, False
        self._heard, self._waiting = self._settled, 0

    def close(self) -> None:
        """Forget what was not sent; closing twice is harmless."""
        self._spool.close()
        if not self.finished.done():
            self.finished.set_result(None)

    def _settle(self, report: Settled) -> None:
        if report.sample > self._settled:
            self._settled, self._losses = report.sample, 0
        self._heard, self._waiting = report.heard_sample, report.waiting_samples
        while self._sent and self._sent[0].end_sample <= self._settled and not _is_finish(self._sent[0]):
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
