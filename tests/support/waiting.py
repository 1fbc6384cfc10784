"""Wait for a condition with a deadline; the only sleeps of the tests are here."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
_STEP_S = 0.02


def eventually(probe: Callable[[], T | None], *, timeout_s: float = 10.0, what: str = "") -> T:
    """Return the first truthy result of ``probe``; raise AssertionError after the deadline."""
    deadline = time.monotonic() + timeout_s
    while not (result := probe()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or probe}"
        _pause()
    return result


@overload
async def until(look: Callable[[], Awaitable[T | None]], *, within_s: float = 15.0) -> T: ...
@overload
async def until(look: Callable[[], T | None], *, within_s: float = 15.0) -> T: ...
async def until(look: Callable[[], Any], *, within_s: float = 15.0) -> Any:
    """Return the first truthy result of ``look``; raise AssertionError after the deadline."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while True:
        found = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert loop.time() < end, f"not within {within_s} s: {look}"
        await asyncio.sleep(_STEP_S)


async def run_ready_tasks() -> None:
    """Let all tasks run that are ready."""
    await asyncio.sleep(0)


async def pace(seconds: float) -> None:
    """Wait for the duration of a packet: the clock of a phone, not a synchronisation."""
    await asyncio.sleep(max(0.0, seconds))


def play_for(seconds: float) -> None:
    """Let real audio run for the duration of a measurement, not as a synchronisation."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _pause()


def play_until() -> Callable[[float], None]:
    """Return a clock that started now: it waits until this many seconds have passed, as a device that plays does."""
    start = time.monotonic()

    def wait_for(position_s: float) -> None:
        time.sleep(max(0.0, start + position_s - time.monotonic()))

    return wait_for


def _pause() -> None:
    time.sleep(_STEP_S)
