"""UsageWatch: notes that the server runs while participants are in rooms, and finds balances that are used up."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId
from mixminus.model.usage import Balance
from mixminus.store.database import Store, Transaction
from mixminus.tasks import TaskScope
from mixminus.usage.balance import publish
from mixminus.usage.meter import Meter, running

__all__ = ["PERIOD_S", "UsageWatch"]

PERIOD_S: Final = 10.0
"""What a stay may lose when the server is killed."""

log = get("usage")


class UsageWatch:
    """Looks every few seconds, while there are calls."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        meter: Meter,
        *,
        is_busy: Callable[[], bool],
        end_calls: Callable[[CustomerId], Awaitable[None]],
        end_after_s: int = 0,
    ) -> None:
        """``end_after_s``: seconds for which calls of a customer without credits go on; 0 never ends them."""
        self._store = store
        self._clock = clock
        self._meter = meter
        self._is_busy = is_busy
        self._end_calls = end_calls
        self._end_after_s = end_after_s
        self._ended = 0
        self._scope = TaskScope(task_failed("usage"))

    @property
    def counters(self) -> Mapping[str, int]:
        return {"usage.ended_without_credits": self._ended}

    def start(self) -> None:
        """Start looking."""
        self._scope.keep("watch", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def look(self) -> None:
        """Note that the server runs; publish which balances are used up, and end what must end."""
        await self._meter.note()
        async with self._store.snapshot() as tx:
            used_up = [each for each in await tx.balances.in_use() if await self._is_used_up(tx, each)]
        for balance in used_up:
            if balance.tm_exhausted is None:
                await self._mark(balance.customer_id)
            elif self._is_over(balance):
                self._ended += 1
                await self._end_calls(balance.customer_id)

    async def _is_used_up(self, tx: Transaction, balance: Balance) -> bool:
        joinings = await tx.usage.joinings(balance.customer_id)
        used = running(joinings, self._clock.now(), balance, self._meter.credits_per_minute)
        return balance.credits <= used.credits

    async def _mark(self, customer_id: CustomerId) -> None:
        """Write and publish that a balance is used up, unless credits were added meanwhile."""
        now = self._clock.now()
        async with self._store.transaction() as tx:
            balance = await tx.balances.find_for_update(customer_id)
            if balance and balance.tm_exhausted is None and await self._is_used_up(tx, balance):
                balance = replace(balance, tm_exhausted=now, tm_update=now)
                await tx.balances.save(balance)
                publish(tx, balance, "balance_exhausted")

    def _is_over(self, balance: Balance) -> bool:
        grace = timedelta(seconds=self._end_after_s)
        return bool(
            self._end_after_s and balance.tm_exhausted and self._clock.now() >= balance.tm_exhausted + grace
        )

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(PERIOD_S)
            if self._is_busy():
                with suppress(Unavailable):
                    await self.look()
