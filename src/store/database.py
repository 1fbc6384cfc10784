"""Store: the database, which keeps everything that survives a restart.

SQLite or PostgreSQL, by URL. A transaction that writes takes SQLite's write lock when it
begins (BEGIN IMMEDIATE): one that reads first and writes later can then never fail
half-way because another has written in between. Writers of this process queue for it in
Python, first come first served: SQLite itself would poll for the lock.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from mixminus.errors import Unavailable
from mixminus.model.ids import CustomerId
from mixminus.store.access_keys import AccessKeyRows
from mixminus.store.activeflow_webhooks import ActiveflowWebhookRows
from mixminus.store.activeflows import ActiveflowRows
from mixminus.store.agents import AgentRows
from mixminus.store.calls import CallRows
from mixminus.store.conferencecalls import ConferencecallRows
from mixminus.store.conferences import ConferenceRows
from mixminus.store.customers import CustomerRows, SecretRows
from mixminus.store.extensions import BindingRows, ExtensionRows
from mixminus.store.flows import FlowRows
from mixminus.store.groupcalls import GroupcallRows
from mixminus.store.idempotency import IdempotencyRows
from mixminus.store.numbers import NumberRows
from mixminus.store.outbox import Event, OutboxRows
from mixminus.store.recordings import RecordingRows
from mixminus.store.timestamps import TimestampStyle
from mixminus.store.transcribes import TranscribeRows, TranscriptRows
from mixminus.store.trunks import TrunkRows
from mixminus.store.webhook_retries import WebhookRetryRows
from mixminus.store.webhooks import WebhookRows
from mixminus.threads import name_thread

__all__ = ["Store", "Transaction", "create_engine"]

_WRITES: Final = "mixminus_writes"
_BUSY_TIMEOUT_MS: Final = 30_000
# By default each PostgreSQL statement sees a snapshot of its own; here all statements share one.
_ONE_STATE: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# PostgreSQL allows a hundred connections by default; if none is free, transactions wait.
_POOL_SIZE: Final = 20
_POOL_TIMEOUT_S: Final = 30.0


class Transaction:
    """A unit of work: every repository, on one connection."""

    def __init__(self, connection: AsyncConnection, timestamp_style: TimestampStyle) -> None:
        self.timestamp_style = timestamp_style
        self.access_keys = AccessKeyRows(connection)
        self.activeflow_webhooks = ActiveflowWebhookRows(connection)
        self.activeflows = ActiveflowRows(connection)
        self.agents = AgentRows(connection)
        self.bindings = BindingRows(connection)
        self.calls = CallRows(connection)
        self.conferencecalls = ConferencecallRows(connection)
        self.conferences = ConferenceRows(connection)
        self.customers = CustomerRows(connection)
        self.extensions = ExtensionRows(connection)
        self.flows = FlowRows(connection)
        self.groupcalls = GroupcallRows(connection)
        self.idempotency = IdempotencyRows(connection)
        self.numbers = NumberRows(connection)
        self.outbox = OutboxRows(connection)
        self.recordings = RecordingRows(connection)
        self.secrets = SecretRows(connection)
        self.trunks = TrunkRows(connection)
        self.transcribes = TranscribeRows(connection)
        self.transcripts = TranscriptRows(connection)
        self.webhook_retries = WebhookRetryRows(connection)
        self.webhooks = WebhookRows(connection)


class Store:
    """Owns the connections; ``timestamp_style`` is the format of times in events."""

    def __init__(self, url: str, timestamp_style: TimestampStyle = TimestampStyle.LEGACY) -> None:
        self._engine = create_engine(url)
        self._writers = self._engine.execution_options(**{_WRITES: True})
        sqlite = self._engine.dialect.name == "sqlite"
        self._readers = self._engine if sqlite else self._engine.execution_options(**_ONE_STATE)
        self._write_lock: asyncio.Lock | nullcontext[None] = asyncio.Lock() if sqlite else nullcontext()
        self.timestamp_style = timestamp_style
        self._event_watchers: list[Callable[[Sequence[Event]], None]] = []
        self._customer_watchers: list[Callable[[Collection[CustomerId]], None]] = []

    def watch_events(self, on_events: Callable[[Sequence[Event]], None]) -> None:
        """Call ``on_events`` with the events of every transaction that has committed some; it must not block.

        On SQLite the calls come in the order of the events' ids; on PostgreSQL transactions may commit in another.
        """
        self._event_watchers.append(on_events)

    def watch_customers(self, on_change: Callable[[Collection[CustomerId]], None]) -> None:
        """Call ``on_change`` with the customers that a committed transaction has added or changed."""
        self._customer_watchers.append(on_change)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction that writes; commit it, or roll it back if the block raises."""
        with _translated():
            async with self._write_lock, _begun(self._writers) as connection:
                tx = Transaction(connection, self.timestamp_style)
                yield tx
            self._committed(tx)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        """Open a transaction that reads one consistent state; it blocks no writer."""
        with _translated():
            async with _begun(self._readers) as connection:
                yield Transaction(connection, self.timestamp_style)

    async def close(self) -> None:
        """Close every connection; closing twice is harmless."""
        await self._engine.dispose()

    def _committed(self, tx: Transaction) -> None:
        if tx.customers.written:
            for on_change in self._customer_watchers:
                on_change(tx.customers.written)
        if tx.outbox.written:
            for on_events in self._event_watchers:
                on_events(tx.outbox.written)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (InterfaceError, OperationalError, TimeoutError) as exc:
        raise Unavailable("the database does not answer") from exc
    except DBAPIError as exc:
        # A PostgreSQL that shuts down raises many errors; all of them invalidate the connection.
        if not exc.connection_invalidated:
            raise
        raise Unavailable("the database does not answer") from exc


@asynccontextmanager
async def _begun(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a transaction; commit it, or roll it back if the block raises."""
    try:
        connection = await _opened(engine)
    except Exception as exc:
        # A driver that cannot connect raises its own errors, or those of the socket or the resolver.
        raise Unavailable("the database does not answer") from exc
    try:
        async with connection.begin():
            yield connection
    finally:
        # Shielded, as SQLAlchemy does: a cancelled request must not keep its connection.
        await asyncio.shield(connection.close())


async def _opened(engine: AsyncEngine) -> AsyncConnection:
    """Return an open connection; if cancelled while it opens, close it rather than leave it to the garbage collector."""
    connection = engine.connect()
    if engine.dialect.name != "sqlite":
        return await connection
    # aiosqlite leaks a connection that its thread opens for a cancelled caller (its Connection._connect).
    opening = asyncio.ensure_future(connection.start())
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:
            await connection.close()
        raise


def create_engine(url: str) -> AsyncEngine:
    """Return an engine whose SQLite connections use WAL and explicit transactions."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(
            url, pool_pre_ping=True, pool_size=_POOL_SIZE, max_overflow=0, pool_timeout=_POOL_TIMEOUT_S
        )
    engine = create_async_engine(url, connect_args={"factory": _connected})
    event.listen(engine.sync_engine, "connect", _configure_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
    """Open a connection, in the driver's thread for it."""
    name_thread("mm-database")
    return sqlite3.Connection(*arguments, **options)


def _configure_sqlite(connection: Any, record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite chooses their kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
