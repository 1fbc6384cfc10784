"""The migrations make what the tables say, on SQLite, and nothing that PostgreSQL would refuse."""

from uuid import uuid4

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from mixminus.access.states import CustomerStatus
from mixminus.ids import CustomerId
from mixminus.store.database import Store, create_engine
from mixminus.store.migrations import upgrade
from mixminus.store.tables import metadata


def difference(connection: Connection) -> object:
    return compare_metadata(MigrationContext.configure(connection), metadata)


async def test_migrations_make_the_tables(url: str) -> None:
    await upgrade(url)
    engine = create_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == []
    await engine.dispose()


async def test_upgrading_again_changes_nothing(url: str) -> None:
    await upgrade(url)
    await upgrade(url)


def test_postgresql_understands_the_tables() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))


async def test_customers_of_an_earlier_release_get_secrets_of_their_own(url: str) -> None:
    await upgrade(url, "0001")
    engine = create_engine(url)
    customers = [uuid4(), uuid4()]
    async with engine.begin() as connection:
        for customer_id in customers:
            insert = "INSERT INTO customers (id, name, tm_create) VALUES (:id, 'old', '2026-01-01 00:00:00.000000')"
            await connection.execute(text(insert), {"id": customer_id.hex})
    await engine.dispose()
    await upgrade(url)
    store = Store(url)
    async with store.snapshot() as tx:
        found = [await tx.customers.find(CustomerId(customer_id)) for customer_id in customers]
    await store.close()
    assert [customer.status for customer in found if customer] == [CustomerStatus.ACTIVE] * 2
    assert len({customer.webhook_secret for customer in found if customer} - {""}) == 2
