"""FlowRun: one call's way through its actions, and what can stop it on the way."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TypeVar

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.errors import Exhausted
from mixminus.flow.actions.catalogue import Action, Option, parse
from mixminus.flow.services import FlowServices
from mixminus.log import get
from mixminus.tasks import Interrupted, unless

__all__ = ["Executor", "FlowRun"]

MAX_DEPTH: Final = 100
"""Of action lists within action lists (api.md section 6.3)."""

T = TypeVar("T")
Executor = Callable[["FlowRun", Any], Coroutine[Any, Any, None]]
log = get("flow")


class FlowRun:
    """Does actions in order. A stop (the call's end, a kick) breaks off whatever waits."""

    def __init__(
        self,
        call: LiveCall,
        *,
        services: FlowServices,
        executors: Mapping[type[Option], Executor],
    ) -> None:
        self.call = call
        self.services = services
        self._executors = executors
        self._stops: list[asyncio.Future[Any]] = [call.over]
        self._depth = 0

    @property
    def participants(self) -> ParticipantService:
        return self.services.participants

    @property
    def clock(self) -> Clock:
        return self.services.clock

    async def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do the actions one after the other; lists may nest, and after one the call is at the action around it."""
        if self._depth == MAX_DEPTH:
            raise Exhausted("actions nest too deeply")
        around = self.call.action
        self._depth += 1
        try:
            for raw in actions:
                await self._do(parse(raw))
        finally:
            self._depth -= 1
        if self._depth:
            self.call.action = around

    @contextmanager
    def stopped_by(self, stop: asyncio.Future[Any]) -> Iterator[None]:
        """Let one thing more stop what the block does."""
        self._stops.append(stop)
        try:
            yield
        finally:
            self._stops.remove(stop)

    async def wait(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return what the coroutine returns; Interrupted if a stop comes first."""
        return await unless(self._stops, coro)

    async def park(self) -> NoReturn:
        """Wait for a stop, and raise it."""
        done, _ = await asyncio.wait(self._stops, return_when=asyncio.FIRST_COMPLETED)
        raise Interrupted(next(stop for stop in self._stops if stop in done))

    async def _do(self, action: Action) -> None:
        for stop in self._stops:
            if stop.done():
                raise Interrupted(stop)
        if action.option is None:
            log.warning("action skipped", call_id=str(self.call.id), type=action.type)
            return
        self.call.action = action.source
        await self._executors[type(action.option)](self, action.option)
