"""Columns that all tables share.

Times are UTC without a zone, so that SQLite and PostgreSQL store the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, DateTime, ForeignKey, Index, MetaData, TypeDecorator, Uuid, text
from sqlalchemy.engine import Dialect

from mixminus.store.timestamps import utc_text

__all__ = [
    "NODE_ID",
    "SHA256_HEX",
    "WORD",
    "UtcDateTime",
    "customer",
    "metadata",
    "node",
    "partial",
    "times",
    "undeleted",
]

NODE_ID: Final = "node_id"
_NIL: Final = "0" * 32

WORD: Final = 16
"""Longest of the API's enum words."""
SHA256_HEX: Final = 64


class UtcDateTime(TypeDecorator[datetime]):
    """A UTC time; aware in Python, naive in the database."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Write what SQLAlchemy writes, in one step where that is text."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def _as_text(value: datetime | None) -> str | None:
    return None if value is None else utc_text(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def times() -> tuple[Column[Any], Column[Any], Column[Any]]:
    return (
        Column("tm_create", UtcDateTime, nullable=False),
        Column("tm_update", UtcDateTime),
        Column("tm_delete", UtcDateTime),
    )


def node() -> Column[Any]:
    """Return the column of the node that wrote a row, and has what belongs to it; nil for a server that is no node."""
    return Column(NODE_ID, Uuid, nullable=False, server_default=_NIL)


def customer() -> Column[Any]:
    return Column("customer_id", Uuid, ForeignKey("customers.id"), nullable=False)


def partial(name: str | None, *columns: str, where: str) -> Index:
    """Return an index of the rows that a condition selects.

    The condition must stand in a query word for word, without bound parameters: SQLite uses the index for no other.
    """
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def undeleted() -> Index:
    """Return the index of lists: a customer's rows by age, without the deleted ones, which only grow in number."""
    return partial(None, "customer_id", "tm_create", where="tm_delete IS NULL")
