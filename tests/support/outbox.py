"""A customer whose events are written by the test, into the real outbox."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mixminus.access.service import AccessService
from mixminus.clock import Clock
from mixminus.model.access import CustomerSpec, Identity, WebhookMethod
from mixminus.model.ids import NIL, CustomerId, new_id
from mixminus.model.permissions import Permission
from mixminus.store.database import Store
from mixminus.store.outbox import Draft, Event, Span

__all__ = ["Outbox", "open_outbox"]

OPERATOR = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)
EVERYTHING = Span(0, 1 << 60)


@dataclass
class Outbox:
    """Write events as services do: in a transaction."""

    store: Store
    clock: Clock
    access: AccessService
    customer_id: CustomerId
    streams: list[UUID] = field(default_factory=list)

    async def stream(self) -> UUID:
        """Open a stream of events, as creating a conference does."""
        stream_id = new_id()
        async with self.store.transaction() as tx:
            await tx.outbox.open(stream_id)
        self.streams.append(stream_id)
        return stream_id

    async def add(self, type_: str = "conference_updated", count: int = 1, **data: Any) -> None:
        """Write events to the first stream."""
        stream_id = self.streams[0] if self.streams else await self.stream()
        async with self.store.transaction() as tx:
            for _ in range(count):
                data = {"id": str(stream_id), **data}
                tx.outbox.add(Draft(stream_id, type_, self.customer_id, data, self.clock.now()))

    async def add_each(self, count: int) -> None:
        """Write ``count`` events in a transaction each."""
        for _ in range(count):
            await self.add("many")

    async def events(self) -> list[Event]:
        async with self.store.snapshot() as tx:
            return await tx.outbox.of_customer(self.customer_id, EVERYTHING, 10_000)

    async def other(self) -> "Outbox":
        """Return the outbox of another customer."""
        customer = await self.access.customers.create(OPERATOR, CustomerSpec(name="other"))
        return Outbox(self.store, self.clock, self.access, customer.id)

    async def webhook(self, uri: str, method: WebhookMethod = "POST") -> str:
        """Set the customer's webhook, and return the secret that signs it."""
        spec = CustomerSpec(webhook_method=method if uri else "", webhook_uri=uri)
        customer = await self.access.customers.update(self.customer_id, spec)
        return customer.webhook_secret


async def open_outbox(store: Store, clock: Clock) -> Outbox:
    """Return the outbox of a first customer."""
    access = AccessService(store, clock)
    identity, _ = await access.ensure_default("key")
    return Outbox(store, clock, access, identity.customer_id)
