"""FlowRun: executes the actions of one activeflow until its end or a stop (api.md section 6.4)."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.flow.action import Action, ActionType, Catalogue
from mixminus.flow.errors import FlowRunsAway, NoCall, TargetUnknown
from mixminus.flow.ledger import ActiveflowLedger
from mixminus.flow.services import FlowServices, Participants
from mixminus.flow.stack import Finished, Frame, Jump
from mixminus.flow.variables import Variables
from mixminus.log import get
from mixminus.model.flow import Activeflow
from mixminus.store.database import Transaction
from mixminus.tasks import Interrupted, unless
from mixminus.telemetry import current_span

__all__ = ["FlowRun"]

# Limits of one flow (api.md section 6.3): nested lists of actions, actions without a wait between
# them, and lists that are fetched.
MAX_DEPTH: Final = 100
MAX_WITHOUT_WAIT: Final = 1000
MAX_FETCHES: Final = 100
SHORTEST_WAIT_S: Final = 0.02
"""An action that takes at least a tick counts as a wait."""

T = TypeVar("T")
log = get("flow")


class FlowRun:
    """Executes actions in order; a stop (the end of the call, a kick) interrupts an action that waits."""

    def __init__(
        self,
        activeflow: Activeflow,
        call: LiveCall | None,
        *,
        variables: Variables,
        ledger: ActiveflowLedger,
        services: FlowServices,
        catalogue: Catalogue,
    ) -> None:
        self.activeflow = activeflow
        """As it was at its start."""
        self.variables = variables
        self.services = services
        self.action: Action | None = None
        """The action that is being executed."""
        self.catalogue = catalogue
        self.unsaved: list[list[dict[str, Any]]] = []
        """Steps that are not stored yet: an action, after the instant ones that it is stored with."""
        self._call = call
        self._ledger = ledger
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stops: list[asyncio.Future[Any]] = [self._stopped] + ([call.over] if call else [])
        self._frames: list[Frame] = []
        self._is_instant = False
        """Whether the action that was published last is."""
        self._without_wait = 0
        self._fetches = 0

    @property
    def call(self) -> LiveCall:
        """The call of the flow; NoCall if it has none, which only types ``without_call`` have to expect."""
        if self._call is None:
            raise NoCall("the flow has no call")
        return self._call

    @property
    def participants(self) -> Participants:
        return self.services.participants

    @property
    def clock(self) -> Clock:
        return self.services.clock

    @property
    def frame(self) -> Frame:
        """The innermost list of actions that is being executed."""
        return self._frames[-1]

    def stop(self) -> None:
        """End the flow at the action it executes; no effect after its end."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def run(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Execute all actions; Interrupted if the call ends first."""
        try:
            with suppress(Finished):
                await self.perform(actions)
        except Jump as jump:
            raise TargetUnknown(f"no action {jump.target}") from None
        except Interrupted as interrupted:
            if interrupted.stop is not self._stopped:
                raise

    async def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Execute a list of actions within the current action, which continues afterwards."""
        if len(self._frames) == MAX_DEPTH:
            raise FlowRunsAway(f"more than {MAX_DEPTH} nested lists of actions")
        frame = Frame(self.catalogue.normalise(actions))
        outer, shown = self.action, self._call.action if self._call else {}
        self._frames.append(frame)
        try:
            while (raw := frame.current) is not None:
                target = await self._execute(raw)
                if not frame.move(target):
                    raise Jump(target)
            if self._call and self._call.unwritten:
                await self.save()
        finally:
            self._frames.pop()
        if self._frames:
            self.action = outer
            if self._call:
                self._call.set_action(shown)

    def count_fetch(self) -> None:
        """Count a list of actions that is fetched; FlowRunsAway above the limit."""
        self._fetches += 1
        if self._fetches > MAX_FETCHES:
            raise FlowRunsAway(f"more than {MAX_FETCHES} lists of actions were fetched")

    @contextmanager
    def stopped_by(self, stop: asyncio.Future[Any]) -> Iterator[None]:
        """Add a future that stops what the block waits for."""
        self._stops.append(stop)
        try:
            yield
        finally:
            self._stops.remove(stop)

    async def wait(self, coro: Coroutine[Any, Any, T]) -> T:
        """Return the result of a coroutine; Interrupted if a stop comes first."""
        return await unless(self._stops, coro)

    async def save(self, tx: Transaction | None = None) -> None:
        """Store the steps that are not stored, and that the call is answered, within a transaction of other changes if given."""
        if self.unsaved:
            async with self.services.store.within(tx) as current:
                await self._ledger.advance(self.activeflow.id, self.unsaved, current)
                if self._call:
                    await self._call.write_answer(current)
                current.after_commit(self.unsaved.clear)

    async def park(self) -> NoReturn:
        """Wait for a stop, and raise it."""
        done, _ = await asyncio.wait(self._stops, return_when=asyncio.FIRST_COMPLETED)
        raise Interrupted(next(stop for stop in self._stops if stop in done))

    def skip(self, reason: str) -> None:
        """Log that the current action is skipped."""
        name = self.action.name if self.action else ""
        current_span().set("mixminus.skipped", True)
        log.warning("action skipped", activeflow_id=str(self.activeflow.id), type=name, reason=reason)

    async def _execute(self, raw: Mapping[str, Any]) -> UUID:
        """Execute one action; return the id of the action to continue with, nil for the next one."""
        self._raise_stops()
        self._count()
        action = self.catalogue.parse({**raw, "option": self.variables.substitute(raw["option"])})
        self.action = action
        with current_span().child(f"action {action.name}", {"mixminus.action_id": action.id}):
            await self._publish(action)
            try:
                if action.type is None:
                    self.skip("unsupported")
                elif self._call is None and not action.type.without_call:
                    self.skip("no call")
                else:
                    await self._execute_type(action, action.type)
            except Jump as jump:
                return jump.target
            return action.next_id

    async def _execute_type(self, action: Action, type_: ActionType["FlowRun", Any]) -> None:
        started_s = self.clock.monotonic_s()
        digits_before = self.variables.waiting
        try:
            await type_.execute(self, action.option)
        except MixMinusError as error:
            if type_.stops_flow or isinstance(error, FlowRunsAway | TargetUnknown):
                raise
            self._raise_stops()
            self.action = action
            self.skip(error.reason)
        if not type_.stops_flow and self.clock.monotonic_s() - started_s >= SHORTEST_WAIT_S:
            self._without_wait = 0
        if not type_.takes_digits and self.variables.waiting > digits_before:
            self.variables.note_early()

    async def _publish(self, action: Action) -> None:
        """Store and publish what is being executed.

        An instant action is stored together with the next one, one that ``saves`` with what it writes; so is, with the
        latter alone, that the call is answered.
        """
        type_ = action.type
        if self._call and self._call.unwritten and not (type_ and type_.saves):
            await self.save()
        source = self._ledger.stamped(action.source)
        if not (self.unsaved and self._is_instant):
            self.unsaved.append([])
        self.unsaved[-1].append(source)
        self._is_instant = type_ is not None and type_.instant
        if type_ is None or not (type_.instant or type_.saves):
            await self.save()
        if self._call:
            self._call.set_action(source)

    def _raise_stops(self) -> None:
        for stop in self._stops:
            if stop.done():
                raise Interrupted(stop)

    def _count(self) -> None:
        self._without_wait += 1
        if self._without_wait > MAX_WITHOUT_WAIT:
            raise FlowRunsAway(f"more than {MAX_WITHOUT_WAIT} actions without a wait")
