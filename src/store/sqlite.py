"""SQLite: short statements run on the event loop's thread, all others on threads of their own.

Handing a statement to a thread costs more than a look-up by a key, which takes some microseconds. So that the loop
is never blocked for long, Yielding lets other tasks run between statements, a query that may be long (Connection.execute)
and a wait for another process's lock go to a thread, and so does the checkpoint that syncs the file to the disk.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Executable, NullPool, Result, ScalarResult, event
from sqlalchemy import create_engine as create_sync_engine
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import IntegrityError

from mixminus.clock import SystemClock
from mixminus.errors import Unavailable
from mixminus.store.json import to_json
from mixminus.store.statement import Compiled, Statement
from mixminus.threads import named_threads

__all__ = ["READERS", "SqliteFile", "SqliteSession", "cause_of", "configure"]

READERS: Final = 8
LONGEST_S: Final = 0.004
"""How long statements may keep the loop's other tasks waiting."""
_BUSY_TIMEOUT_MS: Final = 1_000
_BUSY_TIMEOUTS: Final = 30
"""How often a transaction waits ``_BUSY_TIMEOUT_MS`` for another process, before it is given up."""
_CACHED_STATEMENTS: Final = 512
_CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
_COMMITS_A_LOOK: Final = 64
"""Commits between two looks at the size of the write-ahead log."""

_DAMAGED: Final = "the database is damaged: stop the server, and restore a backup (mixminus restore)"
_CAUSES: Final = {
    sqlite3.SQLITE_FULL: "the disk of the database is full: free some space; nothing that was stored is lost",
    sqlite3.SQLITE_READONLY: "the database cannot be written: its file or file system is read-only",
    sqlite3.SQLITE_IOERR: "the disk of the database fails: see the log of the system",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened: is it there, and are file descriptors left?",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
_PRIMARY: Final = 0xFF
"""SQLite's extended codes have the primary code in the lowest byte."""

T = TypeVar("T")


def cause_of(error: BaseException) -> str | None:
    """Return what is wrong with the file or its disk, and what to do; None for other errors.

    ``error`` is the driver's, or SQLAlchemy's that wraps it.
    """
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else _CAUSES.get(code & _PRIMARY)


class Yielding:
    """Measures how long statements have kept the event loop from its other tasks."""

    def __init__(self) -> None:
        self._began_s = 0.0
        self._clock = SystemClock()

    async def pause(self) -> None:
        """Let other tasks run if statements have taken ``LONGEST_S`` since they last could."""
        now_s = self._clock.monotonic_s()
        if not self._began_s:
            self._began_s = now_s
            asyncio.get_running_loop().call_soon(self._end)
        elif now_s - self._began_s > LONGEST_S:
            await asyncio.sleep(0)

    def _end(self) -> None:
        self._began_s = 0.0


class SqliteFile:
    """The database file: opens connections to it, and copies its write-ahead log into it."""

    def __init__(self, url: URL, counters: Counter[str]) -> None:
        self._counters = counters
        self._engine = create_sync_engine(
            url.set(drivername="sqlite+pysqlite"),
            poolclass=NullPool,
            connect_args={"check_same_thread": False, "cached_statements": _CACHED_STATEMENTS},
            json_serializer=to_json,
        )
        event.listen(self._engine, "connect", configure)
        # A thread for each connection: a transaction that writes never waits for queries.
        self._threads = named_threads(READERS + 2, "mm-database")
        self._yielding = Yielding()
        self._log = Path(f"{url.database}-wal")
        self._commits = 0

    async def connect(self) -> "SqliteSession":
        """Open a connection."""
        try:
            connection = self._engine.connect()
        except Exception as exc:
            raise Unavailable(cause_of(exc) or "the database cannot be opened") from exc
        return SqliteSession(connection, self._yielding, self._threads, self._counters)

    def close(self) -> None:
        """End the threads, which have no work any more."""
        self._threads.shutdown()

    def must_checkpoint(self) -> bool:
        """Return after a commit whether the write-ahead log has become long."""
        self._commits = (self._commits + 1) % _COMMITS_A_LOOK
        return not self._commits and self._log.stat().st_size > _CHECKPOINT_BYTES

    async def checkpoint(self) -> None:
        """Copy what is committed from the write-ahead log into the file, on a thread."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._checkpoint)

    def _checkpoint(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


class SqliteSession:
    """One connection; implements ``connection.Session``."""

    def __init__(
        self, connection: Connection, yielding: Yielding, threads: ThreadPoolExecutor, counters: Counter[str]
    ) -> None:
        self.dialect: Dialect = connection.dialect
        self._yielding = yielding
        self._threads = threads
        self._counters = counters
        # Transactions are begun and ended on the driver, which SQLAlchemy does not notice.
        self._sqlalchemy = connection
        driver: Any = connection.connection.driver_connection
        self._driver: sqlite3.Connection = driver
        self._waits = True
        """Whether SQLite itself waits for the lock of another process."""

    async def begin(self, *, writes: bool) -> None:
        await self._yielding.pause()
        if not writes:
            self._driver.execute("BEGIN")
            return
        try:
            if self._waits:
                self._driver.execute("PRAGMA busy_timeout=0")
                self._waits = False
            self._driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            await self._begin_when_free()

    async def commit(self) -> None:
        self._driver.execute("COMMIT")

    async def roll_back(self) -> None:
        self._driver.rollback()

    async def close(self) -> None:
        self._driver.rollback()
        self._sqlalchemy.close()

    async def fetch(self, statement: Statement, **values: Any) -> list[dict[str, Any]]:
        await self._yielding.pause()
        self._counters["store.statements"] += 1
        compiled = statement.compiled(self.dialect)
        return compiled.decoded(self._cursor(compiled, values))

    async def run(self, statement: Statement, values: Mapping[str, Any]) -> int:
        await self._yielding.pause()
        self._counters["store.statements"] += 1
        return self._cursor(statement.compiled(self.dialect), values).rowcount

    async def execute(
        self, query: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result[Any]:
        def execute() -> Callable[[], Result[Any]]:
            result = self._sqlalchemy.execute(query, rows)
            # Read here and now: the result must not be read on the loop's thread.
            return result.freeze() if result.returns_rows else lambda: result

        self._counters["store.statements"] += 1
        return (await self._on_thread(execute))()

    async def change(self, query: Executable) -> int:
        result: Any = await self.execute(query)
        changed: int = result.rowcount
        return changed

    async def scalar(self, query: Executable) -> Any:
        return (await self.execute(query)).scalar()

    async def scalars(self, query: Executable) -> ScalarResult[Any]:
        return (await self.execute(query)).scalars()

    def _cursor(self, compiled: Compiled, values: Mapping[str, Any]) -> sqlite3.Cursor:
        try:
            return self._driver.execute(compiled.sql, compiled.arguments(values))
        except sqlite3.IntegrityError as exc:
            raise IntegrityError(compiled.sql, None, exc) from exc

    async def _begin_when_free(self) -> None:
        """Wait on a thread for the write lock, which another process holds."""
        self._driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        self._waits = True
        for _ in range(_BUSY_TIMEOUTS):
            with suppress(sqlite3.OperationalError):
                await self._on_thread(lambda: self._driver.execute("BEGIN IMMEDIATE"))
                return
        raise Unavailable("another process has locked the database")

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Run ``work`` on a thread; if cancelled, interrupt it, and wait until the connection is free again."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                self._driver.interrupt()
                try:
                    await asyncio.wait([future])
                except asyncio.CancelledError:
                    continue
            if not future.cancelled():
                future.exception()  # an interrupted query raises an error, which is not needed
            raise


def configure(connection: Any, record: object) -> None:
    """Configure a connection that SQLAlchemy has opened: WAL, foreign keys, and transactions begun by statements."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "wal_autocheckpoint=0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
