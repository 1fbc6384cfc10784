"""Timeouts: at most one timer a conference."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from mixminus.clock import Clock
from mixminus.log import task_failed
from mixminus.model.ids import ConferenceId
from mixminus.tasks import TaskScope

__all__ = ["Timeouts"]


class Timeouts:
    """Calls back when a conference's time is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scope = TaskScope(task_failed("conference"))
        self._timers: dict[ConferenceId, asyncio.Task[None]] = {}

    def arm(
        self,
        conference_id: ConferenceId,
        deadline: datetime,
        on_due: Callable[[ConferenceId], Awaitable[object]],
    ) -> None:
        """Set the conference's timer, in place of one that was set; a time gone by is due now."""
        self.disarm(conference_id)
        self._timers[conference_id] = self._scope.spawn(
            f"timeout {conference_id}", self._run(conference_id, deadline, on_due)
        )

    def disarm(self, conference_id: ConferenceId) -> None:
        if timer := self._timers.pop(conference_id, None):
            timer.cancel()

    async def close(self) -> None:
        """Forget every timer; what is due after a restart is in the database."""
        await self._scope.close()

    async def _run(
        self,
        conference_id: ConferenceId,
        deadline: datetime,
        on_due: Callable[[ConferenceId], Awaitable[object]],
    ) -> None:
        await self._clock.sleep((deadline - self._clock.now()).total_seconds())
        # Out of the table first: closing the conference disarms its timer, which is this very task.
        del self._timers[conference_id]
        await on_due(conference_id)
