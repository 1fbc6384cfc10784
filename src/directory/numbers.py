"""NumberService: telephone numbers and the flows they run (api.md section 13.3)."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from mixminus.clock import Clock
from mixminus.directory.errors import NumberTaken
from mixminus.directory.ledger import NUMBERS
from mixminus.directory.resource_service import ResourceService
from mixminus.model.directory import Number, NumberProfile, NumberSpec
from mixminus.model.ids import CustomerId, NumberId, new_id
from mixminus.store.database import Store

__all__ = ["NumberService"]


class NumberService(ResourceService[Number]):
    """Creates, lists, updates and deletes numbers; another customer's number is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, kind="number", rows=lambda tx: tx.numbers, published=NUMBERS)

    async def create(self, customer_id: CustomerId, spec: NumberSpec) -> Number:
        """Create a number; NumberTaken if any customer has it, with or without a plus sign."""
        number = Number(
            id=NumberId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            tm_create=self._clock.now(),
        )
        return await self._add(number, NumberTaken("this number is in use"))

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
