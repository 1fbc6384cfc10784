"""A migrated database file for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.store.database import Store
from tests.support.database import database_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_url(tmp_path)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = Store(url)
    yield opened
    await opened.close()
