"""The services with HTTP API and SIP, and phones that are called."""

from collections.abc import AsyncIterator

import pytest

from tests.support.called_phone import CalledPhone
from tests.support.closing import everything_is_closed
from tests.support.sip_site import sip_site
from tests.support.site import site

__all__ = ["bob", "everything_is_closed", "sip_site", "site"]


@pytest.fixture
async def bob() -> AsyncIterator[CalledPhone]:
    phone = await CalledPhone.open()
    yield phone
    await phone.close()
