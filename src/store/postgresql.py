"""PostgreSQL: statements run on asyncpg itself, which prepares each once for a connection; lists go through SQLAlchemy."""

from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import asyncpg
from sqlalchemy import Executable, NullPool, Result, ScalarResult
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from mixminus.errors import Unavailable
from mixminus.store.connection import Lost
from mixminus.store.json import to_json
from mixminus.store.session import KEEPALIVES
from mixminus.store.statement import Statement

__all__ = ["CONNECTIONS", "PostgresqlServer", "PostgresqlSession"]

CONNECTIONS: Final = 20
"""PostgreSQL allows a hundred by default."""
_CONNECT_S: Final = 5.0
_BEGIN_S: Final = 5.0
_STATEMENT_S: Final = 20.0
"""A server that accepts connections and does not answer is away, too."""
_SETTINGS: Final = {
    **KEEPALIVES,
    # The locks of a transaction whose server is frozen, or whose machine has vanished, must not hold up the nodes that
    # take over: PostgreSQL ends it after as long as a lease lasts.
    "idle_in_transaction_session_timeout": "6s",
}
# By default each statement sees a snapshot of its own; in a transaction that reads all statements share one.
_BEGIN: Final = {True: "BEGIN", False: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}


class PostgresqlServer:
    """Opens connections to the database."""

    def __init__(self, url: URL, counters: Counter[str]) -> None:
        self._counters = counters
        # Transactions are begun and ended on the driver: SQLAlchemy must not begin any.
        self._engine = create_async_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            json_serializer=to_json,
            connect_args={
                "timeout": _CONNECT_S,
                "command_timeout": _STATEMENT_S,
                "server_settings": _SETTINGS,
            },
        )

    async def connect(self) -> "PostgresqlSession":
        """Open a connection; Unavailable if the database does not answer."""
        try:
            connection = await self._engine.connect()
            driver: Any = (await connection.get_raw_connection()).driver_connection
        except Exception as exc:
            # A driver that cannot connect raises its own errors, or those of the socket or the resolver.
            raise Unavailable("the database does not answer") from exc
        return PostgresqlSession(connection, driver, self._counters)


class PostgresqlSession:
    """One connection; implements ``connection.Session``."""

    def __init__(
        self, connection: AsyncConnection, driver: "asyncpg.Connection[Any]", counters: Counter[str]
    ) -> None:
        self.dialect: Dialect = connection.dialect
        self._counters = counters
        self._sqlalchemy = connection
        self._driver = driver

    async def begin(self, *, writes: bool) -> None:
        await self._answered(self._driver.execute(_BEGIN[writes], timeout=_BEGIN_S))

    async def commit(self) -> None:
        await self._answered(self._driver.execute("COMMIT"))

    async def roll_back(self) -> None:
        await self._answered(self._driver.execute("ROLLBACK"))

    async def close(self) -> None:
        # A driver that is closed has no transaction to ask for.
        if self._driver.is_closed() or self._driver.is_in_transaction():
            self._driver.terminate()
            with suppress(Exception):
                await self._sqlalchemy.invalidate()
        await self._sqlalchemy.close()

    async def fetch(self, statement: Statement, **values: Any) -> list[dict[str, Any]]:
        self._counters["store.statements"] += 1
        compiled = statement.compiled(self.dialect)
        return compiled.decoded(
            await self._answered(self._driver.fetch(compiled.sql, *compiled.arguments(values)))
        )

    async def run(self, statement: Statement, values: Mapping[str, Any]) -> int:
        self._counters["store.statements"] += 1
        compiled = statement.compiled(self.dialect)
        status = await self._answered(self._driver.execute(compiled.sql, *compiled.arguments(values)))
        return int(status.rpartition(" ")[2])  # "INSERT 0 1", "UPDATE 1"

    async def execute(
        self, query: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result[Any]:
        self._counters["store.statements"] += 1
        try:
            return await self._sqlalchemy.execute(query, rows)
        except (OSError, TimeoutError) as exc:
            self._driver.terminate()
            raise Unavailable("the database does not answer in time") from exc

    async def change(self, query: Executable) -> int:
        result: Any = await self.execute(query)
        changed: int = result.rowcount
        return changed

    async def scalar(self, query: Executable) -> Any:
        return (await self.execute(query)).scalar()

    async def scalars(self, query: Executable) -> ScalarResult[Any]:
        return (await self.execute(query)).scalars()

    async def _answered(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except asyncpg.IntegrityConstraintViolationError as exc:
            raise IntegrityError(None, None, exc) from exc
        except TimeoutError as exc:
            # Not Lost: a server that does not answer would be waited for again on the next connection.
            self._driver.terminate()
            raise Unavailable("the database does not answer in time") from exc
        except (asyncpg.InterfaceError, OSError) as exc:
            raise Lost("the database does not answer") from exc
        except asyncpg.InternalClientError as exc:
            # The server has ended the connection, and asyncpg has read why, but not yet the end.
            self._driver.terminate()
            raise Lost("the database does not answer") from exc
        except asyncpg.PostgresError as exc:
            # A server that shuts down sends many errors; all of them close the connection.
            if not self._driver.is_closed():
                raise
            raise Lost("the database does not answer") from exc
