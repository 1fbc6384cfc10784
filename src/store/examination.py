"""Examination: what a database is, read without changing it, also while a server uses it."""

from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mixminus.errors import Unavailable
from mixminus.store import migrations
from mixminus.store.database import create_engine, is_sqlite

__all__ = ["Examination", "examine", "is_known"]


@dataclass(frozen=True, slots=True)
class Examination:
    """The state of a database."""

    product: str
    revision: str | None
    """Of its tables; None if it has none."""
    newest: str
    """The revision of this version of the server."""
    known: bool
    """Whether this version of the server knows the revision."""
    faults: tuple[str, ...]
    """What SQLite's quick_check reports; empty if the file is intact."""


async def examine(url: str) -> Examination:
    """Return the state of a database; raise Unavailable if it does not answer. No SQLite file is created."""
    if is_sqlite(url) and not _exists(url):
        return Examination("SQLite", None, _newest(), known=True, faults=())
    try:
        engine = create_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(_examined)
        finally:
            await engine.dispose()
    except (OSError, SQLAlchemyError, ImportError, ValueError) as error:
        raise Unavailable(f"the database does not answer ({_first_line(error)})") from None


def _exists(url: str) -> bool:
    file = make_url(url).database
    return bool(file) and Path(str(file)).is_file()


def _examined(connection: Connection) -> Examination:
    revision = MigrationContext.configure(connection).get_current_revision()
    product, faults = "PostgreSQL", ()
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("PRAGMA quick_check")).scalars().all()
        product, faults = "SQLite", tuple(row for row in rows if row != "ok")
    return Examination(product, revision, _newest(), revision is None or is_known(revision), faults)


def is_known(revision: str) -> bool:
    """Return whether this version of the server knows a revision of the tables."""
    return any(each.revision == revision for each in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def _newest() -> str:
    return str(_scripts().get_current_head())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
