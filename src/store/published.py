"""PublishedRows: a row and the event about it, written in one transaction.

Webhooks and event streams read the outbox, so a change that is in the table without its event would
never be reported, and an event without its change would be false. Every resource whose changes are
published is therefore written through one of these.
"""

from collections.abc import Callable
from dataclasses import Field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, cast
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import MixMinusError, NotFound, Unavailable
from mixminus.log import get
from mixminus.model.ids import CustomerId
from mixminus.store.database import Store, Transaction
from mixminus.store.outbox import Draft
from mixminus.store.ownership import owned
from mixminus.store.timestamps import TimestampStyle

__all__ = ["PublishedRows", "Resource", "later", "publish_rowless"]

log = get("store")

_INSTANT: Final = timedelta(microseconds=1)


class Resource(Protocol):
    """A row whose changes are published."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def customer_id(self) -> CustomerId: ...
    @property
    def tm_create(self) -> datetime: ...
    @property
    def tm_update(self) -> datetime | None: ...


Row = TypeVar("Row", bound=Resource)


class _Rows(Protocol[Row]):
    async def add(self, row: Row, /) -> None: ...
    async def save(self, row: Row, /) -> None: ...
    async def find_for_update(self, row_id: Any, /) -> Row | None: ...


class _ComparedRows(_Rows[Row], Protocol[Row]):
    async def save_if(self, before: Row, after: Row, /) -> bool:
        """Write the row if its ``tm_update`` is that of ``before``; return whether it was."""
        ...


def later(now: datetime, row: Resource) -> datetime:
    """Return the time of a change: now, but after the row's last one, so that no two are equal."""
    return now if row.tm_update is None else max(now, row.tm_update + _INSTANT)


async def publish_rowless(store: Store, draft: Draft) -> bool:
    """Publish an event about something that is kept in memory alone; False if the database is away: the event is lost.

    The caller counts those.
    """
    try:
        async with store.transaction() as tx:
            tx.outbox.add(draft)
    except Unavailable as error:
        log.warning(
            "event not published", event_type=draft.type, stream_id=str(draft.stream_id), cause=str(error)
        )
        return False
    return True


class PublishedRows(Generic[Row]):
    """Writes one kind of resource: its row and, in the same transaction, the event about it."""

    def __init__(
        self,
        rows: Callable[[Transaction], _Rows[Row]],
        render: Callable[[Row, TimestampStyle], dict[str, Any]],
        not_found: Callable[[UUID], NotFound],
        stream_id: Callable[[Row], UUID] = lambda row: row.customer_id,
    ) -> None:
        """``render`` makes an event's data; ``stream_id`` says to which stream a resource's events belong."""
        self._rows = rows
        self._render = render
        self.not_found = not_found
        """Makes the error for an id that does not exist."""
        self._stream_id = stream_id

    async def add(self, tx: Transaction, row: Row, *event_types: str) -> None:
        """Insert a resource and publish these events about it, in this order."""
        await self._rows(tx).add(row)
        rendered = self._render(row, tx.timestamp_style) if event_types else {}
        for event_type in event_types:
            self._add_event(tx, row, event_type, dict(rendered))

    async def save(self, tx: Transaction, row: Row, event_type: str | None) -> None:
        """Write a resource that exists and publish the event; None for a change that is not published."""
        await self._rows(tx).save(row)
        if event_type is not None:
            self.publish(tx, row, event_type)

    def publish(self, tx: Transaction, row: Row, event_type: str, **data: Any) -> None:
        """Publish an event with the resource as it is; ``data`` replaces fields that the row does not have."""
        self._add_event(tx, row, event_type, self._render(row, tx.timestamp_style) | data)

    def _add_event(self, tx: Transaction, row: Row, event_type: str, data: dict[str, Any]) -> None:
        at = row.tm_update or row.tm_create
        tx.outbox.add(Draft(self._stream_id(row), event_type, row.customer_id, data, at))

    async def find_for_update(
        self, tx: Transaction, row_id: UUID, customer_id: CustomerId | None = None
    ) -> Row:
        """Return a resource, locked until the transaction ends; raise its NotFound if it does not exist.

        With ``customer_id``, another customer's resource does not exist either.
        """
        row = await self._rows(tx).find_for_update(row_id)
        if customer_id is not None:
            return owned(row, customer_id, self.not_found(row_id))
        if row is None:
            raise self.not_found(row_id)
        return row

    async def update(
        self,
        tx: Transaction,
        clock: Clock,
        row_id: UUID,
        change: Callable[[Row, datetime], Row],
        event_type: str | Callable[[Row, Row], str | None] | None,
        known: Row | None = None,
    ) -> tuple[Row, Row]:
        """Change a resource and publish the event; return it as it was and as it is.

        ``change`` gets the locked row and the time, and returns the new row; if it returns an equal one,
        nothing is written and nothing published. ``event_type`` may depend on the old and the new row.
        ``known`` is the row as its owner has last seen it: it is read only if it has changed since. This
        requires that the rows have ``save_if`` and that every change sets a later ``tm_update``.
        """
        if known is not None and (after := await self._change_known(tx, clock, known, change)):
            self._publish_change(tx, known, after, event_type)
            return known, after
        before = await self.find_for_update(tx, row_id)
        now = clock.now()
        after = change(before, now)
        if after == before:
            return before, before
        after = replace(after, tm_update=later(now, before))
        await self._rows(tx).save(after)
        self._publish_change(tx, before, after, event_type)
        return before, after

    async def _change_known(
        self, tx: Transaction, clock: Clock, known: Row, change: Callable[[Row, datetime], Row]
    ) -> Row | None:
        """Write the change if ``known`` is still the row; None if it is not, or if there is nothing to write."""
        rows = cast("_ComparedRows[Row]", self._rows(tx))
        now = clock.now()
        try:
            after = change(known, now)
        except MixMinusError:  # the row decides whether it is allowed
            return None
        if after == known:
            return None
        after = replace(after, tm_update=later(now, known))
        return after if await rows.save_if(known, after) else None

    def _publish_change(
        self,
        tx: Transaction,
        before: Row,
        after: Row,
        event_type: str | Callable[[Row, Row], str | None] | None,
    ) -> None:
        type_ = event_type(before, after) if callable(event_type) else event_type
        if type_ is not None:
            self.publish(tx, after, type_)
