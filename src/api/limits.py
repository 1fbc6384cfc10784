"""Rate limits of addresses and customers (api.md section 14.3)."""

import enum
import ipaddress
from collections import Counter
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from mixminus.access.errors import RateLimitExceeded
from mixminus.access.rates import Rate, RateTable
from mixminus.api.authentication import IDENTITY
from mixminus.api.services import SERVICES

__all__ = ["LIMITS", "Limited", "Limits", "limit_address", "limit_customer"]

AUTH_PATH: Final = "/auth/"
API_PATH: Final = "/v1"
AUTH_PER_ADDRESS: Final = Rate(per_s=10, burst=20)
API_PER_ADDRESS: Final = Rate(per_s=200, burst=400)
API_PER_CUSTOMER: Final = Rate(per_s=1000 / 60, burst=33)
MAX_ENTRIES: Final = 10_000
IPV6_HOST_BITS: Final = 64


class Limited(enum.StrEnum):
    """Which requests are limited."""

    NOTHING = "off"
    LOGIN = "login"
    EVERYTHING = "all"


class Limits:
    """Token buckets of addresses and customers, in bounded tables, and counters of refused requests."""

    def __init__(self, limited: Limited = Limited.LOGIN) -> None:
        self._limited = limited
        self._auth = RateTable(AUTH_PER_ADDRESS, MAX_ENTRIES)
        self._addresses = RateTable(API_PER_ADDRESS, MAX_ENTRIES)
        self._customers = RateTable(API_PER_CUSTOMER, MAX_ENTRIES)
        self._refused = Counter({"api.limited_by_ip": 0, "api.limited_by_customer": 0})

    @property
    def counters(self) -> dict[str, int]:
        forgotten = sum(table.forgotten for table in (self._auth, self._addresses, self._customers))
        return {**self._refused, "api.limits_forgotten": forgotten}

    def admit_address(self, address: str, path: str, now_s: float) -> None:
        """Count a request of an address; raise RateLimitExceeded above its rate."""
        if path.startswith(AUTH_PATH) and self._limited is not Limited.NOTHING:
            self._admit(self._auth, address, "ip", now_s)
        elif path.startswith(API_PATH) and self._limited is Limited.EVERYTHING:
            self._admit(self._addresses, address, "ip", now_s)

    def admit_customer(self, customer: str, now_s: float) -> None:
        """Count a request of a customer; raise RateLimitExceeded above its rate."""
        if self._limited is Limited.EVERYTHING:
            self._admit(self._customers, customer, "customer", now_s)

    def _admit(self, table: RateTable, source: str, kind: str, now_s: float) -> None:
        if wait_s := table.admit(source, now_s):
            self._refused[f"api.limited_by_{kind}"] += 1
            raise RateLimitExceeded(kind, wait_s)


LIMITS: Final = web.AppKey("limits", Limits)


@web.middleware
async def limit_address(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests of an address above its rate, before they cost anything."""
    now_s = request.app[SERVICES].clock.monotonic_s()
    request.app[LIMITS].admit_address(_source(request.remote or ""), request.path, now_s)
    return await handler(request)


@web.middleware
async def limit_customer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests of a customer above its rate."""
    if identity := request.get(IDENTITY):
        now_s = request.app[SERVICES].clock.monotonic_s()
        request.app[LIMITS].admit_customer(str(identity.customer_id), now_s)
    return await handler(request)


def _source(remote: str) -> str:
    """Return what is limited as one address: of IPv6 the /64 network, which belongs to one host."""
    try:
        address = ipaddress.ip_address(remote.partition("%")[0])
    except ValueError:
        return remote
    if address.version == 4:  # noqa: PLR2004 -- the version's name is its number
        return str(address)
    return str(int(address) >> IPV6_HOST_BITS)
