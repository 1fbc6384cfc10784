"""A database of each of the last five revisions, with rows in every table, is upgraded and loses nothing."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from mixminus.store import migrations
from mixminus.store.database import create_engine
from mixminus.store.migrations import upgrade
from mixminus.store.tables import metadata
from tests.store.test_migrations import compare, revision, rows
from tests.support.database import empty_database_url

EARLIER = 5
TEXT = "Zoë 'quoted' \"twice\" 日本 \\ ; -- "
NAMESPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def revisions() -> list[str]:
    """Return the revisions, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def value(column: sa.Column[Any], kind: sa.types.TypeEngine[Any], row: int) -> object:
    """Return a value of a column that differs from row to row."""
    if isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.Uuid):
        return uuid5(NAMESPACE, f"{column.table.name} {row}")
    if isinstance(kind, sa.String):
        return f"{row} {TEXT}"[: kind.length or 100]
    return next(made for each, made in values_of(row).items() if isinstance(kind, each))


def values_of(row: int) -> dict[type[sa.types.TypeEngine[Any]], object]:
    return {
        sa.Boolean: row % 2 == 0,
        sa.Integer: row + 1,
        sa.Float: row + 0.25,
        sa.Date: date(2026, 1, 1 + row),
        sa.DateTime: datetime(2026, 1, 1 + row, 12, 30, 15, 123456, tzinfo=UTC),
        sa.JSON: {"text": TEXT, "row": row, "list": [1, None]},
        sa.LargeBinary: bytes(range(256)),
    }


def fill(connection: sa.Connection) -> None:
    """Write two rows into every table; the second one has NULL where the column permits it."""
    found = sa.MetaData()
    found.reflect(connection)
    written: dict[str, list[dict[str, Any]]] = {}
    for table in found.sorted_tables:
        if table.name == "alembic_version" or table.name not in metadata.tables:
            continue
        declared = metadata.tables[table.name]
        columns = [each for each in table.columns if each.name in declared.columns]
        target = sa.table(
            table.name, *(sa.column(each.name, declared.columns[each.name].type) for each in columns)
        )
        for row in range(2):
            values: dict[str, Any] = {}
            for column in columns:
                if row and column.nullable and not column.primary_key:
                    values[column.name] = None
                elif (
                    column.foreign_keys and (key := next(iter(column.foreign_keys)).column).table is not table
                ):
                    values[column.name] = written[key.table.name][row][key.name]
                else:
                    values[column.name] = value(column, declared.columns[column.name].type, row)
            connection.execute(sa.insert(target).values(values))
            written.setdefault(table.name, []).append(values)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return empty_database_url(tmp_path)


@pytest.mark.parametrize("start", revisions()[1 : EARLIER + 1])
async def test_every_row_survives_the_upgrade(url: str, start: str) -> None:
    await upgrade(url, start)
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(fill)
    await engine.dispose()
    before = {table: kept for table, kept in (await rows(url)).items() if table in metadata.tables}
    assert len(before) > 20
    assert all(len(kept) == 2 for kept in before.values()), "a table without rows would show nothing"
    assert TEXT[:5] in json.dumps(before, default=str, ensure_ascii=False)

    await upgrade(url)
    assert await revision(url) == revisions()[0]
    assert await compare(url) == []
    after = await rows(url)
    for table, kept in before.items():
        for old, new in zip(kept, after[table], strict=True):
            assert {column: new[column] for column in old} == old, table
