"""Close what a test has opened on its event loop, also when it fails."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

__all__ = ["close_at_the_end", "everything_is_closed"]

_open: list[Callable[[], Awaitable[None]]] = []


def close_at_the_end(close: Callable[[], Awaitable[None]]) -> None:
    """Call ``close`` when the test ends, in reverse order; it must allow a second call."""
    _open.append(close)


@pytest.fixture(autouse=True)
async def everything_is_closed() -> AsyncIterator[None]:
    """Close everything registered with ``close_at_the_end``; import this fixture where tests use it."""
    yield
    while _open:
        await _open.pop()()
