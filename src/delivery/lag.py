"""Lag: how many events wait for destinations, and how old the oldest is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from mixminus.clock import Clock
from mixminus.store.webhook_retries import Backlog

__all__ = ["Lag"]

Key = TypeVar("Key", bound=UUID)


class Lag(Generic[Key]):
    """Knows what waits for each destination, and what is being delivered to it now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._backlogs: dict[Key, Backlog] = {}
        self._current: dict[Key, datetime] = {}

    def __contains__(self, key: Key) -> bool:
        """Return whether events wait for a destination."""
        return key in self._backlogs

    @property
    def waiting(self) -> int:
        """Number of events that wait for another attempt."""
        return sum(each.count for each in self._backlogs.values())

    @property
    def seconds(self) -> float:
        """Age of the oldest event that a destination has yet to accept; 0 without one."""
        waits = [each.oldest for each in self._backlogs.values() if each.oldest]
        oldest = min([*waits, *self._current.values()], default=None)
        return max((self._clock.now() - oldest).total_seconds(), 0.0) if oldest else 0.0

    def note(self, key: Key, backlog: Backlog) -> None:
        """Set what waits for a destination."""
        if backlog.count:
            self._backlogs[key] = backlog
        else:
            self._backlogs.pop(key, None)

    @contextmanager
    def delivering(self, key: Key, since: datetime) -> Iterator[None]:
        """Deliver an event that was published, or has waited, since then."""
        self._current[key] = since
        try:
            yield
        finally:
            del self._current[key]
