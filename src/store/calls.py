"""Call rows."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.model.call import Address, Call, CallStatus, Diversion, HangupBy, HangupReason, MuteDirection
from mixminus.model.ids import NIL, CallId, CustomerId
from mixminus.store.compared import save_if
from mixminus.store.page import Page
from mixminus.store.recordings import RecordingRows
from mixminus.store.tables import calls

__all__ = ["CallRows"]

_COLUMNS: Final = tuple(column.name for column in calls.c)


class CallRows:
    """Reads and writes calls within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, call: Call) -> None:
        await self._connection.execute(insert(calls).values(_columns(call)))

    async def save(self, call: Call) -> None:
        """Update the row of a call."""
        await self._connection.execute(update(calls).where(calls.c.id == call.id).values(_columns(call)))

    async def save_if(self, before: Call, after: Call) -> bool:
        """Write what differs if the row's ``tm_update`` is that of ``before``; return whether it was."""
        return await save_if(self._connection, calls, before, after, _columns)

    async def find(self, call_id: CallId) -> Call | None:
        return await self._one(select(calls).where(calls.c.id == call_id))

    async def find_for_update(self, call_id: CallId) -> Call | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(calls).where(calls.c.id == call_id).with_for_update())

    async def unfinished(self) -> list[Call]:
        """Return all customers' calls that are not hung up, oldest first."""
        query = select(calls).where(calls.c.status.in_(set(CallStatus) - {CallStatus.HANGUP}))
        return await self._many(query.order_by(calls.c.tm_create))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Call]:
        """Return the customer's undeleted calls, newest first."""
        c = calls.c
        query = select(calls).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Call | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Call]:
        found = [_model(row) for row in (await self._connection.execute(query)).mappings()]
        recorded = await RecordingRows(self._connection).of([call.id for call in found])
        return [_with_recordings(call, recorded.get(call.id, ())) for call in found]


def _with_recordings(call: Call, recorded: Sequence[tuple[UUID, bool]]) -> Call:
    active = next((id_ for id_, goes_on in recorded if goes_on), NIL)
    return replace(call, recording_id=active, recording_ids=tuple(id_ for id_, _ in recorded))


def _columns(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _COLUMNS} | {
        "source": asdict(call.source),
        "destination": asdict(call.destination),
        "diversions": [asdict(each) for each in call.diversions],
        "mute": call.mute.value,
        "chained_call_ids": [str(each) for each in call.chained_call_ids],
    }


def _model(row: RowMapping) -> Call:
    values: dict[str, Any] = {
        **row,
        "source": Address(**row["source"]),
        "destination": Address(**row["destination"]),
        "status": CallStatus(row["status"]),
        "chained_call_ids": tuple(UUID(each) for each in row["chained_call_ids"]),
        "mute": MuteDirection(row["mute"]),
        "diversions": tuple(Diversion(**each) for each in row["diversions"]),
        "hangup_by": HangupBy(row["hangup_by"]),
        "hangup_reason": HangupReason(row["hangup_reason"]),
    }
    return Call(**values)
