"""Access key rows; only the SHA-256 of a key is stored."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, update

from mixminus.model.access import AccessKey, CustomerStatus
from mixminus.model.ids import AccessKeyId, CustomerId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import access_keys, customers

__all__ = ["AccessKeyRows"]


class AccessKeyRows:
    """Reads and writes keys within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: AccessKey) -> None:
        await self._connection.execute(insert(access_keys).values(asdict(key)))

    async def save(self, key: AccessKey) -> None:
        """Update the row of a key."""
        await self._connection.execute(
            update(access_keys).where(access_keys.c.id == key.id).values(asdict(key))
        )

    async def find(self, key_id: AccessKeyId) -> AccessKey | None:
        return await self._one(select(access_keys).where(access_keys.c.id == key_id))

    async def find_for_update(self, key_id: AccessKeyId) -> AccessKey | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(access_keys).where(access_keys.c.id == key_id).with_for_update())

    async def page(self, customer_id: CustomerId, page: Page) -> list[AccessKey]:
        """Return the customer's undeleted keys, newest first."""
        c = access_keys.c
        query = select(access_keys).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def delete_named(self, customer_id: CustomerId, name: str, tm_delete: datetime) -> None:
        """Mark the customer's keys of this name as deleted."""
        c = access_keys.c
        query = update(access_keys).where(c.customer_id == customer_id, c.name == name, c.tm_delete.is_(None))
        await self._connection.execute(query.values(tm_delete=tm_delete))

    async def find_by_digest(self, token_sha256: str) -> tuple[AccessKey, CustomerStatus] | None:
        """Return the undeleted key of this digest, and its customer's status."""
        query = select(access_keys, customers.c.status.label("customer_status")).join(customers)
        query = query.where(access_keys.c.token_sha256 == token_sha256, access_keys.c.tm_delete.is_(None))
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            return None
        values = dict(row)
        status = CustomerStatus(values.pop("customer_status"))
        return AccessKey(**values), status

    async def first(self, customer_id: CustomerId) -> AccessKey | None:
        """Return the customer's oldest undeleted key; None if there is none."""
        c = access_keys.c
        query = select(access_keys).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        return await self._one(query.order_by(c.tm_create).limit(1))

    async def _one(self, query: Select[Any]) -> AccessKey | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[AccessKey]:
        return [AccessKey(**row) for row in (await self._connection.execute(query)).mappings()]
