"""BalanceService: credits of customers, from which the minutes of participants are deducted.

A customer without a balance is not limited. One whose credits are used up can open no room and make no call; what
runs then goes on, or ends some time later if a setting says so (``watch``).
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from mixminus.clock import Clock
from mixminus.model.ids import CustomerId
from mixminus.model.usage import Balance, Credit, Running
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Draft
from mixminus.store.page import Page
from mixminus.usage.errors import CreditReused, InsufficientBalance
from mixminus.usage.meter import Meter, running
from mixminus.wire.usage import BalanceView

__all__ = ["BalanceService"]


class BalanceService:
    """Reads balances, adds credits, and refuses what a customer without credits may not begin."""

    def __init__(self, store: Store, clock: Clock, meter: Meter) -> None:
        self._store = store
        self._clock = clock
        self.meter = meter
        self._refused = 0

    @property
    def counters(self) -> Mapping[str, int]:
        return {"usage.refused": self._refused}

    async def get(self, customer_id: CustomerId) -> tuple[Balance | None, Running]:
        """Return a customer's balance, None if it has none, and what its participants have used so far."""
        async with self._store.snapshot() as tx:
            balance = await tx.balances.find(customer_id)
            joinings = await tx.usage.joinings(customer_id)
        return balance, running(joinings, self._clock.now(), balance, self.meter.credits_per_minute)

    async def require(self, customer_id: CustomerId) -> None:
        """Raise InsufficientBalance if the customer has a balance without credits."""
        if not await self.allows(customer_id):
            raise InsufficientBalance(
                "the credits of the customer are used up: nothing new begins until the operator adds some"
            )

    async def allows(self, customer_id: CustomerId) -> bool:
        """Return whether the customer may open rooms and make calls."""
        if customer_id not in self.meter.limited:
            return True
        balance, used = await self.get(customer_id)
        allowed = balance is None or balance.credits > used.credits
        self._refused += not allowed
        return allowed

    async def add(self, customer_id: CustomerId, credit_id: UUID, credits: int, detail: str) -> Credit:
        """Add credits, or take some with a negative number; the first ones give the customer a balance.

        The same id again adds nothing and returns what was added; CreditReused if that was something else.
        """
        now = self._clock.now()
        credit = Credit(credit_id, customer_id, credits, detail, now)
        self.meter.limited.add(customer_id)
        async with self._store.transaction() as tx:
            balance = await tx.balances.find_for_update(customer_id)
            if before := await tx.balances.find_credit(credit_id):
                if replace(before, tm_create=now) != credit:
                    raise CreditReused(
                        f"a credit with the id {credit_id} is there, with another amount or text"
                    )
                return before
            if balance is None:
                balance = Balance(customer_id, credits, tm_create=now)
                await tx.balances.open(balance)
            else:
                exhausted = balance.tm_exhausted if balance.credits + credits <= 0 else None
                balance = replace(
                    balance, credits=balance.credits + credits, tm_exhausted=exhausted, tm_update=now
                )
                await tx.balances.save(balance)
            await tx.balances.add_credit(credit)
            publish(tx, balance, "balance_updated")
        return credit

    async def list(self, customer_id: CustomerId, page: Page) -> list[Credit]:
        """Return the credits that were added to a customer's balance, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.balances.credit_page(customer_id, page)


def publish(tx: Transaction, balance: Balance, event_type: str) -> None:
    """Publish a balance in the customer's stream."""
    tx.outbox.add(
        Draft(
            balance.customer_id,
            event_type,
            balance.customer_id,
            BalanceView.render(balance, tx.timestamp_style),
            balance.tm_update or balance.tm_create,
        )
    )
