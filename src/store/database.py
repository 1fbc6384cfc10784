"""Store: the database, which keeps everything that survives a restart.

SQLite or PostgreSQL, by URL. A transaction that writes takes SQLite's write lock when it
begins (BEGIN IMMEDIATE): one that reads first and writes later can then never fail
half-way because another has written in between. Writers of this process queue for it in
Python, first come first served: SQLite itself would poll for the lock.
"""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from mixminus.errors import Unavailable
from mixminus.log import task_failed
from mixminus.model.ids import CustomerId
from mixminus.store.access_keys import AccessKeyRows
from mixminus.store.activeflow_retries import ActiveflowRetryRows
from mixminus.store.activeflow_webhooks import ActiveflowWebhookRows
from mixminus.store.activeflows import ActiveflowRows
from mixminus.store.agents import AgentRows
from mixminus.store.audits import AuditRows
from mixminus.store.calls import CallRows
from mixminus.store.chat import ChatMessageRows
from mixminus.store.cipher import Cipher
from mixminus.store.conferencecalls import ConferencecallRows
from mixminus.store.conferences import ConferenceRows
from mixminus.store.connection import Connection, Pool
from mixminus.store.customers import CustomerRows, SecretRows
from mixminus.store.encryption import EncryptionRows
from mixminus.store.extensions import BindingRows, ExtensionRows
from mixminus.store.fence import Fence
from mixminus.store.flows import FlowRows
from mixminus.store.groupcalls import GroupcallRows
from mixminus.store.guest_links import GuestLinkRows
from mixminus.store.homes import HomeRows
from mixminus.store.idempotency import IdempotencyRows
from mixminus.store.numbers import NumberRows
from mixminus.store.outbox import Event, OutboxRows
from mixminus.store.privacy import PrivacyRows
from mixminus.store.recordings import RecordingRows
from mixminus.store.sqlite import READERS, SqliteFile, cause_of, configure
from mixminus.store.timestamps import TimestampStyle
from mixminus.store.transcribes import TranscribeRows, TranscriptRows
from mixminus.store.trunks import TrunkRows
from mixminus.store.usage import BalanceRows, RunningMarkRows, UsageRows
from mixminus.store.webhook_attempts import WebhookAttemptRows
from mixminus.store.webhook_retries import WebhookRetryRows
from mixminus.store.webhooks import WebhookRows
from mixminus.tasks import TaskScope

__all__ = ["Store", "Transaction", "Write", "create_engine", "write_nothing"]

Read = TypeVar("Read")

COUNTERS = ("store.transactions", "store.snapshots", "store.statements", "store.checkpoints")


class Transaction:
    """A unit of work: every repository, on one connection; each is made when it is first used."""

    def __init__(
        self, connection: Connection, timestamp_style: TimestampStyle, cipher: Cipher, fence: Fence
    ) -> None:
        self.timestamp_style = timestamp_style
        self._connection = connection
        self._cipher = cipher
        self._fence = fence
        self._after_commit: list[Callable[[], None]] = []

    access_keys = cached_property(lambda tx: AccessKeyRows(tx._connection))
    activeflow_retries = cached_property(lambda tx: ActiveflowRetryRows(tx._connection))
    activeflow_webhooks = cached_property(lambda tx: ActiveflowWebhookRows(tx._connection, tx._cipher))
    activeflows = cached_property(lambda tx: ActiveflowRows(tx._connection, tx._fence.node_id))
    agents = cached_property(lambda tx: AgentRows(tx._connection))
    audits = cached_property(lambda tx: AuditRows(tx._connection))
    balances = cached_property(lambda tx: BalanceRows(tx._connection))
    bindings = cached_property(lambda tx: BindingRows(tx._connection, tx._fence.node_id))
    calls = cached_property(lambda tx: CallRows(tx._connection, tx._fence.node_id))
    chat_messages = cached_property(lambda tx: ChatMessageRows(tx._connection))
    conferencecalls = cached_property(lambda tx: ConferencecallRows(tx._connection))
    conferences = cached_property(lambda tx: ConferenceRows(tx._connection))
    customers = cached_property(lambda tx: CustomerRows(tx._connection, tx._cipher))
    encryption = cached_property(lambda tx: EncryptionRows(tx._connection))
    extensions = cached_property(lambda tx: ExtensionRows(tx._connection, tx._cipher))
    flows = cached_property(lambda tx: FlowRows(tx._connection))
    groupcalls = cached_property(lambda tx: GroupcallRows(tx._connection, tx._fence.node_id))
    guest_links = cached_property(lambda tx: GuestLinkRows(tx._connection))
    homes = cached_property(lambda tx: HomeRows(tx._connection, tx._fence))
    idempotency = cached_property(lambda tx: IdempotencyRows(tx._connection, tx._cipher, tx._fence.node_id))
    numbers = cached_property(lambda tx: NumberRows(tx._connection))
    outbox = cached_property(lambda tx: OutboxRows(tx._connection, tx._fence))
    privacy = cached_property(lambda tx: PrivacyRows(tx._connection))
    recordings = cached_property(lambda tx: RecordingRows(tx._connection, tx._fence.node_id))
    running_marks = cached_property(lambda tx: RunningMarkRows(tx._connection))
    secrets = cached_property(lambda tx: SecretRows(tx._connection, tx._cipher))
    trunks = cached_property(lambda tx: TrunkRows(tx._connection, tx._cipher))
    transcribes = cached_property(lambda tx: TranscribeRows(tx._connection, tx._fence.node_id))
    transcripts = cached_property(lambda tx: TranscriptRows(tx._connection))
    usage = cached_property(lambda tx: UsageRows(tx._connection))
    webhook_attempts = cached_property(lambda tx: WebhookAttemptRows(tx._connection))
    webhook_retries = cached_property(lambda tx: WebhookRetryRows(tx._connection))
    webhooks = cached_property(lambda tx: WebhookRows(tx._connection, tx._cipher))

    def after_commit(self, do: Callable[[], None]) -> None:
        """Call ``do`` when all of this is committed; not if it is rolled back."""
        self._after_commit.append(do)

    def committed(self) -> None:
        """Call what waits for the commit."""
        for do in self._after_commit:
            do()


Write = Callable[[Transaction], Awaitable[None]]
"""Writes something within a transaction of other changes: all are committed together."""


async def write_nothing(tx: Transaction) -> None:
    """Write nothing: a ``Write``."""


class Store:
    """Owns the connections; ``timestamp_style`` is the format of times in events, ``cipher`` encrypts secrets."""

    def __init__(
        self,
        url: str,
        timestamp_style: TimestampStyle = TimestampStyle.LEGACY,
        cipher: Cipher = Cipher(),  # noqa: B008 -- immutable
        fence: Fence | None = None,
    ) -> None:
        """``fence`` makes this server a node; without it the server is alone on its database."""
        self.fence = fence or Fence()
        self.timestamp_style = timestamp_style
        self._cipher = cipher
        self._refusal = ""
        self.counters: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
        self._file: SqliteFile | None = None
        self._writers: Pool[Any]
        self._readers: Pool[Any]
        if is_sqlite(url):
            self._file = SqliteFile(make_url(url), self.counters)
            self._writers, self._readers = Pool(1, self._file.connect), Pool(READERS, self._file.connect)
        else:
            self._writers = self._readers = _postgresql_pool(url, self.counters)
        self._checkpoints = TaskScope(task_failed("store"))
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

    def stop_writing(self, reason: str) -> None:
        """Refuse every transaction that writes from now on."""
        self._refusal = reason

    @asynccontextmanager
    async def transaction(self, guarded: UUID | None = None) -> AsyncIterator[Transaction]:
        """Open a transaction that writes; commit it, or roll it back if the block raises.

        ``guarded``: a stream whose home this node must be when it commits; Fenced if it is not.
        """
        if self._refusal:
            raise Unavailable(self._refusal)
        with _translated():
            session = await self._writers.begin(writes=True)
            tx = Transaction(session, self.timestamp_style, self._cipher, self.fence)
            try:
                if guarded:
                    tx.outbox.guard(guarded)
                yield tx
                await tx.outbox.write()
            except BaseException:
                with suppress(Unavailable):
                    await self._writers.roll_back(session)
                raise
            await self._writers.commit(session)
            self._committed(tx)

    def within(self, tx: Transaction | None) -> AbstractAsyncContextManager[Transaction]:
        """Use a transaction that writes and that its owner commits; without one, open one."""
        return self.transaction() if tx is None else nullcontext(tx)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        """Open a transaction that reads one consistent state; it blocks no writer."""
        with _translated():
            session = await self._readers.begin(writes=False)
            self.counters["store.snapshots"] += 1
            try:
                yield Transaction(session, self.timestamp_style, self._cipher, self.fence)
            finally:
                with suppress(Unavailable):
                    await self._readers.roll_back(session)

    async def read(self, statement: Callable[[Transaction], Awaitable[Read]]) -> Read:
        """Return what a single ``Statement`` reads: it sees one state without a transaction, whose begin and end are round trips.

        On SQLite the connection that writes reads it, if it is free: it alone has the newest pages in memory.
        """

        def read(session: Connection) -> Awaitable[Read]:
            return statement(Transaction(session, self.timestamp_style, self._cipher, self.fence))

        with _translated():
            return await (self._writers if self._file and self._writers.is_free else self._readers).read(read)

    async def check(self) -> None:
        """Raise Unavailable unless the database answers."""
        async with self.snapshot() as tx:
            await tx.customers.first()

    async def close(self) -> None:
        """Close every connection; closing twice is harmless."""
        await self._checkpoints.close()
        await self._writers.close()
        await self._readers.close()
        if self._file:
            self._file.close()

    def _committed(self, tx: Transaction) -> None:
        self.counters["store.transactions"] += 1
        tx.outbox.committed()
        tx.committed()
        if tx.customers.written:
            for on_change in self._customer_watchers:
                on_change(tx.customers.written)
        if tx.outbox.written:
            for on_events in self._event_watchers:
                on_events(tx.outbox.written)

        if self._file and self._file.must_checkpoint() and not len(self._checkpoints):
            self._checkpoints.spawn("checkpoint", self._checkpoint(self._file))

    async def _checkpoint(self, file: SqliteFile) -> None:
        """Copy the write-ahead log into the file while transactions go on; then its rest while they wait.

        SQLite starts the log anew only when all of it is in the file.
        """
        await file.checkpoint()
        session = await self._writers.begin(writes=True)
        try:
            await file.checkpoint()
        finally:
            await self._writers.roll_back(session)
        self.counters["store.checkpoints"] += 1


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except sqlite3.DatabaseError as exc:
        cause = cause_of(exc)
        if cause is None and not isinstance(exc, sqlite3.OperationalError):
            raise
        raise Unavailable(cause or "the database does not answer") from exc
    except DBAPIError as exc:
        # A PostgreSQL that shuts down raises many errors; all of them invalidate the connection.
        cause = cause_of(exc)
        if not (cause or exc.connection_invalidated or isinstance(exc, InterfaceError | OperationalError)):
            raise
        raise Unavailable(cause or "the database does not answer") from exc


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _postgresql_pool(url: str, counters: Counter[str]) -> Pool[Any]:
    # asyncpg is an optional dependency.
    from mixminus.store.postgresql import CONNECTIONS, PostgresqlServer  # noqa: PLC0415

    return Pool(CONNECTIONS, PostgresqlServer(make_url(url), counters).connect)


def create_engine(url: str) -> AsyncEngine:
    """Return an engine for migrations, which run before a Store is opened."""
    engine = create_async_engine(url)
    if is_sqlite(url):
        event.listen(engine.sync_engine, "connect", configure)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
