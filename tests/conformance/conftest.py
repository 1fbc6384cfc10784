"""Fixtures for the behaviours of api.md section 18: an HTTP client where that is enough, else more of the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.conftest import api
from tests.delivery.conftest import receiver
from tests.e2e.conftest import server
from tests.support.backend import backend
from tests.support.front import Front, open_front
from tests.support.sip_site import sip_site
from tests.support.site import site

__all__ = ["api", "backend", "front", "receiver", "server", "sip_site", "site"]


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened
