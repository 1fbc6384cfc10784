"""Usage: the time that participants spend in rooms, by day, and the credits that it costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID

from mixminus.model.ids import CustomerId

__all__ = [
    "Balance",
    "Credit",
    "Grouping",
    "Running",
    "Share",
    "Usage",
    "UsageSpan",
    "begun_minutes",
    "shares",
]

MINUTE: Final = timedelta(minutes=1)
_MICROSECOND: Final = timedelta(microseconds=1)
Grouping = Literal["day_room", "day", "room"]
"""What a row of a report is about: one room on one day, all rooms on one day, one room on all days."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one participant's time in a room that falls on one day (UTC)."""

    day: date
    duration_us: int
    minutes: int
    """The minutes that began on this day, counted from the joining."""
    charged: int
    """Those of them that are not free."""
    participants: int
    """1 on the day of the joining, 0 on later ones."""

    def __add__(self, other: "Share") -> "Share":
        """Return the sum of two shares of the same day."""
        return Share(
            self.day,
            self.duration_us + other.duration_us,
            self.minutes + other.minutes,
            self.charged + other.charged,
            self.participants + other.participants,
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """The time of participants that have left, of one room or of all, on one day or on all."""

    day: date | None
    conference_id: UUID | None
    conference_name: str
    participants: int
    duration_us: int
    minutes: int
    """Each participant's minutes that have begun."""
    credits: int
    """What was deducted from the balance; 0 of a customer without one."""

    @property
    def seconds(self) -> float:
        return self.duration_us / 1e6


@dataclass(frozen=True, slots=True)
class UsageSpan:
    """The days of a report, both included; None has no end."""

    since: date | None = None
    until: date | None = None
    conference_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The time so far of participants that are in rooms."""

    participants: int = 0
    duration_us: int = 0
    minutes: int = 0
    credits: int = 0

    @property
    def seconds(self) -> float:
        return self.duration_us / 1e6


@dataclass(frozen=True, slots=True)
class Balance:
    """The credits of a customer; one without a balance may use the server without limit."""

    customer_id: CustomerId
    credits: int
    """What was added less what was deducted; participants that are in rooms are not deducted yet."""
    tm_create: datetime
    """Minutes that began before are free."""
    tm_exhausted: datetime | None = None
    """When it was found to be used up; None while it is not."""
    tm_update: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Credits that were added to a balance, or taken from it by a correction."""

    id: UUID
    customer_id: CustomerId
    credits: int
    detail: str
    tm_create: datetime


def begun_minutes(joined: datetime, until: datetime, since: datetime | None = None) -> int:
    """Return how many minutes of a participant have begun; with ``since``, only those that began then or later.

    The first one begins with the joining.
    """
    begun = max(-((joined - until) // MINUTE), 1)
    free = max(-((joined - since) // MINUTE), 0) if since else 0
    return max(begun - free, 0)


def shares(joined: datetime, left: datetime, since: datetime | None = None) -> Iterator[Share]:
    """Yield the parts of a stay by the days (UTC) on which they fall; they add up to the stay exactly.

    Minutes that began before ``since`` are free.
    """
    left = max(joined, left)
    begin, minutes, charged = joined, 0, 0
    while True:
        midnight = datetime.combine(begin.date() + timedelta(days=1), time(), tzinfo=joined.tzinfo)
        end = min(midnight, left)
        begun, due = begun_minutes(joined, end), begun_minutes(joined, end, since)
        yield Share(
            begin.date(), (end - begin) // _MICROSECOND, begun - minutes, due - charged, int(begin == joined)
        )
        if end == left:
            return
        begin, minutes, charged = end, begun, due
