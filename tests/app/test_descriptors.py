"""The server raises its limit of open files: the usual one would not do for a thousand connections and calls."""

import resource
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.app.server import serve


@pytest.fixture
def usual_limit() -> Iterator[None]:
    """Give the processes that start here the soft limit that most systems have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("usual_limit")
async def test_server_and_its_processes_may_open_as_many_files_as_the_system_allows(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard > 1024
    async with serve(tmp_path) as server:
        main = psutil.Process(server.process.pid)
        for process in (main, *main.children()):
            assert process.rlimit(psutil.RLIMIT_NOFILE) == (hard, hard)
