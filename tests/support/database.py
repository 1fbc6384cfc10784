"""Databases for tests: SQLite, or PostgreSQL if ``MIXMINUS_TEST_DATABASE=postgresql``.

A directory of a test has one database of either kind, created when its URL is first requested. It is already migrated:
the migrations take half a second, so they run once, and SQLite files are copies of the result. A PostgreSQL database may
have been used by an earlier test: emptying its tables is faster than creating and dropping a database.
"""

import asyncio
import functools
import itertools
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mixminus.store.cipher import Cipher
from mixminus.store.migrations import upgrade
from mixminus.store.tables import metadata
from tests.support.postgresql import PostgreSQL

__all__ = [
    "CIPHER",
    "ON_POSTGRESQL",
    "close_server",
    "content",
    "copy_directory",
    "database_url",
    "drop_databases",
    "empty_database_url",
    "execute",
    "migrated_sqlite_url",
    "node_directory",
    "postgresql_url",
    "restore",
    "server",
    "settings_for_a_server",
    "sqlite_url",
]

CIPHER: Final = Cipher([b"a key of tests, of thirty-two by"])
"""Encrypts the secrets of services under test."""
ON_POSTGRESQL: Final = os.environ.get("MIXMINUS_TEST_DATABASE", "sqlite") == "postgresql"


@functools.cache
def server() -> PostgreSQL:
    """Return the PostgreSQL server of this run, started on first use."""
    return PostgreSQL()


def close_server() -> None:
    """Stop the PostgreSQL server if it was started."""
    if server.cache_info().currsize:
        server().close()
        server.cache_clear()
        _migrated.cache_clear()
        _free.clear()


def drop_databases() -> None:
    """Release the databases of the test that ends; few are kept, because each is three hundred files."""
    for name in dict.fromkeys(_used.values()):
        if name.startswith(_KEPT):
            _free.append(name)
        else:
            server().execute("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _used.clear()


def database_url(directory: Path) -> str:
    """Return the URL of the directory's database, which is migrated."""
    if not ON_POSTGRESQL:
        return migrated_sqlite_url(directory)
    if directory not in _used:
        _used[directory] = _emptied(_free.pop()) if _free else _another()
    return server().url(_used[directory])


def node_directory(directory: Path, number: int) -> Path:
    """Return the directory of a node of a test: the first one has the test's, the others share its database."""
    if number == 0:
        return directory
    own = directory / f"node{number}"
    own.mkdir(exist_ok=True)
    if directory in _used:
        _used[own] = _used[directory]
    return own


def settings_for_a_server() -> dict[str, str]:
    """Return settings for ``mixminus serve`` with a database that is kept until the run ends."""
    return {"MIXMINUS_DATABASE_URL": server().url(_another())} if ON_POSTGRESQL else {}


def sqlite_url(directory: Path) -> str:
    return f"sqlite+aiosqlite:///{directory / 'mixminus.db'}"


def migrated_sqlite_url(directory: Path) -> str:
    """Return the URL of the directory's SQLite file; a new file is migrated."""
    file = directory / "mixminus.db"
    if not file.exists():
        file.write_bytes(_migrated_file())
    return sqlite_url(directory)


def postgresql_url() -> str:
    """Return the URL of a migrated PostgreSQL database of its own, whatever the tests run on; kept until the run ends."""
    return server().url(_another())


def empty_database_url(directory: Path) -> str:
    """Return the URL of a database that has never been migrated."""
    if not ON_POSTGRESQL:
        return sqlite_url(directory)
    if directory not in _used:
        _used[directory] = _new_name("new")
        server().create(_used[directory])
    return server().url(_used[directory])


def execute(directory: Path, statements: str) -> None:
    """Run SQL on the directory's database, without the server."""
    if ON_POSTGRESQL:
        server().execute(_used[directory], statements)
        return
    with closing(sqlite3.connect(directory / "mixminus.db")) as connection:
        connection.executescript(statements)


def restore(directory: Path, dump: str) -> None:
    """Fill the directory's empty database from an SQLite dump; on PostgreSQL the tables exist already."""
    if not ON_POSTGRESQL:
        execute(directory, dump)
        return
    rows = [line for line in dump.splitlines() if line.startswith("INSERT") and "alembic_version" not in line]
    counted = "SELECT setval(pg_get_serial_sequence('outbox', 'id'), max(id)) FROM outbox;"
    # The dump is sorted by table name: rows may come before those that they refer to.
    execute(directory, "\n".join(["SET session_replication_role = replica;", *rows, counted]))


def content(directory: Path) -> bytes:
    """Return the complete content of the directory's database, as an attacker with a copy would read it."""
    if ON_POSTGRESQL:
        return server().dump(_used[directory])
    return b"".join(path.read_bytes() for path in directory.glob("mixminus.db*"))


def copy_directory(source: Path, target: Path) -> Path:
    """Copy files and database in their present state, even if in use: what a killed server would leave."""
    shutil.copytree(source, target)
    if ON_POSTGRESQL:
        _used[target] = _new_name("copy")
        server().copy(_used[source], _used[target])
    return target


_KEPT: Final = "kept"
# All tables but alembic's. Connections that are still open, for example of a killed server, are closed.
_EMPTYING: Final = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();
TRUNCATE {", ".join(table.name for table in metadata.sorted_tables)} RESTART IDENTITY;
"""
_used: dict[Path, str] = {}
"""Databases of the running test, by directory."""
_free: list[str] = []
"""Migrated databases that are free for the next test."""
_numbers = itertools.count()


def _another() -> str:
    name = _new_name(_KEPT)
    server().create(name, _migrated())
    return name


def _emptied(name: str) -> str:
    server().execute(name, _EMPTYING)
    return name


def _new_name(kind: str) -> str:
    return f"{kind}_{next(_numbers)}"


@functools.cache
def _migrated() -> str:
    """Create the migrated database that all others are copied from."""
    _migrate(server().create("migrated"))
    return "migrated"


@functools.cache
def _migrated_file() -> bytes:
    """Return the content of a migrated SQLite file."""
    with TemporaryDirectory() as folder:
        _migrate(sqlite_url(Path(folder)))
        (file,) = Path(folder).iterdir()
        return file.read_bytes()


def _migrate(url: str) -> None:
    with ThreadPoolExecutor(1) as other_loop:
        other_loop.submit(lambda: asyncio.run(upgrade(url))).result()
