"""Engines for tests; every test checks that no thread and no file descriptor of an engine is left."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixminus.mixer import Engine, EngineConfig


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _native_threads() -> list[str]:
    names = []
    for task in Path("/proc/self/task").iterdir():
        # A thread may end between the listing and the reading.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            names.append((task / "comm").read_text().strip())
    return [name for name in names if name.startswith("mm-")]


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Check that threads and descriptors are the same before and after."""
    files, threads = _open_files(), threading.active_count()
    yield
    assert not _native_threads()
    assert threading.active_count() == threads
    assert _open_files() == files


@pytest.fixture
def engine(nothing_left_behind: None) -> Iterator[Engine]:
    """A manual engine: the test runs its ticks."""
    with Engine(EngineConfig(manual=True, media_timeout_ms=1000)) as opened:
        yield opened
