"""Waiting for what must become true, with a deadline instead of a guess."""

import asyncio
from collections.abc import Callable

__all__ = ["eventually"]

_LOOK_EVERY_S = 0.02


async def eventually(condition: Callable[[], bool], *, within_s: float = 15.0) -> None:
    """Return as soon as ``condition`` holds; raise TimeoutError if it never does."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- what is awaited has no event to offer
            await asyncio.sleep(_LOOK_EVERY_S)
