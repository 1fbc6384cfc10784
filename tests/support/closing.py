"""Close what a test has opened, also when it fails: at the end of a block, or of the test on its event loop."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

import pytest

__all__ = ["Closes", "close_at_the_end", "everything_is_closed"]


class Closes(ABC):
    """A context manager that calls ``close`` at the end of its block."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
