"""A migrated database file, and a store on it, for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.access.service import AccessService
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import database_url


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = database_url(tmp_path)
    opened = Store(url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def access(store: Store, clock: ManualClock) -> AccessService:
    return AccessService(store, clock)
