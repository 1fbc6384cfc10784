"""Waiting for what must become true, with a deadline instead of a sleep."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_STEP_S = 0.02


def eventually(probe: Callable[[], T], *, timeout_s: float = 10.0, what: str = "") -> T:
    """Return the first truthy result of ``probe``; raise AssertionError after the deadline."""
    deadline = time.monotonic() + timeout_s
    while not (result := probe()):
        assert time.monotonic() < deadline, f"never happened within {timeout_s} s: {what or probe}"
        _pause()
    return result


async def eventually_async(
    probe: Callable[[], Awaitable[T]], *, timeout_s: float = 10.0, what: str = ""
) -> T:
    """Return the first truthy result of an asynchronous ``probe``."""
    deadline = time.monotonic() + timeout_s
    while not (result := await probe()):
        assert time.monotonic() < deadline, f"never happened within {timeout_s} s: {what or probe}"
        await asyncio.sleep(_STEP_S)
    return result


def play_for(seconds: float) -> None:
    """Let real audio run for a stretch: the length of a measurement, not a synchronisation."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _pause()


def _pause() -> None:
    time.sleep(_STEP_S)  # the one place in the tests that sleeps
