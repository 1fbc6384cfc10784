"""Who asks too often waits (api.md section 14.3)."""

import pytest

from mixminus.access.errors import RateLimitExceeded
from mixminus.api.limits import Limited, Limits
from tests.api.door import Door

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
def test_how_many_at_once(limited: Limited, path: str, count: int) -> None:
    assert admitted(Limits(limited), "192.0.2.1", path) == count


def test_an_address_is_limited_over_all_its_customers() -> None:
    limits = Limits(Limited.EVERYTHING)
    for count in range(400):
        limits.admit_address("192.0.2.1", API, 0.0)
        limits.admit_customer(str(count), 0.0)
    with pytest.raises(RateLimitExceeded) as refusal:
        limits.admit_address("192.0.2.1", API, 0.0)
    assert refusal.value.details == ({"limited_by": "ip"},)
    limits.admit_address("192.0.2.2", API, 0.0)
    assert limits.counters["api.limited_by_ip"] == 1


async def test_too_many_logins_are_told_when_to_come_back(door: Door) -> None:
    statuses = []
    for _ in range(100):
        async with door.ask("POST", LOGIN, token="", data=b"") as response:
            statuses.append(response.status)
            if response.status == 429:
                error = (await response.json())["error"]
                assert (error["status"], error["reason"]) == ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED")
                assert error["details"] == [{"limited_by": "ip"}]
                assert response.headers["Retry-After"] == "1"
                break
    assert statuses[:20] == [400] * 20
    assert statuses[-1] == 429
    assert (await door.get(API))[0] == 200
