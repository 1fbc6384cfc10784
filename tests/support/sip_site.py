"""The services with HTTP API and SIP endpoint: requests come by HTTP, calls from phones' sockets."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from mixminus.clock import SystemClock
from mixminus.sip.config import SipConfig
from mixminus.sip.service import SipEndpoint
from tests.support.sip_phone import Phone
from tests.support.site import Site

__all__ = ["SipSite", "sip_site"]


@dataclass(frozen=True, slots=True)
class SipSite:
    """HTTP and SIP of the same services."""

    site: Site
    endpoint: SipEndpoint

    async def phone(self, transport: str = "UDP") -> Phone:
        return await Phone.open(self.endpoint.port, transport=transport)


@pytest.fixture
async def sip_site(site: Site) -> AsyncIterator[SipSite]:
    services = site.backend.services
    config = SipConfig(port=0, max_calls=4)
    endpoint = SipEndpoint(
        services.engine,
        services.calls,
        config,
        clock=SystemClock(),
        directory=services.directory,
        transfers=services.transfers,
        texts=services.phone_chat,
        replacements=services.replacements,
    )
    try:
        await endpoint.start()
        services.transports.open(endpoint)
        yield SipSite(site, endpoint)
    finally:
        await endpoint.close()
