"""Customers and their access keys; of a key only its SHA-256 is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.ids import AccessKeyId, CustomerId
from mixminus.store.tables import access_keys, customers

__all__ = ["AccessKey", "AccessRows"]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is known of a key; the token itself is told once, to whoever made it."""

    id: AccessKeyId
    customer_id: CustomerId
    name: str
    detail: str
    token_sha256: str
    token_prefix: str
    tm_create: datetime
    tm_expire: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


class AccessRows:
    """Customers and keys, seen from within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def first_customer(self) -> CustomerId | None:
        """Return the oldest customer, if there is any."""
        query = select(customers.c.id).order_by(customers.c.tm_create).limit(1)
        return await self._connection.scalar(query)

    async def add_customer(self, customer_id: CustomerId, name: str, tm_create: datetime) -> None:
        await self._connection.execute(
            insert(customers).values(id=customer_id, name=name, tm_create=tm_create)
        )

    async def add_key(self, key: AccessKey) -> None:
        values = {column.name: getattr(key, column.name) for column in access_keys.c}
        await self._connection.execute(insert(access_keys).values(values))

    async def delete_keys(self, customer_id: CustomerId, name: str, tm_delete: datetime) -> None:
        """Mark the customer's keys of this name as deleted."""
        c = access_keys.c
        query = update(access_keys).where(c.customer_id == customer_id, c.name == name, c.tm_delete.is_(None))
        await self._connection.execute(query.values(tm_delete=tm_delete))

    async def find_key(self, token_sha256: str) -> AccessKey | None:
        """Return the undeleted key of this digest."""
        c = access_keys.c
        query = select(access_keys).where(c.token_sha256 == token_sha256, c.tm_delete.is_(None))
        row = (await self._connection.execute(query)).mappings().first()
        return AccessKey(**row) if row else None

    async def first_key(self, customer_id: CustomerId) -> AccessKey | None:
        """Return the customer's oldest undeleted key, if there is any."""
        c = access_keys.c
        query = select(access_keys).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        row = (await self._connection.execute(query.order_by(c.tm_create).limit(1))).mappings().first()
        return AccessKey(**row) if row else None
