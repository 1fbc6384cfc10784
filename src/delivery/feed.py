"""Feed: passes new events on in the order of their ids. Backlog reads older ones.

Events that this process commits are passed on from memory when they are the next ones; otherwise the feed reads
the outbox. A poll finds what other processes have written. The feed stores nothing: a receiver that cannot take
an event now reads it from the outbox later.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store
from mixminus.store.outbox import Event, Span
from mixminus.tasks import TaskScope

__all__ = ["Backlog", "Feed", "Part"]

log = get("delivery")

BATCH: Final = 100
POLL_S: Final = 1.0
POLL_OTHERS_S: Final = 0.25
"""Where other nodes write events, too."""
# While events wait for another transaction to end, readers wait too: look again soon.
HOLD_S: Final = 0.05


class Feed:
    """Reads the outbox; every event up to ``position`` has been passed to all receivers."""

    def __init__(self, store: Store, clock: Clock, counters: Counter[str]) -> None:
        self.position = 0
        self._store = store
        self._clock = clock
        self._counters = counters
        self._receivers: list[Callable[[Event], None]] = []
        self._poll_watchers: list[Callable[[], None]] = []
        self._committed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._order = _CommitOrder()
        self._started = False
        self._scope = TaskScope(task_failed("delivery"))
        store.watch_events(self._on_committed)

    def subscribe(self, on_event: Callable[[Event], None]) -> None:
        """Call ``on_event`` for every new event; it must not block. The others get an event for which it has raised."""
        self._receivers.append(on_event)

    def watch_poll(self, on_poll: Callable[[], None]) -> None:
        """Call ``on_poll`` about every second: what another process has changed may be looked up again."""
        self._poll_watchers.append(on_poll)

    async def start(self) -> None:
        """Start after the newest event in the outbox."""
        writers = await _writers(self._store)
        while writers & await _writers(self._store):
            await self._clock.sleep(HOLD_S)
        async with self._store.snapshot() as tx:
            self.position = await tx.outbox.newest()
        self._started = True
        self._scope.keep("feed", self._run)
        self._scope.keep("feed poll", self._poll)

    async def close(self) -> None:
        """Stop reading; closing twice is harmless."""
        self._started = False
        await self._scope.close()

    async def refresh(self) -> None:
        """Pass on everything that is committed by now."""
        async with self._lock:
            while await self._read() == BATCH:
                pass

    async def _run(self) -> None:
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                await self.refresh()
                while self._order.holding:
                    await self._clock.sleep(HOLD_S)
                    await self.refresh()
            except Unavailable as exc:
                log.warning("events not read", cause=str(exc))

    async def _poll(self) -> None:
        while True:
            await self._clock.sleep(POLL_S if self._store.fence.alone else POLL_OTHERS_S)
            self._committed.set()
            for on_poll in self._poll_watchers:
                on_poll()

    def _on_committed(self, events: Sequence[Event]) -> None:
        """Pass committed events on, as far as they are the next ones; have the others read."""
        if not self._started or self._lock.locked():  # a reading in progress may have them already
            self._committed.set()
            return
        for event in events:
            if event.id != self.position + 1:
                self._committed.set()
                return
            self._pass_on(event)

    async def _read(self) -> int:
        events = await self._order.read(self._store, self.position, BATCH)
        for event in events:
            self._pass_on(event)
        return len(events)

    def _pass_on(self, event: Event) -> None:
        self.position = event.id
        self._counters["delivery.events"] += 1
        for on_event in self._receivers:
            try:
                on_event(event)
            except Exception as exc:
                log.error("event not received", event_id=event.id, event_type=event.type, exc_info=exc)


class _CommitOrder:
    """Holds events back while one with a lower id may still be committed (see ``store.outbox``).

    Remembers the one missing id that is waited for, and the transactions that may have it.
    """

    def __init__(self) -> None:
        self._missing = 0
        self._writers: frozenset[str] | None = None
        """None until they are first read, after the id was found missing."""

    @property
    def holding(self) -> bool:
        """Whether events wait for a missing id."""
        return self._missing > 0

    async def read(self, store: Store, after: int, limit: int) -> Sequence[Event]:
        """Return the events above an id before which no other can appear any more."""
        # Before the rows: what a writer that has ended by now has written is among them.
        settled = await self._settled(store)
        async with store.snapshot() as tx:
            events = await tx.outbox.tail(after, limit)
        for index, event in enumerate(events):
            if event.id != after + 1 and after + 1 != settled:
                if after + 1 != self._missing:
                    self._missing, self._writers = after + 1, None
                return events[:index]
            after = event.id
        self._missing = 0
        return events

    async def _settled(self, store: Store) -> int:
        """Return the missing id if it is never to appear, unless the rows have it now; 0 if it is waited for."""
        if not self._missing:
            return 0
        writers = await _writers(store)
        self._writers = writers if self._writers is None else self._writers & writers
        return 0 if self._writers else self._missing


async def _writers(store: Store) -> frozenset[str]:
    return await store.read(lambda tx: tx.outbox.writers())


@dataclass(frozen=True, slots=True)
class Part:
    """Some events of a customer, and the id up to which there are no others."""

    events: list[Event]
    until: int


class Backlog:
    """Reads a customer's events page by page, never past the feed, because the order is not final there."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    @property
    def end(self) -> int:
        """The id up to which events can be read now."""
        return self._feed.position

    async def catch_up(self) -> None:
        """Make everything readable that was committed before this call."""
        await self._feed.refresh()

    async def read(
        self, customer_id: CustomerId, after: int, limit: int, stream_id: UUID | None = None
    ) -> Part:
        """Return the customer's next events; of one stream if ``stream_id`` is given."""
        span = Span(after, self.end)
        async with self._store.snapshot() as tx:
            events = await tx.outbox.of_customer(customer_id, span, limit, stream_id)
        return Part(events, until=events[-1].id if len(events) == limit else span.until)

    async def read_latest(
        self, customer_id: CustomerId, after: int, limit: int, stream_id: UUID | None = None
    ) -> Part:
        """Return the same, including everything that was committed before this call."""
        await self.catch_up()
        return await self.read(customer_id, after, limit, stream_id)
