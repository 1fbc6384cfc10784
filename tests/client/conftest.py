"""A real server, and clients of it."""

from collections.abc import Iterator

import pytest

from mixminus.client import Client
from tests.client.failing import Failing, open_failing
from tests.client.typescript import Package
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


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return Package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def failing() -> Iterator[Failing]:
    with open_failing() as server:
        yield server
