"""The lock by which one server owns a database: two on one would end each other's calls.

Nodes share the lock: none of them starts while a server that is no node has it, and no such server while one of them
runs. A second lock lets nodes start one after another: the first one migrates, and makes the first accounts.

PostgreSQL: an advisory lock of a session of its own, which ends with the process, and on a machine that vanished when
TCP keepalives find out, after some ten seconds. SQLite: ``flock`` on a file beside the database, which the kernel
releases when the process ends. A server whose session is lost takes the lock again, or finds it taken over: then it
must write nothing more.
"""

import asyncio
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy.engine import make_url

from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.store.database import is_sqlite
from mixminus.store.session import open_session, unanswered
from mixminus.tasks import TaskScope

__all__ = ["DatabaseInUse", "Starting", "owned_database"]

_KEY: Final = 0x6D69786D696E7573
"""``mixminus`` in ASCII; advisory locks are of one database."""
_STARTING: Final = _KEY + 1
_START_S: Final = 120.0
_ATTEMPTS: Final = 20
"""A server that was killed a moment ago may still have its session."""
_PAUSE_S: Final = 0.25
_CHECK_S: Final = 2.0
_ANSWER_S: Final = 5.0
_HOLDER: Final = """
SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'a local socket') AS address
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = $1
"""

log = get("store")


class DatabaseInUse(Unavailable):
    """Another server owns the database."""


@asynccontextmanager
async def owned_database(
    url: str, on_lost: Callable[[DatabaseInUse], None], *, shared: bool = False
) -> AsyncIterator["Starting"]:
    """Own the database; raise DatabaseInUse if another server does, Unavailable if it does not answer.

    ``on_lost`` is called when another server has taken it over. ``shared``: with other nodes, of which one at a time
    starts, until it calls ``done``; PostgreSQL only.
    """
    async with AsyncExitStack() as stack:
        if is_sqlite(url):
            _lock_file(Path(f"{make_url(url).database}.lock"), stack)
            yield Starting()
            return
        ownership = _Ownership(url, on_lost, shared=shared)
        stack.push_async_callback(ownership.close)
        await ownership.take()
        starting = await Starting.begun(url) if shared else Starting()
        stack.push_async_callback(starting.done)
        yield starting


class Starting:
    """A node that starts, while no other does: a lock of a session of its own."""

    def __init__(self, session: Any = None) -> None:
        self._session = session

    @classmethod
    async def begun(cls, url: str) -> "Starting":
        """Wait until no other node starts; Unavailable after two minutes."""
        session = await open_session(url, "mixminus starting", answer_s=_ANSWER_S)
        begun = cls(session)
        try:
            for _ in range(int(_START_S / _PAUSE_S)):
                if await session.fetchval("SELECT pg_try_advisory_lock($1)", _STARTING):
                    return begun
                await asyncio.sleep(_PAUSE_S)
        except Exception as error:
            await begun.done()
            raise unanswered(error) from error
        except BaseException:
            await begun.done()
            raise
        await begun.done()
        raise Unavailable("another node has been starting for two minutes: look at its log, or stop it")

    async def done(self) -> None:
        """Let the next node start; twice is harmless."""
        session, self._session = self._session, None
        if session is not None:
            session.terminate()


def _lock_file(path: Path, stack: AsyncExitStack) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}): make its folder writable") from None
    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DatabaseInUse(
            f"another mixminus server uses the database {path.with_suffix('')}: stop it, or use another database"
        ) from None


class _Ownership:
    """The lock of a PostgreSQL database, and the session that holds it."""

    def __init__(self, url: str, on_lost: Callable[[DatabaseInUse], None], *, shared: bool) -> None:
        self._take = "SELECT pg_try_advisory_lock_shared($1)" if shared else "SELECT pg_try_advisory_lock($1)"
        self._url = url
        self._on_lost = on_lost
        # Names the server to the administrator, and its own former session to itself.
        self._name = f"mixminus {socket.gethostname()[:20]} {os.getpid()} {uuid4().hex[:12]}"
        self._session: Any = None
        self._scope = TaskScope(task_failed("database"))

    async def take(self) -> None:
        """Take the lock, within seconds or not at all, and keep it."""
        for _ in range(_ATTEMPTS):
            if await self._taken():
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            raise await self._in_use()
        self._scope.keep("ownership", self._keep)

    async def close(self) -> None:
        """Release the lock; closing twice is harmless."""
        await self._scope.close()
        await self._disconnect()

    async def _taken(self) -> bool:
        try:
            if self._session is None:
                self._session = await open_session(self._url, self._name, answer_s=_ANSWER_S)
            taken: bool = await self._session.fetchval(self._take, _KEY)
        except Exception as error:
            await self._disconnect()
            raise unanswered(error) from error
        return taken

    async def _in_use(self) -> DatabaseInUse:
        holder = await self._holder()
        other = f" ({holder['application_name']} at {holder['address']})" if holder else ""
        return DatabaseInUse(
            f"another mixminus server uses this database{other}: stop it, or give each server a database of its own"
        )

    async def _holder(self) -> Any:
        """Return the session that holds the lock; None if it is not known."""
        try:
            return await self._session.fetchrow(_HOLDER, _KEY) if self._session else None
        except Exception as error:  # noqa: BLE001 -- the driver's, the socket's, a timeout
            log.warning("holder not known", reason=str(error))
            return None

    async def _keep(self) -> None:
        """Watch the session, and take the lock again when it is lost; end when another server has it."""
        while True:
            await asyncio.sleep(_CHECK_S)
            if await self._is_alive():
                continue
            with suppress(Unavailable):
                if not await self._again():
                    self._on_lost(await self._in_use())
                    return
                log.info("database owned again")

    async def _is_alive(self) -> bool:
        if self._session is None:
            return False
        try:
            await self._session.execute("SELECT 1")
        except Exception as error:  # noqa: BLE001 -- the driver's, the socket's, a timeout
            log.warning("session lost", reason=str(error))
            await self._disconnect()
            return False
        return True

    async def _again(self) -> bool:
        """Take the lock again; False if another server has it. A former session of our own is ended first."""
        if await self._taken():
            return True
        holder = await self._holder()
        if holder is not None and holder["application_name"] != self._name:
            return False
        with suppress(Exception):
            if holder is not None:
                await self._session.execute("SELECT pg_terminate_backend($1)", holder["pid"])
        await self._disconnect()
        raise Unavailable("the former session has not ended yet")

    async def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.terminate()
