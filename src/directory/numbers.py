"""NumberService: telephone numbers and the flows they run (api.md section 13.3)."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from mixminus.clock import Clock
from mixminus.directory.errors import NumberNotFound, NumberTaken, ResourceDeleted
from mixminus.directory.ledger import NUMBERS
from mixminus.errors import AlreadyExists
from mixminus.model.directory import Number, NumberProfile, NumberSpec
from mixminus.model.ids import CustomerId, NumberId, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["NumberService"]


class NumberService:
    """Creates, lists, updates and deletes numbers; another customer's number is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, customer_id: CustomerId, number_id: NumberId) -> Number:
        async with self._store.snapshot() as tx:
            number = await tx.numbers.find(number_id)
        return owned(number, customer_id, NumberNotFound(f"no number {number_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Number]:
        """Return undeleted numbers, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.numbers.page(customer_id, page)

    async def create(self, customer_id: CustomerId, spec: NumberSpec) -> Number:
        """Create a number; NumberTaken if any customer has it, with or without a plus sign."""
        number = Number(
            id=NumberId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            tm_create=self._clock.now(),
        )
        async with self._store.transaction() as tx:
            try:
                await NUMBERS.add(tx, number, "number_created")
            except AlreadyExists as exc:
                raise NumberTaken("this number is in use") from exc
        return number

    async def update(self, customer_id: CustomerId, number_id: NumberId, profile: NumberProfile) -> Number:
        """Replace the profile of a number."""
        return await self._change(customer_id, number_id, lambda each: replace(each, **asdict(profile)))

    async def set_flows(
        self, customer_id: CustomerId, number_id: NumberId, *, call_flow_id: UUID, message_flow_id: UUID
    ) -> Number:
        """Set the flow of calls to the number; the message flow is stored but never run."""
        return await self._change(
            customer_id,
            number_id,
            lambda each: replace(each, call_flow_id=call_flow_id, message_flow_id=message_flow_id),
        )

    async def set_metadata(
        self, customer_id: CustomerId, number_id: NumberId, metadata: dict[str, Any]
    ) -> Number:
        """Replace a number's metadata."""
        return await self._change(customer_id, number_id, lambda each: replace(each, metadata=metadata))

    async def delete(self, customer_id: CustomerId, number_id: NumberId) -> Number:
        """Delete a number; no change if it is deleted."""
        async with self._store.transaction() as tx:
            number = await NUMBERS.find_for_update(tx, number_id, customer_id)
            if number.tm_delete is None:
                now = self._clock.now()
                number = replace(number, tm_update=now, tm_delete=now)
                await NUMBERS.save(tx, number, "number_deleted")
            return number

    async def _change(
        self, customer_id: CustomerId, number_id: NumberId, change: Callable[[Number], Number]
    ) -> Number:
        async with self._store.transaction() as tx:
            before = await NUMBERS.find_for_update(tx, number_id, customer_id)
            if before.tm_delete is not None:
                raise ResourceDeleted(f"number {number_id} is deleted")
            after = change(before)
            if after == before:
                return before
            after = replace(after, tm_update=self._clock.now())
            await NUMBERS.save(tx, after, "number_updated")
            return after
