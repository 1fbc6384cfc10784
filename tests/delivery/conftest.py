"""A store with a customer, and an outbox to add events to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import database_url
from tests.support.outbox import Outbox, open_outbox
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

__all__ = ["clock", "outbox", "receiver", "store"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = database_url(tmp_path)
    opened = Store(url)
    yield opened
    await opened.close()


@pytest.fixture
async def outbox(store: Store, clock: ManualClock) -> Outbox:
    return await open_outbox(store, clock)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with open_receiver() as opened:
        yield opened
