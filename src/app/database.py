"""Opens the database of the server: owns it, upgrades its tables, and encrypts its secrets."""

import asyncio
from contextlib import AsyncExitStack

from mixminus import log
from mixminus.app.secret_keys import open_cipher
from mixminus.app.settings import Settings, setting_name
from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.store.database import Store
from mixminus.store.exclusive import DatabaseInUse, owned_database
from mixminus.store.migrations import upgrade
from mixminus.store.sqlite import cause_of
from mixminus.store.timestamps import TimestampStyle

__all__ = ["open_database"]

logger = log.get("app")


async def open_database(
    settings: Settings, clock: Clock, stack: AsyncExitStack
) -> tuple[Store, asyncio.Future[DatabaseInUse]]:
    """Return the database, and a future that is done when another server has taken it over; nothing is written then.

    Raises DatabaseInUse if another server has it, Unavailable if it cannot be opened.
    """
    lost: asyncio.Future[DatabaseInUse] = asyncio.get_running_loop().create_future()
    try:
        await stack.enter_async_context(owned_database(settings.database, lost.set_result))
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
    store = Store(settings.database, TimestampStyle(settings.timestamp_style), cipher)
    stack.push_async_callback(store.close)
    lost.add_done_callback(lambda done: _stop_writing(store, done))
    return store, lost


def _stop_writing(store: Store, lost: asyncio.Future[DatabaseInUse]) -> None:
    if not lost.cancelled():
        logger.error("database taken over", reason=str(lost.result()))
        store.stop_writing(str(lost.result()))
