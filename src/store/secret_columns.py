"""Columns that hold secrets: where each is, which is what its ciphertext is bound to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Table

from mixminus.store.tables import customers, extensions, idempotency_keys, secrets, trunks

__all__ = [
    "ANSWERS",
    "EXTENSION_PASSWORDS",
    "SECRET_COLUMNS",
    "SERVER_SECRETS",
    "TRUNK_PASSWORDS",
    "WEBHOOK_SECRETS",
    "SecretColumn",
]


@dataclass(frozen=True, slots=True)
class SecretColumn:
    """A column of encrypted texts, or bytes; ``keys`` are the columns that name a row."""

    table: Table
    name: str
    keys: tuple[str, ...] = ("id",)

    @property
    def column(self) -> Column[Any]:
        return self.table.c[self.name]

    def place(self, *key: object) -> str:
        """Return the associated data of the secret in the row of this key."""
        return f"{self.table.name}.{self.name}:" + ":".join(map(str, key))

    def place_in(self, row: Mapping[str, Any]) -> str:
        """Return the associated data of the secret in a row."""
        return self.place(*(row[name] for name in self.keys))


EXTENSION_PASSWORDS: Final = SecretColumn(extensions, "password")
TRUNK_PASSWORDS: Final = SecretColumn(trunks, "password")
WEBHOOK_SECRETS: Final = SecretColumn(customers, "webhook_secret")
SERVER_SECRETS: Final = SecretColumn(secrets, "value", ("name",))
ANSWERS: Final = SecretColumn(idempotency_keys, "body", ("customer_id", "key"))
"""Answers to POSTs with an Idempotency-Key: that to a new extension contains its password."""
SECRET_COLUMNS: Final = (EXTENSION_PASSWORDS, TRUNK_PASSWORDS, WEBHOOK_SECRETS, SERVER_SECRETS, ANSWERS)
