"""Access key rows; only the SHA-256 of a key is stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from mixminus.model.access import AccessKey, CustomerStatus
from mixminus.model.ids import CustomerId
from mixminus.store.rows import Rows
from mixminus.store.statement import Statement
from mixminus.store.tables import access_keys, customers

__all__ = ["AccessKeyRows"]


_BY_DIGEST: Final = Statement(
    select(access_keys, customers.c.status.label("customer_status"))
    .join(customers)
    .where(access_keys.c.token_sha256 == bindparam("token_sha256"), access_keys.c.tm_delete.is_(None))
)


class AccessKeyRows(Rows[AccessKey]):
    """Reads and writes keys within one transaction."""

    table = access_keys

    async def delete_named(self, customer_id: CustomerId, name: str, tm_delete: datetime) -> None:
        """Mark the customer's keys of this name as deleted."""
        c = access_keys.c
        query = update(access_keys).where(c.customer_id == customer_id, c.name == name, c.tm_delete.is_(None))
        await self._connection.execute(query.values(tm_delete=tm_delete))

    async def find_by_digest(self, token_sha256: str) -> tuple[AccessKey, CustomerStatus] | None:
        """Return the undeleted key of this digest, and its customer's status."""
        for row in await self._connection.fetch(_BY_DIGEST, token_sha256=token_sha256):
            status = CustomerStatus(row.pop("customer_status"))
            return self._model(row), status
        return None

    async def first(self, customer_id: CustomerId) -> AccessKey | None:
        """Return the customer's oldest undeleted key; None if there is none."""
        c = access_keys.c
        query = select(access_keys).where(c.customer_id == customer_id, c.tm_delete.is_(None))
        return await self._one(query.order_by(c.tm_create).limit(1))

    def _model(self, row: Mapping[str, Any]) -> AccessKey:
        return AccessKey(**row)
