"""CommitOrder: holds events back while one with a lower id may still appear (see ``store.outbox``)."""

from collections.abc import Sequence

from mixminus.store.outbox import Event, OutboxRows

__all__ = ["CommitOrder"]


class CommitOrder:
    """Remembers the one missing id that is waited for, and the fence after which nobody brings it."""

    def __init__(self) -> None:
        self._missing = 0
        self._fence: int | None = None
        self.holding = False

    async def settled(self, outbox: OutboxRows, after: int, limit: int) -> Sequence[Event]:
        """Return the events above an id that no other can come before any more."""
        # Before the rows: whoever is over by now has his rows among those that are read next.
        oldest = await outbox.oldest_writer()
        events = await outbox.tail(after, limit)
        self.holding = False
        for index, event in enumerate(events):
            if (
                oldest is not None
                and event.id != after + 1
                and await self._awaited(outbox, after + 1, oldest)
            ):
                self.holding = True
                return events[:index]
            after = event.id
        return events

    async def _awaited(self, outbox: OutboxRows, missing: int, oldest: int) -> bool:
        if missing != self._missing:
            self._missing, self._fence = missing, await outbox.fence()
            return True
        return self._fence is not None and oldest < self._fence
