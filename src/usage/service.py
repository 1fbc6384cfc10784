"""UsageServices: what counts, charges and reports participants' time in rooms.

Meter            counts stays when they end, within the transactions that write that
BalanceService   credits; what a customer without credits may not begin
UsageService     reports
UsageWatch       notes that the server runs; finds balances that are used up
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from mixminus.clock import Clock
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.usage.balance import BalanceService
from mixminus.usage.meter import Meter
from mixminus.usage.report import UsageService
from mixminus.usage.watch import UsageWatch

__all__ = ["UsageConfig", "UsageServices", "open_usage"]


@dataclass(frozen=True, slots=True)
class UsageConfig:
    """Settings of usage and balances."""

    credits_per_minute: int = 1
    """What a minute of a participant costs a customer with a balance."""
    end_after_s: int = 0
    """Time for which calls of a customer go on whose credits are used up; 0: to their own end."""


@dataclass(frozen=True, slots=True)
class UsageServices:
    """The services of usage."""

    meter: Meter
    balances: BalanceService
    reports: UsageService
    watch: UsageWatch

    @property
    def counters(self) -> Mapping[str, int]:
        return {**self.balances.counters, **self.watch.counters}

    async def close(self) -> None:
        """Stop watching; closing twice is harmless."""
        await self.watch.close()


def open_usage(
    store: Store,
    clock: Clock,
    config: UsageConfig,
    *,
    is_busy: Callable[[], bool],
    end_calls: Callable[[CustomerId], Awaitable[None]],
) -> UsageServices:
    """Build the services; ``is_busy`` returns whether there are calls, ``end_calls`` hangs up those of a customer."""
    meter = Meter(store, clock, credits_per_minute=config.credits_per_minute)
    return UsageServices(
        meter,
        BalanceService(store, clock, meter),
        UsageService(store),
        UsageWatch(store, clock, meter, is_busy=is_busy, end_calls=end_calls, end_after_s=config.end_after_s),
    )
