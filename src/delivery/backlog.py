"""Backlog: a customer's events as far as the feed has come, read page by page from the outbox."""

from dataclasses import dataclass
from uuid import UUID

from mixminus.delivery.feed import Feed
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.outbox import Event, Span

__all__ = ["Backlog", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some events, and the id up to which there is no other."""

    events: list[Event]
    until: int


class Backlog:
    """Reads what has happened; never past the feed, beyond which order is not settled."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    @property
    def end(self) -> int:
        """The id up to which events can be read at this moment."""
        return self._feed.position

    async def catch_up(self) -> None:
        """Let everything be readable that was committed before this call."""
        await self._feed.refresh()

    async def read(
        self, customer_id: CustomerId, after: int, limit: int, stream_id: UUID | None = None
    ) -> Part:
        """Return the customer's next events; of one stream if it is named."""
        span = Span(after, self.end)
        async with self._store.snapshot() as tx:
            events = await tx.outbox.of_customer(customer_id, span, limit, stream_id)
        return Part(events, until=events[-1].id if len(events) == limit else span.until)

    async def read_latest(
        self, customer_id: CustomerId, after: int, limit: int, stream_id: UUID | None = None
    ) -> Part:
        """Return the same, with everything that was committed before this call."""
        await self.catch_up()
        return await self.read(customer_id, after, limit, stream_id)
