"""Idempotency rows: which POSTs a customer has named, and how they were answered."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from mixminus.errors import AlreadyExists
from mixminus.model.ids import CustomerId
from mixminus.store.tables import idempotency_keys

__all__ = ["Attempt", "IdempotencyRows"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A POST by the name that its client gave it; without a status it has no answer yet."""

    customer_id: CustomerId
    key: str
    fingerprint: str
    tm_create: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """None when the answer must not be kept."""


class IdempotencyRows:
    """The named POSTs, seen from within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, customer_id: CustomerId, key: str) -> Attempt | None:
        c = idempotency_keys.c
        query = select(idempotency_keys).where(c.customer_id == customer_id, c.key == key)
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            return None
        headers = tuple((name, value) for name, value in row["headers"])
        return Attempt(**{**row, "headers": headers})

    async def add(self, attempt: Attempt) -> None:
        """Insert; a key that the customer has used is AlreadyExists."""
        values = asdict(attempt) | {"headers": list(attempt.headers)}
        try:
            await self._connection.execute(insert(idempotency_keys).values(values))
        except IntegrityError as exc:
            raise AlreadyExists("the key has been used") from exc

    async def save(self, attempt: Attempt) -> None:
        """Write the answer of an attempt that exists."""
        c = idempotency_keys.c
        query = update(idempotency_keys).where(c.customer_id == attempt.customer_id, c.key == attempt.key)
        values = {"status": attempt.status, "headers": list(attempt.headers), "body": attempt.body}
        await self._connection.execute(query.values(values))

    async def remove(self, customer_id: CustomerId, key: str) -> None:
        c = idempotency_keys.c
        await self._connection.execute(
            delete(idempotency_keys).where(c.customer_id == customer_id, c.key == key)
        )

    async def remove_older(self, before: datetime) -> None:
        """Forget everybody's attempts that began before a moment."""
        await self._connection.execute(delete(idempotency_keys).where(idempotency_keys.c.tm_create < before))

    async def count(self, customer_id: CustomerId) -> int:
        query = select(func.count()).select_from(idempotency_keys)
        return await self._connection.scalar(query.where(idempotency_keys.c.customer_id == customer_id)) or 0
