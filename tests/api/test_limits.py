"""Rate limits of addresses and customers (api.md section 14.3)."""

from typing import get_args

import pytest

from mixminus.access.errors import RateLimitExceeded
from mixminus.api.limits import LIMITS, Limited, Limits
from mixminus.app.settings import Settings
from mixminus.clock import SystemClock
from tests.api.client import ApiClient

LOGIN, API, OUTSIDE = "/auth/login", "/v1.0/conferences", "/ping"


def admitted(limits: Limits, address: str, path: str, *, customer: str = "", tries: int = 1000) -> int:
    """Return how many requests of one instant pass."""
    for count in range(tries):
        try:
            limits.admit_address(address, path, 0.0)
            limits.admit_customer(customer, 0.0)
        except RateLimitExceeded:
            return count
    return tries


@pytest.mark.parametrize(
    ("limited", "path", "count"),
    [
        (Limited.NOTHING, LOGIN, 1000),
        (Limited.NOTHING, API, 1000),
        (Limited.LOGIN, LOGIN, 20),
        (Limited.LOGIN, API, 1000),
        (Limited.EVERYTHING, LOGIN, 20),
        (Limited.EVERYTHING, API, 33),
    ],
)
def test_limits_by_setting(limited: Limited, path: str, count: int) -> None:
    assert admitted(Limits(limited), "192.0.2.1", path) == count


def test_address_limit_counts_all_customers() -> None:
    limits = Limits(Limited.EVERYTHING)
    for count in range(400):
        limits.admit_address("192.0.2.1", API, 0.0)
        limits.admit_customer(str(count), 0.0)
    with pytest.raises(RateLimitExceeded) as refusal:
        limits.admit_address("192.0.2.1", API, 0.0)
    assert refusal.value.details == ({"limited_by": "ip"},)
    limits.admit_address("192.0.2.2", API, 0.0)
    assert limits.counters["api.limited_by_ip"] == 1


def test_setting_has_the_values_of_the_limits() -> None:
    assert set(get_args(Settings.model_fields["rate_limits"].annotation)) == set(Limited)
    assert Settings.model_fields["rate_limits"].default == Limited.LOGIN


async def test_login_limit_has_retry_after(api: ApiClient) -> None:
    assert (await api.send("POST", LOGIN, token="", data=b""))[0] == 400
    # As if the next minute's had all been taken, however fast this machine is.
    in_a_minute_s = SystemClock().monotonic_s() + 60
    with pytest.raises(RateLimitExceeded):
        while True:
            api.client.app[LIMITS].admit_address("127.0.0.1", LOGIN, in_a_minute_s)
    async with api.request("POST", LOGIN, token="", data=b"") as response:
        error = (await response.json())["error"]
        assert (response.status, error["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert (error["reason"], error["details"]) == ("RATE_LIMIT_EXCEEDED", [{"limited_by": "ip"}])
        assert 1 <= int(response.headers["Retry-After"]) <= 61
    assert (await api.get(API))[0] == 200
