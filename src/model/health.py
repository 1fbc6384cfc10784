"""Health: detects participants whose call or conference is gone (api.md section 3.4). Pure.

Every interval each participant is checked: its age, its call, its conference. Three failures
in a row and the next interval removes it, 15 to 20 s after the fault; one success resets the count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mixminus.model.call import CallStatus
from mixminus.model.conference import ConferenceStatus, ConferenceType
from mixminus.model.ids import ConferencecallId, CustomerId

__all__ = ["INTERVAL_S", "Condition", "Health"]

INTERVAL_S: Final = 5.0
MAX_RETRIES: Final = 2
MAX_AGE: Final = timedelta(hours=24)
# The first caller of a ``connect`` conference is ringing until the second joins (api.md section 4.1).
_UP: Final[dict[ConferenceType, frozenset[CallStatus]]] = {
    "conference": frozenset({CallStatus.PROGRESSING}),
    "connect": frozenset({CallStatus.PROGRESSING, CallStatus.RINGING}),
    "queue": frozenset({CallStatus.PROGRESSING}),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of a participant that has not left."""

    id: ConferencecallId
    customer_id: CustomerId
    tm_create: datetime
    call_status: CallStatus | None
    """None if there is no such call."""
    conference_status: ConferenceStatus
    conference_type: ConferenceType = "conference"

    def well(self, now: datetime) -> bool:
        return (
            self.tm_create >= now - MAX_AGE
            and self.call_status in _UP[self.conference_type]
            and self.conference_status is ConferenceStatus.PROGRESSING
        )


class Health:
    """Counts failures from one check to the next."""

    def __init__(self) -> None:
        self._failures: dict[ConferencecallId, int] = {}

    def check(self, conditions: Sequence[Condition], now: datetime) -> list[Condition]:
        """Return the participants to remove; drop the counts of those not among the conditions."""
        before, self._failures = self._failures, {}
        removed = []
        for condition in conditions:
            failures = before.get(condition.id, 0)
            if failures > MAX_RETRIES:
                removed.append(condition)
            elif not condition.well(now):
                self._failures[condition.id] = failures + 1
        return removed
