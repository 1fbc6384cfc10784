"""ActiveflowLedger: every change of an activeflow, its row and its event in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any, Final

from mixminus.clock import Clock
from mixminus.flow.errors import ActiveflowNotFound
from mixminus.machine import step
from mixminus.model.flow import ACTIVEFLOW_TRANSITIONS, Activeflow, ActiveflowEvent, ActiveflowStatus
from mixminus.model.ids import ActiveflowId
from mixminus.store.database import Store, Transaction, Write, write_nothing
from mixminus.store.persistence import until_written
from mixminus.store.published import PublishedRows, later
from mixminus.store.timestamps import format_time
from mixminus.wire.flow import ActiveflowView

__all__ = ["ActiveflowLedger"]

MAX_EXECUTED: Final = 100
"""Executed actions that an activeflow keeps; older ones are dropped."""

_ACTIVEFLOWS: Final = PublishedRows(
    lambda tx: tx.activeflows,
    ActiveflowView.render,
    lambda activeflow_id: ActiveflowNotFound(f"no activeflow {activeflow_id}"),
)


class ActiveflowLedger:
    """Writes changes of activeflows; their events belong to the customer's stream."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[ActiveflowId, Activeflow] = {}
        """The rows of running activeflows, as they were last written here."""

    async def create(self, activeflow: Activeflow, tx: Transaction | None = None) -> None:
        """Insert a running activeflow; AlreadyExists if its id is taken."""
        async with self._store.within(tx) as current:
            await _ACTIVEFLOWS.add(current, activeflow, "activeflow_created")
            self._keep(current, activeflow)

    def running(self, activeflow_id: ActiveflowId) -> Activeflow | None:
        """Return a running activeflow as it was last written here; None if it has ended."""
        return self._running.get(activeflow_id)

    def stamped(self, action: dict[str, Any]) -> dict[str, Any]:
        """Return the action with the current time as its ``tm_execute``."""
        return action | {"tm_execute": format_time(self._clock.now(), self._store.timestamp_style)}

    async def advance(
        self,
        activeflow_id: ActiveflowId,
        steps: Sequence[Sequence[dict[str, Any]]],
        tx: Transaction | None = None,
    ) -> None:
        """Add the actions started since the last call, and publish each step; its last action is the current one."""

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            return _advanced(activeflow, list(chain.from_iterable(steps)))

        shown = self._running.get(activeflow_id)
        async with self._store.within(tx) as current:
            if shown:
                for actions in steps[:-1]:
                    shown = replace(_advanced(shown, actions), tm_update=later(self._clock.now(), shown))
                    _ACTIVEFLOWS.publish(current, shown, "activeflow_updated")
            await self._change(activeflow_id, "activeflow_updated", change, current)

    async def mark_ended(
        self,
        activeflow_id: ActiveflowId,
        actions: Sequence[dict[str, Any]] = (),
        along: Write = write_nothing,
    ) -> Activeflow:
        """Mark the activeflow as ended, with the actions it started last; no change if it has ended.

        ``along`` is written after it, in the same transaction, which is tried until the database takes it.
        """

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            if activeflow.status is ActiveflowStatus.ENDED:
                return activeflow
            status = step(ACTIVEFLOW_TRANSITIONS, activeflow.status, ActiveflowEvent.FINISHED)
            return replace(_advanced(activeflow, actions), status=status)

        async def write() -> Activeflow:
            async with self._store.transaction() as tx:
                activeflow = await self._change(activeflow_id, "activeflow_updated", change, tx)
                await along(tx)
            return activeflow

        try:
            return await until_written(self._clock, write)
        finally:
            self._running.pop(activeflow_id, None)

    async def mark_deleted(self, activeflow_id: ActiveflowId) -> Activeflow:
        """Mark the activeflow as deleted: it is no longer listed."""

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            return activeflow if activeflow.tm_delete else replace(activeflow, tm_delete=now)

        return await self._change(activeflow_id, "activeflow_deleted", change)

    async def end_unfinished(self) -> None:
        """Mark activeflows left running by the previous run of the server as ended."""
        async with self._store.snapshot() as tx:
            unfinished = await tx.activeflows.running()
        for activeflow in unfinished:
            await self.mark_ended(activeflow.id)

    async def _change(
        self,
        activeflow_id: ActiveflowId,
        event_type: str,
        change: Callable[[Activeflow, datetime], Activeflow],
        tx: Transaction | None = None,
    ) -> Activeflow:
        known = self._running.get(activeflow_id)
        async with self._store.within(tx) as current:
            _, activeflow = await _ACTIVEFLOWS.update(
                current, self._clock, activeflow_id, change, event_type, known=known
            )
            if known:
                self._keep(current, activeflow)
        return activeflow

    def _keep(self, tx: Transaction, activeflow: Activeflow) -> None:
        tx.after_commit(lambda: self._running.update({activeflow.id: activeflow}))


def _advanced(activeflow: Activeflow, actions: Sequence[dict[str, Any]]) -> Activeflow:
    if not actions:
        return activeflow
    before = [activeflow.current_action] if activeflow.current_action else []
    done = (*activeflow.executed_actions, *before, *actions[:-1])[-MAX_EXECUTED:]
    return replace(activeflow, current_action=actions[-1], executed_actions=done)
