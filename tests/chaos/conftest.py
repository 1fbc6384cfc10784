"""Fixtures of the fault tests: a real server, a witness room, and a report of what was measured."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.chaos.witness import Witness
from tests.support.netns import inside
from tests.support.server import Server, checked_server

Report = Callable[..., None]
RESULTS = Path("build/chaos.jsonl")


@pytest.fixture(scope="session", autouse=True)
def private_network() -> None:
    assert inside(), (
        "fault tests need their own network: run `make chaos`, or `python -m tests.support.netns pytest`"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with checked_server(tmp_path_factory.mktemp("server"), MIXMINUS_SIP_MAX_CALLS="16") as running:
        yield running


@pytest.fixture
def witness(server: Server) -> Iterator[Witness]:
    with Witness(server) as talking:
        yield talking


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Append what a test has measured to ``build/chaos.jsonl``, from which docs/reliability.md has its figures."""

    def write(**measured: Any) -> None:
        RESULTS.parent.mkdir(exist_ok=True)
        rounded = {
            key: round(value, 3) if isinstance(value, float) else value for key, value in measured.items()
        }
        with RESULTS.open("ab") as file:
            file.write(orjson.dumps({"test": request.node.name, **rounded}, option=orjson.OPT_APPEND_NEWLINE))

    return write
