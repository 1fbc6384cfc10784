"""A house with its HTTP front, and a webhook's receiver."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.front import Front, open_front
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

__all__ = ["front", "receiver"]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with open_receiver() as opened:
        yield opened
