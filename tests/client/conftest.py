"""A real server, and clients of it."""

from collections.abc import Iterator

import pytest

from mixminus.client import Client
from tests.support.database import settings_for_a_server
from tests.support.server import ACCESS_KEY, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), **settings_for_a_server()) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, key=ACCESS_KEY) as opened:
        yield opened
