"""Opens the database of the server: owns it, upgrades its tables, and encrypts its secrets."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from mixminus import log
from mixminus.app.secret_keys import open_cipher
from mixminus.app.settings import Settings, setting_name
from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.store.database import Store, is_sqlite
from mixminus.store.exclusive import DatabaseInUse, Starting, owned_database
from mixminus.store.fence import Fence
from mixminus.store.migrations import upgrade
from mixminus.store.sqlite import cause_of
from mixminus.store.timestamps import TimestampStyle

__all__ = ["Database", "open_database"]

logger = log.get("app")


@dataclass(frozen=True, slots=True)
class Database:
    """The database of a server, with the turn of a node that starts."""

    store: Store
    lost: asyncio.Future[DatabaseInUse]
    """Done when another server has taken the database over, or a node was declared gone; nothing is written then."""
    starting: Starting

    def lose(self, reason: DatabaseInUse) -> None:
        """Write nothing more; the first reason counts."""
        _lose(self.lost, reason)


async def open_database(settings: Settings, clock: Clock, fence: Fence, stack: AsyncExitStack) -> Database:
    """Return the database.

    Raises DatabaseInUse if another server has it, Unavailable if it cannot be opened.
    """
    lost: asyncio.Future[DatabaseInUse] = asyncio.get_running_loop().create_future()
    try:
        owned = owned_database(settings.database, partial(_lose, lost), shared=not fence.alone)
        starting = await stack.enter_async_context(owned)
        await upgrade(settings.database)
    except DatabaseInUse:
        raise
    except Exception as error:
        if cause := cause_of(error):
            raise Unavailable(f"{setting_name('database_url')}: {cause}") from error
        problem = str(error).replace(settings.database, "<the URL>").partition("\n")[0]
        raise Unavailable(
            f"{setting_name('database_url')}: the database cannot be opened: {problem}; "
            "correct the URL, or start the database"
        ) from error
    cipher = await open_cipher(settings, clock)
    store = Store(settings.database, TimestampStyle(settings.timestamp_style), cipher, fence)
    stack.push_async_callback(store.close)
    lost.add_done_callback(lambda done: _stop_writing(store, done))
    if fence.alone and not is_sqlite(settings.database):
        async with store.transaction() as tx:
            await tx.homes.free_all()
    return Database(store, lost, starting)


def _lose(lost: asyncio.Future[DatabaseInUse], reason: DatabaseInUse) -> None:
    if not lost.done():
        lost.set_result(reason)


def _stop_writing(store: Store, lost: asyncio.Future[DatabaseInUse]) -> None:
    if not lost.cancelled():
        logger.error("database taken over, nothing is written any more", reason=str(lost.result()))
        store.stop_writing(str(lost.result()))
