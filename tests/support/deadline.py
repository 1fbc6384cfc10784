"""Waiting for what must come, with a limit: never for a time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, overload

__all__ = ["until"]

T = TypeVar("T")
STEP_S: Final = 0.01


@overload
async def until(look: Callable[[], Awaitable[T | None]], *, within_s: float = 10.0) -> T: ...
@overload
async def until(look: Callable[[], T | None], *, within_s: float = 10.0) -> T: ...
async def until(look: Callable[[], Any], *, within_s: float = 10.0) -> Any:
    """Return what ``look`` finds as soon as it is true; fail the test when it stays false."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert loop.time() < end, f"not within {within_s} s: {look}"
        await _step(loop)


async def _step(loop: asyncio.AbstractEventLoop) -> None:
    passed = loop.create_future()
    handle = loop.call_later(STEP_S, passed.set_result, None)
    try:
        await passed
    finally:
        handle.cancel()
