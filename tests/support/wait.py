"""Wait for what must happen, with a deadline; never for time to pass."""

import time
from collections.abc import Callable
from threading import Event

__all__ = ["until"]

_POLL_S = 0.005


def until(happened: Callable[[], bool], *, what: str, timeout_s: float = 10.0) -> None:
    """Return when ``happened()`` is true; fail, naming what did not, after the deadline."""
    deadline = time.monotonic() + timeout_s
    pause = Event()
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s:g} s")
        pause.wait(_POLL_S)
