"""Connection: how repositories execute SQL within a transaction; ``sqlite`` and ``postgresql`` implement it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, Protocol, TypeVar, overload

from sqlalchemy import Executable, Result, ScalarResult
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.selectable import TypedReturnsRows

from mixminus.errors import Unavailable
from mixminus.store.statement import Statement

__all__ = ["Connection", "Lost", "Pool"]

WAIT_S: Final = 30.0
Columns = TypeVar("Columns", bound=tuple[Any, ...])


class Lost(Unavailable):
    """The connection to the database is broken."""


class Connection(Protocol):
    """A connection of one transaction. Errors: IntegrityError of SQLAlchemy; Lost, if the database does not answer."""

    @property
    def dialect(self) -> Dialect: ...

    async def fetch(self, statement: Statement, **values: Any) -> list[dict[str, Any]]:
        """Run a statement that concerns few rows, and return the rows by column name."""
        ...

    async def run(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that concerns few rows, and return how many it has changed."""
        ...

    @overload
    async def execute(
        self, query: TypedReturnsRows[Columns], rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result[Columns]: ...
    @overload
    async def execute(
        self, query: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result[Any]: ...
    async def execute(self, query: Any, rows: Sequence[Mapping[str, Any]] | None = None) -> Result[Any]:
        """Run any query, through SQLAlchemy: lists, searches, and what is rare. ``rows``: once for each of them."""
        ...

    async def change(self, query: Executable) -> int:
        """Run an INSERT, UPDATE or DELETE through SQLAlchemy, and return how many rows it has changed."""
        ...

    async def scalar(self, query: Executable) -> Any:
        """Return the first column of the first row of a query; None if there is no row."""
        ...

    async def scalars(self, query: Executable) -> ScalarResult[Any]:
        """Return the first column of the rows of a query."""
        ...


class Session(Connection, Protocol):
    """A connection that begins and ends its transactions."""

    async def begin(self, *, writes: bool) -> None:
        """Begin a transaction: one that writes, or one that reads a single state."""
        ...

    async def commit(self) -> None: ...
    async def roll_back(self) -> None: ...
    async def close(self) -> None: ...


AnySession = TypeVar("AnySession", bound=Session)
Read = TypeVar("Read")


class Pool(Generic[AnySession]):
    """Connections that are kept open between transactions, at most ``size``; transactions wait for a free one."""

    def __init__(self, size: int, connect: Callable[[], Awaitable[AnySession]]) -> None:
        self._connect = connect
        self._free: list[AnySession] = []
        self._places = asyncio.Semaphore(size)
        self._closed = False

    @property
    def is_free(self) -> bool:
        """Whether a connection is free, or can be opened, now."""
        return not self._places.locked()

    async def begin(self, *, writes: bool) -> AnySession:
        """Return a connection with a new transaction; Unavailable if the database does not answer."""
        await self._take_place()
        try:
            session, _ = await self._first(lambda session: session.begin(writes=writes))
        except BaseException:
            self._places.release()
            raise
        return session

    async def read(self, statement: Callable[[AnySession], Awaitable[Read]]) -> Read:
        """Return what a single statement reads, outside of a transaction; Unavailable if the database does not answer."""
        await self._take_place()
        try:
            session, found = await self._first(statement)
        except BaseException:
            self._places.release()
            raise
        await self._keep(session)
        return found

    async def _take_place(self) -> None:
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._places.acquire()
        except TimeoutError as exc:
            raise Unavailable("every connection to the database is in use") from exc

    async def _first(self, use: Callable[[AnySession], Awaitable[Read]]) -> tuple[AnySession, Read]:
        """Use a connection that was kept, or a new one; return it with the result."""
        while self._free:
            session = self._free.pop()
            try:
                return session, await use(session)
            except Lost:  # the database was restarted since the last transaction
                await _discard(session)
            except BaseException:
                await _discard(session)
                raise
        session = await self._connect()
        try:
            return session, await use(session)
        except BaseException:
            await _discard(session)
            raise

    async def commit(self, session: AnySession) -> None:
        """Commit, and keep the connection for the next transaction; close it if that fails."""
        try:
            await session.commit()
        except BaseException:
            await self._abandon(session)
            raise
        await self._keep(session)

    async def roll_back(self, session: AnySession) -> None:
        """Roll back, and keep the connection for the next transaction; close it if that fails."""
        try:
            await session.roll_back()
        except BaseException:
            await self._abandon(session)
            raise
        await self._keep(session)

    async def close(self) -> None:
        """Close the connections: those in use when their transaction ends; closing twice is harmless."""
        self._closed = True
        while self._free:
            await self._free.pop().close()

    async def _keep(self, session: AnySession) -> None:
        if self._closed:
            await self._abandon(session)
            return
        self._free.append(session)
        self._places.release()

    async def _abandon(self, session: AnySession) -> None:
        try:
            await _discard(session)
        finally:
            self._places.release()


async def _discard(session: Session) -> None:
    with suppress(Exception):
        await session.close()
