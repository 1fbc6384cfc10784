"""The migrations create the declared tables, from nothing and from the previous release."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from mixminus.model.access import CustomerStatus
from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from mixminus.model.ids import ConferenceId, CustomerId
from mixminus.store.database import Store, create_engine
from mixminus.store.migrations import upgrade
from mixminus.store.tables import metadata
from mixminus.store.tables.speech import SEARCH_INDEX
from tests.support.backend import EVERYTHING, open_backend
from tests.support.clock import ManualClock
from tests.support.database import ON_POSTGRESQL, empty_database_url, restore

RELEASE = (Path(__file__).parent / "release_0001.sql").read_text("utf-8")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return empty_database_url(tmp_path)


def difference(connection: Connection) -> object:
    options = {"include_object": is_declared_by_tables}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def is_declared_by_tables(
    _: object, name: str | None, kind: str, reflected: bool, compared_to: object
) -> bool:
    """Return whether a difference is not specific to one kind of database."""
    return not (reflected and (name or "").startswith(SEARCH_INDEX))


async def compare(url: str) -> object:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(difference)
    finally:
        await engine.dispose()


async def test_migrations_make_the_tables(url: str) -> None:
    await upgrade(url)
    assert await compare(url) == []


async def test_upgrading_again_changes_nothing(url: str) -> None:
    await upgrade(url)
    await upgrade(url)
    assert await compare(url) == []


async def revision(url: str) -> object:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(text("SELECT version_num FROM alembic_version"))
    finally:
        await engine.dispose()


@pytest.fixture
async def release(url: str, tmp_path: Path) -> str:
    """The database of the release before, killed while two phones talked."""
    if ON_POSTGRESQL:
        await upgrade(url, "0001")
    restore(tmp_path, RELEASE)
    assert await revision(url) == "0001"
    return url


async def test_the_release_before_is_upgraded(release: str) -> None:
    await upgrade(release)
    assert await compare(release) == []


def rows_of(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, in the order of the primary keys, as the database keeps it."""
    found = MetaData()
    found.reflect(connection)
    return {
        table.name: [
            dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
        ]
        for table in found.sorted_tables
        if table.name != "alembic_version"
    }


async def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(rows_of)
    finally:
        await engine.dispose()


async def test_every_row_of_every_table_of_the_release_before_survives(release: str) -> None:
    before = await rows(release)
    assert {"conferences", "conferencecalls", "calls", "recordings", "access_keys", "outbox"} <= before.keys()
    assert all(before.values()), "a table without rows would show nothing"
    await upgrade(release)
    after = await rows(release)
    for table, kept in before.items():
        assert len(after[table]) == len(kept), table
        for old, new in zip(kept, after[table], strict=True):
            assert {column: new[column] for column in old} == old, table


async def test_what_the_release_before_has_left_is_taken_up(release: str, tmp_path: Path) -> None:
    clock = ManualClock()
    clock.advance(60)
    await upgrade(release)
    async with open_backend(tmp_path, clock) as backend:
        (kept,) = await backend.conferences.list(backend.customer_id, EVERYTHING)
        assert (kept.name, kept.data, kept.status) == ("kept", {"a": [1, None]}, ConferenceStatus.PROGRESSING)
        assert kept.conferencecall_ids == ()
        assert len(kept.recording_ids) == 1
        left = await backend.participants.list_calls(backend.customer_id, EVERYTHING)
        assert [each.status for each in left] == [ConferencecallStatus.LEAVED] * 2
        events = await backend.events(kept.id)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        await backend.join(kept)
        assert await backend.room(name="new")
        clock.advance(600)
        await backend.conference(ConferenceId(kept.id), ConferenceStatus.TERMINATED)


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
