"""TraceSession: a trace that runs, what it collects, and its bounds."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from mixminus.machine import step
from mixminus.model.ids import CallId, LegId
from mixminus.model.trace import TRACE_TRANSITIONS, Trace, TraceEndReason, TraceEvent, TraceStatus
from mixminus.trace.entries import AudioStatistics, Entry, SipMessage, encode

__all__ = ["MAX_BYTES", "MAX_MESSAGES", "MAX_STATISTICS", "TraceSession"]

MAX_MESSAGES: Final = 2000
MAX_STATISTICS: Final = 4000
MAX_BYTES: Final = 4 * 1024 * 1024
# The answer to a BYE comes when the call is over.
_AFTER_END_S: Final = 2.0


class TraceSession:
    """Changes a trace until it has ended; entries wait here for the disk."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.legs: dict[LegId, CallId] = {}
        """The legs of its calls that are here."""
        self.unsaved: list[bytes] = []
        self._over_at_s: dict[UUID, float] = {}

    @property
    def is_full(self) -> bool:
        """Whether no message fits any more."""
        return self.trace.messages >= MAX_MESSAGES or self.trace.size >= MAX_BYTES

    @property
    def wants_calls(self) -> bool:
        """Whether it takes one more call."""
        return len(self.trace.call_ids) < self.trace.spec.calls

    @property
    def over(self) -> tuple[UUID, ...]:
        """The calls that are over."""
        return tuple(self._over_at_s)

    def add_call(self, leg_id: LegId, call_id: CallId) -> None:
        """Trace one more call."""
        self.legs[leg_id] = call_id
        self.add_call_elsewhere(call_id)

    def add_call_elsewhere(self, call_id: UUID) -> None:
        """Trace one more call, which another node has."""
        if self.trace.status is TraceStatus.WAITING:
            self._fire(TraceEvent.CALL_FOUND)
        self.trace = replace(self.trace, call_ids=(*self.trace.call_ids, call_id))

    def add(self, entry: Entry) -> None:
        """Collect an entry; one beyond the bounds is lost and counted."""
        line = encode(entry)
        trace = self.trace
        fits = trace.size + len(line) <= MAX_BYTES
        if isinstance(entry, SipMessage) and fits and trace.messages < MAX_MESSAGES:
            self.trace = replace(trace, messages=trace.messages + 1, size=trace.size + len(line))
        elif isinstance(entry, AudioStatistics) and fits and trace.statistics < MAX_STATISTICS:
            self.trace = replace(trace, statistics=trace.statistics + 1, size=trace.size + len(line))
        else:
            if isinstance(entry, SipMessage):
                # From now on it is full, however small the next message is.
                self.trace = replace(trace, dropped=trace.dropped + 1, size=MAX_BYTES)
            return
        self.unsaved.append(line)

    def add_dropped(self, count: int) -> None:
        """Note that messages were lost on the way; they may have been of other traces."""
        self.trace = replace(self.trace, dropped=self.trace.dropped + count)

    def call_over(self, call_id: UUID, now_s: float) -> None:
        """Note that a call is over."""
        self._over_at_s.setdefault(call_id, now_s)

    def end_due(self, now: datetime, now_s: float) -> TraceEndReason:
        """Return why it ends now; NONE if it goes on."""
        if self.is_full:
            return TraceEndReason.FULL
        if now >= self.trace.tm_expire:
            return TraceEndReason.DURATION
        over = self._over_at_s.values()
        if (
            not self.wants_calls
            and len(over) == len(self.trace.call_ids)
            and now_s - max(over) >= _AFTER_END_S
        ):
            return TraceEndReason.CALLS_ENDED
        return TraceEndReason.NONE

    def end(self, reason: TraceEndReason, now: datetime) -> None:
        """End it; it collects nothing more."""
        self._fire(TraceEvent.FINISHED)
        self.trace = replace(self.trace, end_reason=reason, tm_end=now, tm_update=now)

    def _fire(self, event: TraceEvent) -> None:
        self.trace = replace(self.trace, status=step(TRACE_TRANSITIONS, self.trace.status, event))
