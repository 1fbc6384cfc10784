"""Fixtures for the behaviours of api.md section 18: an HTTP client where that is enough, else more of the server.

With ``MIXMINUS_TEST_NODES`` there are so many servers, and each request is sent to one of them by chance
(``tests/support/spread.py``). Of a test's table one case is run then. Behaviour 50, a restart, is left out: its tests
start a server of their own, and those of nodes that end are in ``tests/cluster``.
"""

import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.api.conftest import api
from tests.delivery.conftest import receiver
from tests.support.backend import backend
from tests.support.database import postgresql_url, settings_for_a_server
from tests.support.front import Front, open_front
from tests.support.nodes import ServerAmongNodes, running_nodes
from tests.support.server import Server, checked_server
from tests.support.sip_site import sip_site
from tests.support.site import site
from tests.support.spread import NODES, SEED

__all__ = ["api", "backend", "front", "receiver", "server", "sip_site", "site"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one case of each test where there are several nodes."""
    if NODES == 1:
        return
    here = [each for each in items if Path(__file__).parent in each.path.parents]
    cases: dict[str, list[pytest.Item]] = {}
    for item in here:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    chance = random.Random(SEED)
    left_out = set(here) - {
        chance.choice(each) for each in cases.values() if "test_18_50_" not in each[0].nodeid
    }
    config.hook.pytest_deselected(items=[each for each in here if each in left_out])
    items[:] = [each for each in items if each not in left_out]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module" if NODES == 1 else "session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server; one among several nodes, the same for all tests, if there are."""
    if NODES == 1:
        with checked_server(tmp_path_factory.mktemp("server"), **settings_for_a_server()) as running:
            yield running
        return
    folders = [tmp_path_factory.mktemp(f"node{number}") for number in range(NODES)]
    with running_nodes(folders, postgresql_url(), ServerAmongNodes) as nodes:
        first = nodes[0]
        assert isinstance(first, ServerAmongNodes)
        first.others = nodes[1:]
        yield first
