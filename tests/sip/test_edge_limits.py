"""Rates of sources and prefixes, in memory that many sources cannot roll over."""

from mixminus.hosts import network_of
from mixminus.sip.edge.limits import RateLimit, SourceLimit


def test_burst_is_twice_the_rate_and_refills() -> None:
    limit = RateLimit(10.0)
    assert sum(limit.admits("a", 0.0) for _ in range(50)) == 20
    assert sum(limit.admits("a", 0.5) for _ in range(50)) == 5


def test_many_sources_do_not_give_one_of_them_a_new_burst() -> None:
    limit = RateLimit(10.0)
    while limit.admits("attacker", 0.0):
        pass
    for number in range(100_000):
        limit.admits(f"source {number}", 0.0)
    assert not limit.admits("attacker", 0.0)


def test_prefix_has_a_limit_of_its_own() -> None:
    limit = SourceLimit(10.0)
    admitted = sum(limit.admits(f"192.0.2.{number}", 0.0) for number in range(256) for _ in range(20))
    assert admitted == 160
    assert limit.admits("198.51.100.1", 0.0)


def test_ipv6_network_is_one_source() -> None:
    assert (
        network_of("2001:db8:1:2::5")
        == network_of("2001:db8:1:2:a::9")
        == ("2001:db8:1:2::/64", "2001:db8:1::/48")
    )
    assert network_of("192.0.2.7") == ("192.0.2.7", "192.0.2.0/24")
