"""ResourceService: what the services of extensions, numbers and trunks have in common."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from mixminus.clock import Clock
from mixminus.directory.errors import ResourceDeleted
from mixminus.errors import AlreadyExists
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.published import PublishedRows, Resource

__all__ = ["ResourceService"]


class _Resource(Resource, Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def tm_delete(self) -> datetime | None: ...


Row = TypeVar("Row", bound=_Resource)


class _Rows(Protocol[Row]):
    async def find(self, row_id: Any, /) -> Row | None: ...
    async def page(self, customer_id: CustomerId, page: Page, /) -> list[Row]: ...


class ResourceService(Generic[Row]):
    """Lists, changes and deletes one kind of resource; another customer's is not found.

    A subclass creates and updates resources with ``_add`` and ``_change``.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        kind: str,
        rows: Callable[[Transaction], _Rows[Row]],
        published: PublishedRows[Row],
    ) -> None:
        """``kind`` is the name of the resource, in events and messages."""
        self._store = store
        self._clock = clock
        self._kind = kind
        self._rows = rows
        self._published = published
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` after every change; it must not block."""
        self._watchers.append(on_change)

    async def get(self, customer_id: CustomerId, row_id: UUID) -> Row:
        """Return a resource, also after it is deleted."""
        async with self._store.snapshot() as tx:
            row = await self._rows(tx).find(row_id)
        return owned(row, customer_id, self._published.not_found(row_id))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Row]:
        """Return undeleted resources, newest first."""
        async with self._store.snapshot() as tx:
            return await self._rows(tx).page(customer_id, page)

    async def delete(self, customer_id: CustomerId, row_id: UUID) -> Row:
        """Delete a resource; no change if it is deleted."""
        async with self._store.transaction() as tx:
            row = await self._published.find_for_update(tx, row_id, customer_id)
            if row.tm_delete is not None:
                return row
            now = self._clock.now()
            row = replace(row, tm_update=now, tm_delete=now)
            await self._published.save(tx, row, f"{self._kind}_deleted")
            await self._on_change(tx, row, row)
        self.notify()
        return row

    async def _add(self, row: Row, taken: AlreadyExists) -> Row:
        """Insert a resource; raise ``taken`` if its name is in use."""
        async with self._store.transaction() as tx:
            try:
                await self._published.add(tx, row, f"{self._kind}_created")
            except AlreadyExists as exc:
                raise taken from exc
        self.notify()
        return row

    async def _change(self, customer_id: CustomerId, row_id: UUID, change: Callable[[Row], Row]) -> Row:
        """Write what ``change`` makes of a resource, unless it is equal; ResourceDeleted if it is deleted."""
        async with self._store.transaction() as tx:
            before = await self._published.find_for_update(tx, row_id, customer_id)
            if before.tm_delete is not None:
                raise ResourceDeleted(f"{self._kind} {row_id} is deleted; create another")
            after = change(before)
            if after == before:
                return before
            after = replace(after, tm_update=self._clock.now())
            await self._published.save(tx, after, f"{self._kind}_updated")
            await self._on_change(tx, before, after)
        self.notify()
        return after

    async def _on_change(self, tx: Transaction, before: Row, after: Row) -> None:
        """Write what else a change or the deletion of a resource implies, in the same transaction."""

    def notify(self) -> None:
        """Call the watchers: another process may have changed something."""
        for on_change in self._watchers:
            on_change()
