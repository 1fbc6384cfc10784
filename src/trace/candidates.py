"""Messages of calls that a watch matches and of which it is not known yet whose they are: few, and for a short time."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.trace.protocols import TracedMessage

__all__ = ["Candidates"]

_MAX_CALLS: Final = 64
_MAX_MESSAGES: Final = 32
_MAX_AGE_S: Final = 10.0


@dataclass(slots=True)
class _Candidate:
    since_s: float
    messages: list[TracedMessage] = field(default_factory=list)


class Candidates:
    """Keeps the first messages of a call until its leg is known; the oldest call is dropped first."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._calls: OrderedDict[str, _Candidate] = OrderedDict()
        """By Call-ID."""

    def __len__(self) -> int:
        return len(self._calls)

    def keep(self, traced: TracedMessage, now_s: float) -> None:
        """Keep a message for later."""
        candidate = self._calls.setdefault(traced.sip_call_id, _Candidate(now_s))
        if len(candidate.messages) < _MAX_MESSAGES:
            candidate.messages.append(traced)
        else:
            self._counters["trace.candidates_dropped"] += 1
        if len(self._calls) > _MAX_CALLS:
            self._counters["trace.candidates_dropped"] += len(self._calls.popitem(last=False)[1].messages)

    def take(self, sip_call_id: str) -> list[TracedMessage]:
        """Return and forget the messages of a call."""
        candidate = self._calls.pop(sip_call_id, None)
        return candidate.messages if candidate else []

    def call_ids(self) -> list[str]:
        """Return the Call-IDs whose legs are not known yet."""
        return list(self._calls)

    def expire(self, now_s: float) -> None:
        """Forget the calls that became no call of the server: refused, or of a phone that has given up."""
        for call_id in [each for each, kept in self._calls.items() if now_s - kept.since_s > _MAX_AGE_S]:
            del self._calls[call_id]
