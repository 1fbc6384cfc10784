"""UsageService: reports of participants' time in rooms, page by page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.model.ids import CustomerId
from mixminus.model.usage import Grouping, Usage, UsageSpan
from mixminus.store.database import Store

__all__ = ["UsagePage", "UsageService"]

_ROWS_A_READ: Final = 500


@dataclass(frozen=True, slots=True)
class UsagePage:
    """A page of a report."""

    rows: Sequence[Usage]
    next_token: str
    """Names the next page; empty on the last one."""


class UsageService:
    """Reads what the meter has counted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self, customer_id: CustomerId, span: UsageSpan, grouping: Grouping, token: str, size: int
    ) -> UsagePage:
        """Return a page of a report, newest day first; raise InvalidArgument for a token that is none."""
        after = _read_token(token, grouping) if token else None
        async with self._store.snapshot() as tx:
            rows = await tx.usage.report(customer_id, span, grouping, after=after, limit=size)
        return UsagePage(rows, _token(rows[-1]) if len(rows) == size else "")

    async def all(
        self, customer_id: CustomerId, span: UsageSpan, grouping: Grouping
    ) -> AsyncIterator[Sequence[Usage]]:
        """Yield the whole report in parts."""
        token = ""
        while True:
            page = await self.page(customer_id, span, grouping, token, _ROWS_A_READ)
            yield page.rows
            token = page.next_token
            if not token:
                return


def _token(row: Usage) -> str:
    return "_".join(str(each) for each in (row.day, row.conference_id) if each is not None)


def _read_token(token: str, grouping: Grouping) -> tuple[date | None, UUID | None]:
    day, _, room = token.rpartition("_") if grouping == "day_room" else (token, "", token)
    try:
        return (
            date.fromisoformat(day) if "day" in grouping else None,
            UUID(room) if "room" in grouping else None,
        )
    except ValueError:
        raise InvalidArgument(
            "page_token is not one of this report: use next_page_token as it was sent"
        ) from None
