"""Which database the tests run on: SQLite, or PostgreSQL if ``MIXMINUS_TEST_DATABASE=postgresql``.

A directory of a test has one database, whichever kind; it is made when its URL is first asked for.
A new SQLite file is empty; PostgreSQL's is already migrated, because DDL takes it half a second.
"""

import asyncio
import functools
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from mixminus.store.migrations import upgrade
from tests.support.postgresql import PostgreSQL

__all__ = [
    "ON_POSTGRESQL",
    "close_server",
    "content",
    "copy_directory",
    "database_url",
    "drop_databases",
    "empty_database_url",
    "execute",
    "restore",
    "server",
    "sqlite_url",
]

ON_POSTGRESQL: Final = os.environ.get("MIXMINUS_TEST_DATABASE", "sqlite") == "postgresql"


@functools.cache
def server() -> PostgreSQL:
    """Start the one server of this run."""
    return PostgreSQL()


def close_server() -> None:
    """Stop the server if any test has needed it."""
    if server.cache_info().currsize:
        server().close()
        server.cache_clear()
        _migrated.cache_clear()


def drop_databases() -> None:
    """Remove what the test that ends has made: a database is three hundred files."""
    while _made:
        server().execute("postgres", f'DROP DATABASE IF EXISTS "{_made.pop()}" WITH (FORCE)')


def database_url(directory: Path) -> str:
    """Return the URL of the directory's database."""
    return _created(_name(directory), _migrated) if ON_POSTGRESQL else sqlite_url(directory)


def sqlite_url(directory: Path) -> str:
    return f"sqlite+aiosqlite:///{directory / 'mixminus.db'}"


def empty_database_url(directory: Path) -> str:
    """Return the URL of a database that has never been migrated."""
    return _created(_name(directory), lambda: "template0") if ON_POSTGRESQL else sqlite_url(directory)


def execute(directory: Path, statements: str) -> None:
    """Change the directory's database behind the server's back."""
    if ON_POSTGRESQL:
        server().execute(_name(directory), statements)
        return
    with closing(sqlite3.connect(directory / "mixminus.db")) as connection:
        connection.executescript(statements)


def restore(directory: Path, dump: str) -> None:
    """Fill the directory's empty database from a dump of SQLite; PostgreSQL has the tables by then."""
    if not ON_POSTGRESQL:
        execute(directory, dump)
        return
    rows = [line for line in dump.splitlines() if line.startswith("INSERT") and "alembic_version" not in line]
    counted = "SELECT setval(pg_get_serial_sequence('outbox', 'id'), max(id)) FROM outbox;"
    # The dump is sorted by name, so that rows come before those that they refer to.
    execute(directory, "\n".join(["SET session_replication_role = replica;", *rows, counted]))


def content(directory: Path) -> bytes:
    """Return every byte of the directory's database that a thief could read."""
    if ON_POSTGRESQL:
        return server().dump(_name(directory))
    return b"".join(path.read_bytes() for path in directory.glob("mixminus.db*"))


def copy_directory(source: Path, target: Path) -> Path:
    """Copy files and database as they are at this moment, in use or not: what a kill would leave."""
    shutil.copytree(source, target)
    if ON_POSTGRESQL:
        server().copy(_name(source), _name(target))
        _made.add(_name(target))
    return target


_made: set[str] = set()


def _created(name: str, template: Callable[[], str]) -> str:
    if name in _made:
        return server().url(name)
    _made.add(name)
    return server().create(name, template())


@functools.cache
def _migrated() -> str:
    """Make the database that all others begin as."""
    url = server().create("migrated")
    with ThreadPoolExecutor(1) as other_loop:
        other_loop.submit(lambda: asyncio.run(upgrade(url))).result()
    return "migrated"


def _name(directory: Path) -> str:
    return "t" + sha256(str(directory).encode()).hexdigest()[:16]
