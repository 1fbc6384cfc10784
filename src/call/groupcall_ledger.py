"""GroupcallLedger: every change of a groupcall, its row and its event in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from mixminus.call.errors import GroupcallNotFound
from mixminus.clock import Clock
from mixminus.machine import step
from mixminus.model.call import GROUPCALL_TRANSITIONS, Groupcall, GroupcallEvent, GroupcallStatus
from mixminus.model.ids import CallId, CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.wire.call import GroupcallView

__all__ = ["GroupcallLedger"]


class GroupcallLedger:
    """Writes what happens to groupcalls; their events go to their customer's stream."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, groupcall: Groupcall) -> None:
        async with self._store.transaction() as tx:
            await tx.groupcalls.add(groupcall)
            await _publish(tx, "groupcall_created", groupcall)
            await _publish(tx, "groupcall_progressing", groupcall)

    async def answered(self, groupcall_id: UUID, call_id: CallId) -> Groupcall:
        """Note who has answered."""
        return await self._change(
            groupcall_id, lambda groupcall: replace(groupcall, answer_call_id=call_id), ""
        )

    async def hanging_up(self, groupcall_id: UUID) -> Groupcall:
        """Note that we end it; one that is ending stays as it is."""

        def change(groupcall: Groupcall) -> Groupcall:
            if groupcall.status is not GroupcallStatus.PROGRESSING:
                return groupcall
            return replace(groupcall, status=_next(groupcall, GroupcallEvent.HANG_UP))

        return await self._change(groupcall_id, change, "")

    async def ended(self, groupcall_id: UUID) -> Groupcall:
        """Note that all its calls are over; one that has ended stays as it is."""

        def change(groupcall: Groupcall) -> Groupcall:
            if groupcall.status is GroupcallStatus.HANGUP:
                return groupcall
            return replace(groupcall, status=_next(groupcall, GroupcallEvent.ENDED))

        return await self._change(groupcall_id, change, "groupcall_hangup")

    async def deleted(self, groupcall_id: UUID) -> Groupcall:
        """Note that it is out of the lists."""

        def change(groupcall: Groupcall) -> Groupcall:
            return groupcall if groupcall.tm_delete else replace(groupcall, tm_delete=self._clock.now())

        return await self._change(groupcall_id, change, "groupcall_deleted")

    async def get(self, customer_id: CustomerId, groupcall_id: UUID) -> Groupcall:
        """Return the customer's groupcall; GroupcallNotFound, whoever else has it."""
        async with self._store.snapshot() as tx:
            groupcall = await tx.groupcalls.find(groupcall_id)
        return owned(groupcall, customer_id, GroupcallNotFound(f"no groupcall {groupcall_id}"))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Groupcall]:
        """Return groupcalls of all states, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.groupcalls.page(customer_id, page)

    async def unfinished(self) -> list[Groupcall]:
        async with self._store.snapshot() as tx:
            return await tx.groupcalls.unfinished()

    async def _change(
        self, groupcall_id: UUID, change: Callable[[Groupcall], Groupcall], event: str
    ) -> Groupcall:
        async with self._store.transaction() as tx:
            before = await tx.groupcalls.hold(groupcall_id)
            if before is None:
                raise GroupcallNotFound(f"no groupcall {groupcall_id}")
            after = change(before)
            if after == before:
                return before
            after = replace(after, tm_update=self._clock.now())
            await tx.groupcalls.save(after)
            if event:
                await _publish(tx, event, after)
            return after


def _next(groupcall: Groupcall, event: GroupcallEvent) -> GroupcallStatus:
    return step(GROUPCALL_TRANSITIONS, groupcall.status, event)


async def _publish(tx: Transaction, type_: str, groupcall: Groupcall) -> None:
    await tx.outbox.add(
        groupcall.customer_id,
        type_,
        customer_id=groupcall.customer_id,
        data=GroupcallView.render(groupcall, tx.timestamp_style),
        tm=groupcall.tm_update or groupcall.tm_create,
    )
