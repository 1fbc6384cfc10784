"""Drain: before the server stops it takes no new call, while the present ones go on until they end or a time has passed.

A node gives its rooms to others meanwhile (``app/draining.py``).
"""

import asyncio
from contextlib import suppress
from typing import Final

from mixminus import log
from mixminus.api.services import Services
from mixminus.app.notify import notify
from mixminus.errors import Unavailable

__all__ = ["drain"]

logger = log.get("app.drain")

CHECK_S: Final = 0.25
# While it drains, the server asks the service manager each time for so much more.
MORE_TIME_S: Final = 30
_US_PER_S: Final = 1_000_000


async def drain(services: Services, time_s: float, stop_now: asyncio.Event) -> None:
    """Refuse new calls; return when there is no call, the time has passed, or the event is set.

    ``time_s``: 0 returns at once, and refuses nothing.
    """
    if time_s <= 0:
        return
    services.admission.drain()
    with suppress(Unavailable):
        await services.cluster.set_draining(services.cluster.node_id, on=True)
    calls = services.live_calls
    logger.info("draining", calls=len(calls), at_most_s=time_s)
    try:
        async with asyncio.timeout(time_s):
            while calls and not stop_now.is_set():
                notify(
                    STATUS=f"draining: {len(calls)} calls", EXTEND_TIMEOUT_USEC=str(MORE_TIME_S * _US_PER_S)
                )
                await asyncio.sleep(CHECK_S)
    except TimeoutError:
        pass
    logger.info("drained", calls_left=len(calls))
