"""Number rows."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.directory import Number
from mixminus.model.ids import CustomerId, NumberId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import numbers

__all__ = ["NumberRows"]


class NumberRows:
    """Reads and writes numbers within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, number: Number) -> None:
        """Insert a row; a number that is in use raises AlreadyExists."""
        try:
            await self._connection.execute(insert(numbers).values(_columns(number)))
        except IntegrityError as exc:
            raise AlreadyExists("this number is in use") from exc

    async def save(self, number: Number) -> None:
        """Update the row of a number."""
        query = update(numbers).where(numbers.c.id == number.id)
        await self._connection.execute(query.values(_columns(number)))

    async def find(self, number_id: NumberId) -> Number | None:
        return await self._one(select(numbers).where(numbers.c.id == number_id))

    async def find_for_update(self, number_id: NumberId) -> Number | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(numbers).where(numbers.c.id == number_id).with_for_update())

    async def find_dialled(self, number: str) -> Number | None:
        """Return the undeleted number with these digits, with or without a plus sign."""
        return await self._one(select(numbers).where(numbers.c.digits == number.removeprefix("+")))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Number]:
        """Return the customer's undeleted numbers, newest first."""
        c = numbers.c
        query = select(numbers).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Number | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Number]:
        rows = (await self._connection.execute(query)).mappings()
        return [Number(**{name: value for name, value in row.items() if name != "digits"}) for row in rows]


def _columns(number: Number) -> dict[str, Any]:
    digits = None if number.tm_delete else number.number.removeprefix("+")
    return asdict(number) | {"digits": digits}
