"""Encryption of what a database holds: which key it needs, and the change to another one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.secret_columns import SECRET_COLUMNS, SecretColumn
from mixminus.store.tables import encryption_keys

__all__ = ["EncryptionRows"]

_ROWS: Final = 500
"""Rows that are read and written at once."""


class EncryptionRows:
    """Reads which key the secrets need, and encrypts them again, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def needed(self) -> Sequence[str]:
        """Return the ids of the keys that the secrets are encrypted with; none if they are plain texts."""
        return (await self._connection.scalars(select(encryption_keys.c.id))).all()

    async def encrypt_all(self, before: Cipher, after: Cipher, now: datetime) -> int:
        """Encrypt every secret with the first key of ``after``, and return how many there are.

        ``before`` decrypts them: one without keys reads plain texts. Raises DecryptionFailed.
        """
        done = 0
        for column in SECRET_COLUMNS:
            done += await self._encrypt(column, before, after)
        await self._connection.execute(delete(encryption_keys))
        await self._connection.execute(insert(encryption_keys).values(id=after.ids[0], tm_create=now))
        return done

    async def _encrypt(self, column: SecretColumn, before: Cipher, after: Cipher) -> int:
        keys = [column.table.c[name] for name in column.keys]
        query = select(*keys, column.column.label("secret")).where(column.column.is_not(None)).order_by(*keys)
        rows = [dict(row) for row in (await self._connection.execute(query)).mappings()]
        change = update(column.table).where(*(key == bindparam(f"{key.name}_") for key in keys))
        change = change.values({column.name: bindparam("secret_")})
        for begin in range(0, len(rows), _ROWS):
            values = [self._changed(column, row, before, after) for row in rows[begin : begin + _ROWS]]
            await self._connection.execute(change, values)
        return len(rows)

    def _changed(
        self, column: SecretColumn, row: dict[str, Any], before: Cipher, after: Cipher
    ) -> dict[str, Any]:
        place, secret = column.place_in(row), row["secret"]
        if isinstance(secret, bytes):
            encrypted: str | bytes = after.encrypt_bytes(before.decrypt_bytes(secret, place), place)
        else:
            encrypted = after.encrypt(before.decrypt(secret, place), place)
        return {f"{name}_": row[name] for name in column.keys} | {"secret_": encrypted}
