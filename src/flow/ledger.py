"""ActiveflowLedger: every change of an activeflow, its row and its event in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from mixminus.clock import Clock
from mixminus.flow.errors import ActiveflowNotFound
from mixminus.machine import step
from mixminus.model.flow import ACTIVEFLOW_TRANSITIONS, Activeflow, ActiveflowEvent, ActiveflowStatus
from mixminus.model.ids import ActiveflowId
from mixminus.store.database import Store, Transaction
from mixminus.store.timestamps import format_time
from mixminus.wire.flow import ActiveflowView

__all__ = ["ActiveflowLedger"]

MAX_EXECUTED: Final = 100
"""What an activeflow remembers of what it has done."""


class ActiveflowLedger:
    """Writes what happens to activeflows; their events go to their customer's stream."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def begin(self, activeflow: Activeflow) -> None:
        """Write that a flow runs; AlreadyExists if its id is taken."""
        async with self._store.transaction() as tx:
            await tx.activeflows.add(activeflow)
            await _publish(tx, "activeflow_created", activeflow)

    def begun(self, action: dict[str, Any]) -> dict[str, Any]:
        """Return an action with the time of its beginning: now."""
        return action | {"tm_execute": format_time(self._clock.now(), self._store.timestamp_style)}

    async def advance(self, activeflow_id: ActiveflowId, actions: Sequence[dict[str, Any]]) -> None:
        """Note what a flow has begun to do since the last time; the last one is what it does now."""

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            return _advanced(activeflow, actions)

        await self._change(activeflow_id, "activeflow_updated", change)

    async def ended(self, activeflow_id: ActiveflowId, actions: Sequence[dict[str, Any]] = ()) -> Activeflow:
        """Note that a flow is over, and what it did last; one that has ended stays as it is."""

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            if activeflow.status is ActiveflowStatus.ENDED:
                return activeflow
            status = step(ACTIVEFLOW_TRANSITIONS, activeflow.status, ActiveflowEvent.FINISHED)
            return replace(_advanced(activeflow, actions), status=status)

        return await self._change(activeflow_id, "activeflow_updated", change)

    async def deleted(self, activeflow_id: ActiveflowId) -> Activeflow:
        """Note that an activeflow is out of the lists."""

        def change(activeflow: Activeflow, now: datetime) -> Activeflow:
            return activeflow if activeflow.tm_delete else replace(activeflow, tm_delete=now)

        return await self._change(activeflow_id, "activeflow_deleted", change)

    async def end_lost(self) -> None:
        """Note the end of what an earlier run of the server has left running."""
        async with self._store.snapshot() as tx:
            lost = await tx.activeflows.running()
        for activeflow in lost:
            await self.ended(activeflow.id)

    async def _change(
        self, activeflow_id: ActiveflowId, type_: str, change: Callable[[Activeflow, datetime], Activeflow]
    ) -> Activeflow:
        async with self._store.transaction() as tx:
            before = await tx.activeflows.hold(activeflow_id)
            if before is None:
                raise ActiveflowNotFound(f"no activeflow {activeflow_id}")
            now = self._clock.now()
            after = change(before, now)
            if after == before:
                return before
            after = replace(after, tm_update=now)
            await tx.activeflows.save(after)
            await _publish(tx, type_, after)
            return after


def _advanced(activeflow: Activeflow, actions: Sequence[dict[str, Any]]) -> Activeflow:
    if not actions:
        return activeflow
    before = [activeflow.current_action] if activeflow.current_action else []
    done = (*activeflow.executed_actions, *before, *actions[:-1])[-MAX_EXECUTED:]
    return replace(activeflow, current_action=actions[-1], executed_actions=done)


async def _publish(tx: Transaction, type_: str, activeflow: Activeflow) -> None:
    await tx.outbox.add(
        activeflow.customer_id,
        type_,
        customer_id=activeflow.customer_id,
        data=ActiveflowView.render(activeflow, tx.timestamp_style),
        tm=activeflow.tm_update or activeflow.tm_create,
    )
