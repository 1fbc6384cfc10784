"""What all tests share: at the end, the database server that some of them needed is stopped."""

from collections.abc import Iterator

import pytest

from tests.support.database import close_server


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left() -> Iterator[None]:
    yield
    close_server()
