"""Silence: calls without audio, whose far ends are asked by signalling whether they are there.

Some phones send nothing at all during silence, not even RTCP. A call is hung up when its far end does not respond either.
"""

import asyncio
from typing import Final

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.model.call import HangupReason
from mixminus.model.ids import CallId
from mixminus.tasks import TaskScope

__all__ = ["ASK_AGAIN_S", "Silence"]

ASK_AGAIN_S: Final = 60.0


class Silence:
    """Asks from a media timeout on, until audio comes again or the call is over."""

    def __init__(self, clock: Clock, scope: TaskScope) -> None:
        self.asked = 0
        """How often a far end was asked."""
        self._clock = clock
        self._scope = scope
        self._asking: dict[CallId, asyncio.Task[None]] = {}

    def begin(self, live: LiveCall) -> None:
        """Take a media timeout; harmless when repeated."""
        if live.id not in self._asking:
            self._asking[live.id] = self._scope.spawn(f"silence {live.id}", self._ask(live))

    def end(self, live: LiveCall) -> None:
        """Stop asking: audio comes again, or the call is over."""
        if task := self._asking.pop(live.id, None):
            task.cancel()

    async def _ask(self, live: LiveCall) -> None:
        self.asked += 1
        while await live.responds():
            await self._clock.sleep(ASK_AGAIN_S)
            self.asked += 1
        # From here on the task is not cancelled: a call that is being hung up must not stay half so.
        self._asking.pop(live.id, None)
        await live.hang_up(HangupReason.TIMEOUT)
