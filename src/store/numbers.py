"""Number rows."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import bindparam, select

from mixminus.model.directory import Number
from mixminus.store.rows import Rows
from mixminus.store.statement import Statement
from mixminus.store.tables import numbers

__all__ = ["NumberRows"]


_BY_DIGITS: Final = Statement(select(numbers).where(numbers.c.digits == bindparam("digits")))


class NumberRows(Rows[Number]):
    """Reads and writes numbers within one transaction."""

    table = numbers
    taken = "this number is in use"

    async def find_dialled(self, number: str) -> Number | None:
        """Return the undeleted number with these digits, with or without a plus sign."""
        return await self._first(_BY_DIGITS, digits=number.removeprefix("+"))

    def _columns(self, row: Number) -> dict[str, Any]:
        return {**asdict(row), "digits": None if row.tm_delete else row.number.removeprefix("+")}

    def _model(self, row: Mapping[str, Any]) -> Number:
        return Number(**{name: value for name, value in row.items() if name != "digits"})
