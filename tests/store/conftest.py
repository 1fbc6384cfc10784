"""A migrated database file for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.store.database import Store
from mixminus.store.migrations import upgrade


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'mixminus.db'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    await upgrade(url)
    opened = Store(url)
    yield opened
    await opened.close()
