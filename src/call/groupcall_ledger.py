"""GroupcallLedger: every change of a groupcall, its row and its event in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from mixminus.call.errors import GroupcallNotFound
from mixminus.clock import Clock
from mixminus.machine import step
from mixminus.model.call import GROUPCALL_TRANSITIONS, Groupcall, GroupcallEvent, GroupcallStatus
from mixminus.model.ids import CallId, CustomerId
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.published import PublishedRows
from mixminus.wire.call import GroupcallView

__all__ = ["GroupcallLedger"]

_GROUPCALLS: Final = PublishedRows(
    lambda tx: tx.groupcalls,
    GroupcallView.render,
    lambda groupcall_id: GroupcallNotFound(f"no groupcall {groupcall_id}"),
)


class GroupcallLedger:
    """Writes changes of groupcalls; their events belong to the customer's stream."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, groupcall: Groupcall) -> None:
        """Insert a groupcall."""
        async with self._store.transaction() as tx:
            await _GROUPCALLS.add(tx, groupcall, "groupcall_created", "groupcall_progressing")

    async def set_answered(self, groupcall_id: UUID, call_id: CallId) -> Groupcall:
        """Set which call was answered."""

        def change(groupcall: Groupcall, now: datetime) -> Groupcall:
            return replace(groupcall, answer_call_id=call_id)

        return await self._change(groupcall_id, change, None)

    async def add_call(self, groupcall_id: UUID, call_id: CallId) -> Groupcall:
        """Add a call that is about to be dialled; no change if the groupcall is ending."""

        def change(groupcall: Groupcall, now: datetime) -> Groupcall:
            if groupcall.status is not GroupcallStatus.PROGRESSING:
                return groupcall
            return replace(groupcall, call_ids=(*groupcall.call_ids, call_id))

        return await self._change(groupcall_id, change, None)

    async def is_progressing(self, groupcall_id: UUID) -> bool:
        """Return whether the groupcall is neither ending nor hung up."""
        async with self._store.snapshot() as tx:
            groupcall = await tx.groupcalls.find(groupcall_id)
        return groupcall is not None and groupcall.status is GroupcallStatus.PROGRESSING

    async def mark_hanging_up(self, groupcall_id: UUID) -> Groupcall:
        """Mark the groupcall as hanging up; no change if it is ending."""

        def change(groupcall: Groupcall, now: datetime) -> Groupcall:
            if groupcall.status is not GroupcallStatus.PROGRESSING:
                return groupcall
            return replace(groupcall, status=_next(groupcall, GroupcallEvent.HANG_UP))

        return await self._change(groupcall_id, change, None)

    async def mark_ended(self, groupcall_id: UUID) -> Groupcall:
        """Mark the groupcall as hung up, because all its calls are; no change if it is hung up."""

        def change(groupcall: Groupcall, now: datetime) -> Groupcall:
            if groupcall.status is GroupcallStatus.HANGUP:
                return groupcall
            return replace(groupcall, status=_next(groupcall, GroupcallEvent.ENDED))

        return await self._change(groupcall_id, change, "groupcall_hangup")

    async def mark_deleted(self, groupcall_id: UUID) -> Groupcall:
        """Mark the groupcall as deleted: it is no longer listed."""

        def change(groupcall: Groupcall, now: datetime) -> Groupcall:
            return groupcall if groupcall.tm_delete else replace(groupcall, tm_delete=now)

        return await self._change(groupcall_id, change, "groupcall_deleted")

    async def get(self, customer_id: CustomerId, groupcall_id: UUID) -> Groupcall:
        """Return the customer's groupcall.

        Raises GroupcallNotFound if there is none, or it is another customer's.
        """
        async with self._store.snapshot() as tx:
            groupcall = await tx.groupcalls.find(groupcall_id)
        return owned(groupcall, customer_id, GroupcallNotFound(f"no groupcall {groupcall_id}"))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Groupcall]:
        """Return groupcalls of all states, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.groupcalls.page(customer_id, page)

    async def unfinished(self) -> list[Groupcall]:
        """Return the groupcalls that are not hung up."""
        async with self._store.snapshot() as tx:
            return await tx.groupcalls.unfinished()

    async def _change(
        self, groupcall_id: UUID, change: Callable[[Groupcall, datetime], Groupcall], event_type: str | None
    ) -> Groupcall:
        async with self._store.transaction() as tx:
            _, groupcall = await _GROUPCALLS.update(tx, self._clock, groupcall_id, change, event_type)
        return groupcall


def _next(groupcall: Groupcall, event: GroupcallEvent) -> GroupcallStatus:
    return step(GROUPCALL_TRANSITIONS, groupcall.status, event)
