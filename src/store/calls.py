"""Call rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mixminus.model.call import (
    Address,
    AnsweredBy,
    Call,
    CallStatus,
    Diversion,
    HangupBy,
    HangupReason,
    MuteDirection,
)
from mixminus.model.ids import NIL
from mixminus.store.homes import left_behind
from mixminus.store.recordings import RecordingRows
from mixminus.store.rows import Rows
from mixminus.store.tables import calls

__all__ = ["CallRows"]


class CallRows(Rows[Call]):
    """Reads and writes calls within one transaction."""

    table = calls

    async def unfinished(self) -> list[Call]:
        """Return the calls that are not hung up and that no living node has, oldest first."""
        query = select(calls).where(
            calls.c.status.in_(set(CallStatus) - {CallStatus.HANGUP}), left_behind(calls, self._node_id)
        )
        return await self._many(query.order_by(calls.c.tm_create))

    async def _complete(self, found: Sequence[Call]) -> list[Call]:
        recorded = await RecordingRows(self._connection).of([call.id for call in found], calls)
        return [_with_recordings(call, recorded[call.id]) if call.id in recorded else call for call in found]

    def _columns(self, row: Call) -> dict[str, Any]:
        return {
            **super()._columns(row),
            "source": _plain(row.source),
            "destination": _plain(row.destination),
            "diversions": [_plain(each) for each in row.diversions],
            "chained_call_ids": [str(each) for each in row.chained_call_ids],
            "mute": row.mute.value,
        }

    def _model(self, row: Mapping[str, Any]) -> Call:
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
            "answered_by": AnsweredBy(row["answered_by"]),
        }
        del values["party"]  # made of the addresses
        return Call(**values)


def _plain(value: Address | Diversion) -> dict[str, str]:
    """Return the fields, which are texts; ``asdict`` would copy each of them deeply."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _with_recordings(call: Call, recorded: Sequence[tuple[UUID, bool]]) -> Call:
    active = next((id_ for id_, goes_on in recorded if goes_on), NIL)
    return replace(call, recording_id=active, recording_ids=tuple(id_ for id_, _ in recorded))
