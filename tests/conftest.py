"""What all tests share: no database is left behind, and no server of databases."""

from collections.abc import Iterator

import pytest

from tests.support.database import close_server, drop_databases


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left() -> Iterator[None]:
    yield
    close_server()


@pytest.fixture(autouse=True)
def _no_database_is_left() -> Iterator[None]:
    yield
    drop_databases()
