"""Idempotency rows: POSTs with an Idempotency-Key, and their responses."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.ids import NIL, CustomerId
from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.secret_columns import ANSWERS
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
    node_id: UUID = NIL
    """The node that handles it."""


class IdempotencyRows:
    """Reads and writes named POSTs within one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher, node_id: UUID = NIL) -> None:
        self._connection = connection
        self._node_id = node_id
        self._cipher = cipher

    async def find(self, customer_id: CustomerId, key: str) -> Attempt | None:
        c = idempotency_keys.c
        query = select(idempotency_keys).where(c.customer_id == customer_id, c.key == key)
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            return None
        headers = tuple((name, value) for name, value in row["headers"])
        body = row["body"]
        if body is not None:
            body = self._cipher.decrypt_bytes(body, ANSWERS.place(customer_id, key))
        return Attempt(**{**row, "headers": headers, "body": body})

    async def add(self, attempt: Attempt) -> None:
        """Insert a row; a key that the customer has used raises AlreadyExists."""
        values = asdict(attempt) | {"headers": list(attempt.headers), "body": self._encrypted(attempt)}
        values["node_id"] = self._node_id
        try:
            await self._connection.execute(insert(idempotency_keys).values(values))
        except IntegrityError as exc:
            raise AlreadyExists("the key has been used") from exc

    async def save(self, attempt: Attempt) -> None:
        """Write the response of an attempt."""
        c = idempotency_keys.c
        query = update(idempotency_keys).where(c.customer_id == attempt.customer_id, c.key == attempt.key)
        body = self._encrypted(attempt)
        values = {"status": attempt.status, "headers": list(attempt.headers), "body": body}
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

    def _encrypted(self, attempt: Attempt) -> bytes | None:
        if attempt.body is None:
            return None
        return self._cipher.encrypt_bytes(attempt.body, ANSWERS.place(attempt.customer_id, attempt.key))
