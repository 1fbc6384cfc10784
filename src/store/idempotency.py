"""Idempotency rows: POSTs with an Idempotency-Key, and their responses."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.ids import CustomerId
from mixminus.store.connection import Connection
from mixminus.store.tables import idempotency_keys

__all__ = ["Attempt", "IdempotencyRows"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A POST with an Idempotency-Key; without a status it has no response yet."""

    customer_id: CustomerId
    key: str
    fingerprint: str
    tm_create: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    """None if the response must not be stored."""


class IdempotencyRows:
    """Reads and writes named POSTs within one transaction."""

    def __init__(self, connection: Connection) -> None:
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
        """Insert a row; a key that the customer has used raises AlreadyExists."""
        values = asdict(attempt) | {"headers": list(attempt.headers)}
        try:
            await self._connection.execute(insert(idempotency_keys).values(values))
        except IntegrityError as exc:
            raise AlreadyExists("the key has been used") from exc

    async def save(self, attempt: Attempt) -> None:
        """Write the response of an attempt."""
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
