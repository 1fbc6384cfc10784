"""FlowRun: one activeflow's way through its actions, and what can stop it on the way."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.conference.participants import ParticipantService
from mixminus.errors import Conflict, MixMinusError
from mixminus.flow.actions.catalogue import Action, Option, normalise, parse
from mixminus.flow.actions.kinds import DECIDING, QUICK, RECEIVING, WITHOUT_CALL
from mixminus.flow.errors import FlowRunsAway, TargetUnknown
from mixminus.flow.ledger import ActiveflowLedger
from mixminus.flow.services import FlowServices
from mixminus.flow.stack import Finished, Frame, Jump
from mixminus.flow.variables import Variables
from mixminus.log import get
from mixminus.model.flow import Activeflow
from mixminus.tasks import Interrupted, unless

__all__ = ["Executor", "FlowRun"]

# Of action lists within action lists, of actions without a wait between them, and of lists that are
# fetched in all (api.md section 6.3).
MAX_DEPTH: Final = 100
MAX_HURRIED: Final = 1000
MAX_FETCHES: Final = 100
SHORTEST_WAIT_S: Final = 0.02
"""What takes a tick has waited for something."""

T = TypeVar("T")
Executor = Callable[["FlowRun", Any], Coroutine[Any, Any, None]]
log = get("flow")


class NoCall(Conflict):
    """A flow that was begun without a call has none."""


class FlowRun:
    """Does actions in order. A stop (the call's end, a kick) breaks off whatever waits."""

    def __init__(
        self,
        activeflow: Activeflow,
        call: LiveCall | None,
        *,
        variables: Variables,
        ledger: ActiveflowLedger,
        services: FlowServices,
        executors: Mapping[type[Option], Executor],
    ) -> None:
        self.activeflow = activeflow
        """As it was at its beginning."""
        self.variables = variables
        self.services = services
        self.action: Action | None = None
        """What is being done."""
        self.untold: list[dict[str, Any]] = []
        """What was done and is not yet written."""
        self._call = call
        self._ledger = ledger
        self._executors = executors
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stops: list[asyncio.Future[Any]] = [self._stopped] + ([call.over] if call else [])
        self._frames: list[Frame] = []
        self._hurried = 0
        self._fetches = 0

    @property
    def call(self) -> LiveCall:
        """The call that the flow is of; NoCall if it is of none: ``WITHOUT_CALL`` says who must not ask."""
        if self._call is None:
            raise NoCall("the flow has no call")
        return self._call

    @property
    def participants(self) -> ParticipantService:
        return self.services.participants

    @property
    def clock(self) -> Clock:
        return self.services.clock

    @property
    def frame(self) -> Frame:
        """The list of actions that is being done."""
        return self._frames[-1]

    def stop(self) -> None:
        """Let the flow end where it is; harmless when it has."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def run(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do everything there is to do; Interrupted when the call ends first."""
        try:
            with suppress(Finished):
                await self.perform(actions)
        except Jump as jump:
            raise TargetUnknown(f"no action {jump.target}") from None
        except Interrupted as interrupted:
            if interrupted.stop is not self._stopped:
                raise

    async def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Do the actions of a list within the one that is being done; after them, that one is again."""
        if len(self._frames) == MAX_DEPTH:
            raise FlowRunsAway(f"more than {MAX_DEPTH} lists of actions within each other")
        frame = Frame(normalise(actions))
        around, shown = self.action, self._call.action if self._call else {}
        self._frames.append(frame)
        try:
            while (raw := frame.current) is not None:
                target = await self._target_of(raw)
                if not frame.move(target):
                    raise Jump(target)
        finally:
            self._frames.pop()
        if self._frames:
            self.action = around
            if self._call:
                self._call.action = shown

    def count_fetch(self) -> None:
        """Count a list of actions that is fetched; FlowRunsAway if there were too many."""
        self._fetches += 1
        if self._fetches > MAX_FETCHES:
            raise FlowRunsAway(f"more than {MAX_FETCHES} lists of actions were fetched")

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

    def skip(self, why: str) -> None:
        """Note that an action is not done, and why."""
        type_ = self.action.type if self.action else ""
        log.warning("action skipped", activeflow_id=str(self.activeflow.id), type=type_, why=why)

    async def _target_of(self, raw: Mapping[str, Any]) -> UUID:
        """Do one action; return the id of the one to go on at, nil for the next one."""
        self._raise_stops()
        self._count()
        self.action = action = parse({**raw, "option": self.variables.substitute(raw["option"])})
        await self._tell(action)
        try:
            await self._execute(action)
        except Jump as jump:
            return jump.target
        return action.next_id

    async def _execute(self, action: Action) -> None:
        if action.option is None:
            self.skip("unsupported")
            return
        if self._call is None and action.type not in WITHOUT_CALL:
            self.skip("no call")
            return
        begun_s = self.clock.monotonic_s()
        early = self.variables.waiting
        try:
            await self._executors[type(action.option)](self, action.option)
        except MixMinusError as error:
            if action.type in DECIDING or isinstance(error, FlowRunsAway | TargetUnknown):
                raise
            self._raise_stops()
            self.action = action
            self.skip(error.reason)
        if action.type not in DECIDING and self.clock.monotonic_s() - begun_s >= SHORTEST_WAIT_S:
            self._hurried = 0
        if action.type not in RECEIVING and self.variables.waiting > early:
            self.variables.note_early()

    async def _tell(self, action: Action) -> None:
        """Show what is being done; what takes no time is written with what follows."""
        source = self._ledger.stamped(action.source)
        self.untold.append(source)
        if action.type not in QUICK:
            await self._ledger.advance(self.activeflow.id, self.untold)
            self.untold = []
        if self._call:
            self._call.action = source

    def _raise_stops(self) -> None:
        for stop in self._stops:
            if stop.done():
                raise Interrupted(stop)

    def _count(self) -> None:
        self._hurried += 1
        if self._hurried > MAX_HURRIED:
            raise FlowRunsAway(f"more than {MAX_HURRIED} actions without a wait")
