"""Customer rows, and the server's own secrets."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.access import Customer, CustomerStatus
from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import customers, secrets

__all__ = ["CustomerRows", "SecretRows"]


class CustomerRows:
    """Reads and writes customers within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.written: set[CustomerId] = set()
        """The customers that this transaction has added or changed."""

    async def add(self, customer: Customer) -> None:
        self.written.add(customer.id)
        await self._connection.execute(insert(customers).values(asdict(customer)))

    async def save(self, customer: Customer) -> None:
        """Update the row of a customer."""
        self.written.add(customer.id)
        query = update(customers).where(customers.c.id == customer.id)
        await self._connection.execute(query.values(asdict(customer)))

    async def find(self, customer_id: CustomerId) -> Customer | None:
        return await self._one(select(customers).where(customers.c.id == customer_id))

    async def find_for_update(self, customer_id: CustomerId) -> Customer | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(customers).where(customers.c.id == customer_id).with_for_update())

    async def first(self) -> Customer | None:
        """Return the oldest customer; None if there is none."""
        return await self._one(select(customers).order_by(customers.c.tm_create).limit(1))

    async def page(self, page: Page) -> list[Customer]:
        """Return the customers, newest first."""
        c = customers.c
        query = select(customers).where(c.tm_create < page.before, c.tm_delete.is_(None))
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Customer | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Customer]:
        rows = (await self._connection.execute(query)).mappings()
        return [Customer(**{**row, "status": CustomerStatus(row["status"])}) for row in rows]


class SecretRows:
    """Reads and writes the server's own secrets within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, name: str, value: str) -> None:
        """Insert a row; a name that is there raises AlreadyExists."""
        try:
            await self._connection.execute(insert(secrets).values(name=name, value=value))
        except IntegrityError as exc:
            raise AlreadyExists(f"the secret {name} has been made") from exc

    async def find(self, name: str) -> str | None:
        found: str | None = await self._connection.scalar(
            select(secrets.c.value).where(secrets.c.name == name)
        )
        return found
