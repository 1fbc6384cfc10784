"""Usage of rooms by day, balances, and the last time at which the server is known to have run."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Uuid

from mixminus.store.tables.columns import WORD, UtcDateTime, customer, metadata

__all__ = ["balances", "credits", "running_marks", "usage"]

# Participants that have left, added up; days are of UTC.
usage = Table(
    "usage",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("conference_id", Uuid, ForeignKey("conferences.id"), primary_key=True),
    Column("participants", Integer, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("minutes", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Index(None, "customer_id", "conference_id", "day"),
)

# No row of a customer whose use is not limited.
balances = Table(
    "balances",
    metadata,
    Column("customer_id", Uuid, ForeignKey("customers.id"), primary_key=True),
    Column("credits", BigInteger, nullable=False),
    Column("tm_exhausted", UtcDateTime),
    Column("tm_create", UtcDateTime, nullable=False),
    Column("tm_update", UtcDateTime),
)

credits = Table(
    "credits",
    metadata,
    Column("id", Uuid, primary_key=True),
    customer(),
    Column("credits", BigInteger, nullable=False),
    Column("detail", String, nullable=False),
    Column("tm_create", UtcDateTime, nullable=False),
    Index(None, "customer_id", "tm_create"),
)

# One row: when the server has last noted that it runs.
running_marks = Table(
    "running_marks",
    metadata,
    Column("name", String(WORD), primary_key=True),
    Column("tm", UtcDateTime, nullable=False),
)
