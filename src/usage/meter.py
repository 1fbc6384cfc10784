"""Meter: adds the time of participants that leave to the usage of their room, and deducts it from the balance.

A stay is counted once, in the transaction that writes that the participant is leaved: nothing is counted before, so
that a crash leaves nothing half counted. What participants in rooms have used so far is derived from their joinings.

A server that was killed could not write when its participants left. It notes every few seconds that it runs, and the
next run ends their stays at the last note.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from mixminus.clock import Clock
from mixminus.model.conference import Conferencecall
from mixminus.model.ids import CustomerId
from mixminus.model.usage import Balance, Running, Share, begun_minutes, shares
from mixminus.store.database import Store, Transaction

__all__ = ["Meter", "Stay", "running"]

Stay = tuple[Conferencecall, datetime]
"""A participant, and when it has left."""
_MICROSECONDS: Final = 1_000_000


class Meter:
    """Counts stays in rooms."""

    def __init__(self, store: Store, clock: Clock, *, credits_per_minute: int = 1) -> None:
        self._store = store
        self._clock = clock
        self.credits_per_minute = credits_per_minute
        self.limited: set[CustomerId] = set()
        """The customers that may have a balance: of others none is looked up."""
        self._last_run: datetime | None = None

    async def start(self) -> None:
        """Read which customers have a balance, and when the previous run has last noted that it runs."""
        async with self._store.snapshot() as tx:
            self._last_run = await tx.running_marks.find()
            self.limited.update(await tx.balances.customers())

    async def refresh(self) -> None:
        """Read again which customers have a balance, which another node may have added, and when a node has last run."""
        async with self._store.snapshot() as tx:
            self._last_run = await tx.running_marks.find()
            self.limited.update(await tx.balances.customers())

    async def note(self) -> None:
        """Note that the server runs."""
        async with self._store.transaction() as tx:
            await tx.running_marks.set(self._clock.now())

    def last_known(self, *moments: datetime | None) -> datetime:
        """Return the last time at which something that the previous run left open is known to have existed.

        ``moments`` are times at which it certainly existed.
        """
        known = [each for each in (*moments, self._last_run) if each is not None]
        return min(max(known), self._clock.now()) if known else self._clock.now()

    async def count(self, tx: Transaction, stays: Sequence[Stay]) -> None:
        """Count stays of one room that have ended, within the transaction that writes the leavings."""
        joined = [(row, row.tm_join, left) for row, left in stays if row.tm_join]
        if not joined:
            return
        room = joined[0][0]
        is_limited = room.customer_id in self.limited
        balance = await tx.balances.find_for_update(room.customer_id) if is_limited else None
        since = balance.tm_create if balance else None
        rate = self.credits_per_minute if balance else 0
        deducted = 0
        for share in _by_day(shares(begin, left, since) for _, begin, left in joined):
            await tx.usage.add(room.customer_id, room.conference_id, share, share.charged * rate)
            deducted += share.charged * rate
        if balance and deducted:
            await tx.balances.save(
                replace(balance, credits=balance.credits - deducted, tm_update=self._clock.now())
            )


def running(
    joinings: Iterable[datetime], now: datetime, balance: Balance | None, credits_per_minute: int
) -> Running:
    """Return what stays that began at these times have used until now."""
    begun = list(joinings)
    since = balance.tm_create if balance else None
    return Running(
        participants=len(begun),
        duration_us=sum(max(0, round((now - each).total_seconds() * _MICROSECONDS)) for each in begun),
        minutes=sum(begun_minutes(each, now) for each in begun),
        credits=sum(begun_minutes(each, now, since) for each in begun) * credits_per_minute if balance else 0,
    )


def _by_day(stays: Iterable[Iterable[Share]]) -> list[Share]:
    """Return the sum of all stays for each day, in the order of the days."""
    days: dict[date, Share] = {}
    for share in (share for stay in stays for share in stay):
        days[share.day] = days[share.day] + share if share.day in days else share
    return [days[day] for day in sorted(days)]
