"""What a test has opened on its loop is closed when it ends, also when it fails: no later test finds it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

__all__ = ["close_at_the_end", "everything_is_closed"]

_open: list[Callable[[], Awaitable[None]]] = []


def close_at_the_end(close: Callable[[], Awaitable[None]]) -> None:
    """Call this when the test ends, newest first; a test that closes for itself has it closed twice."""
    _open.append(close)


@pytest.fixture(autouse=True)
async def everything_is_closed() -> AsyncIterator[None]:
    """Import this where tests open what wants to be closed."""
    yield
    while _open:
        await _open.pop()()
