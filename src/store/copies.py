"""Copies of a database, made while a server uses it, and put into an empty one.

SQLite is copied by its online backup (https://sqlite.org/backup.html) in one step: a reader of the write-ahead log
holds up no writer. PostgreSQL is written and read by its own programs. All functions block: call them in a thread.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL, make_url

from mixminus.errors import Unavailable
from mixminus.store.database import is_sqlite

__all__ = [
    "copy_database",
    "database_file",
    "faults_of",
    "keys_needed",
    "put_database",
    "rewrite_database",
]

SQLITE_FILE: Final = "database.sqlite"
POSTGRESQL_FILE: Final = "database.sql"
_KEYS_IN_DUMP: Final = "COPY public.encryption_keys "
_END_OF_COPY: Final = "\\."
INSTALL: Final = "install PostgreSQL's client programs (postgresql-client), of the server's version or newer"


def database_file(url: str) -> str:
    """Return the name of the copy in a backup: it depends on the kind of database."""
    return SQLITE_FILE if is_sqlite(url) else POSTGRESQL_FILE


def copy_database(url: str, target: Path) -> None:
    """Write a consistent copy to a file; raise Unavailable if the database cannot be read."""
    if not is_sqlite(url):
        _run("pg_dump", url, "--no-owner", "--no-privileges", "--file", str(target))
        return
    source = Path(str(make_url(url).database))
    if not source.is_file():
        raise Unavailable(f"there is no database {source}")
    try:
        with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(target)) as copy:
            connection.backup(copy)
    except sqlite3.Error as error:
        raise Unavailable(f"the database {source} cannot be copied ({error})") from None


def faults_of(url: str, file: Path) -> list[str]:
    """Return what is wrong with a copy; nothing is known of a dump until it is read."""
    if not is_sqlite(url):
        return []
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
            return found + [
                f"a row of {row[0]} refers to nothing" for row in copy.execute("PRAGMA foreign_key_check")
            ]
    except sqlite3.Error as error:
        return [str(error)]


def keys_needed(url: str, file: Path) -> list[str]:
    """Return the ids of the keys that decrypt the secrets in a copy; none if it is older than encryption."""
    if not is_sqlite(url):
        return list(_keys_in_dump(file))
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            return [row[0] for row in copy.execute("SELECT id FROM encryption_keys")]
    except sqlite3.OperationalError:  # no such table
        return []


def _keys_in_dump(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(_KEYS_IN_DUMP):
                for row in lines:
                    if row.startswith(_END_OF_COPY):
                        return
                    yield row.partition("\t")[0]


def put_database(url: str, file: Path) -> None:
    """Make a copy the database; it must be empty, and no server may use it. Raises Unavailable."""
    if not is_sqlite(url):
        options = (
            "--quiet",
            "--no-psqlrc",
            "--single-transaction",
            "--set",
            "ON_ERROR_STOP=1",
            "--output",
            os.devnull,
        )
        _run("psql", url, *options, "--file", str(file))
        return
    target = Path(str(make_url(url).database))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(file, target)


def rewrite_database(url: str) -> None:
    """Write a file of SQLite anew, without what was deleted; PostgreSQL's VACUUM FULL is its administrator's."""
    if not is_sqlite(url):
        return
    try:
        with closing(sqlite3.connect(str(make_url(url).database), isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise Unavailable(f"the database cannot be written anew ({error}): is the disk full?") from None


def _run(program: str, url: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise Unavailable(f"{program} is not installed: {INSTALL}")
    result = subprocess.run(
        (path, *arguments),
        env=os.environ | _environment(make_url(url)),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        reason = result.stderr.strip().partition("\n")[0]
        raise Unavailable(f"{program} failed: {reason}")


def _environment(url: URL) -> dict[str, str]:
    """Return the variables of libpq: a password in the arguments could be read by every user of the machine."""
    host = url.query.get("host", url.host)
    given = {
        "PGHOST": host if isinstance(host, str) else None,
        "PGPORT": str(url.port) if url.port else url.query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    return {name: str(value) for name, value in given.items() if value}
