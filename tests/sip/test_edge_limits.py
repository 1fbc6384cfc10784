"""Rates of sources and prefixes, in memory that many sources cannot roll over."""

from mixminus.hosts import network_of
from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.edge.limits import RateLimit, SourceLimit
from mixminus.sip.internal_headers import Flow
from tests.sip.test_edge_router import PHONE, forwarded, open_router, request


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


def test_source_of_costly_messages_is_not_heard_for_a_while() -> None:
    router = open_router()
    options = request("OPTIONS")
    assert isinstance(router.from_phone(options, PHONE, 0.0), ToPhone)
    for _ in range(10):
        router.spent(PHONE, 0.1, 0.0)
    assert router.from_phone(options, PHONE, 0.1) is None
    assert router.counters["sip_edge_costly"] == 1
    assert isinstance(router.from_phone(options, Flow("UDP", "198.51.100.9", 5060), 0.1), ToPhone)
    assert isinstance(router.from_phone(options, PHONE, 10.0), ToPhone)


def test_unverified_hosts_together_leave_time_for_verified_ones() -> None:
    router = open_router()
    options = request("OPTIONS")
    connected = Flow("TCP", "198.51.100.9", 5060, 1)
    for number in range(100):
        router.spent(Flow("UDP", f"198.51.{number}.9", 5060), 0.02, 0.0)
    assert router.from_phone(options, PHONE, 0.1) is None
    assert router.counters["sip_edge_unverified_costly"] == 1
    assert isinstance(router.from_phone(options, connected, 0.1), ToPhone)
    router._phone_side.sources.verify(PHONE.host, 0.1)
    assert isinstance(router.from_phone(options, PHONE, 0.1), ToPhone)
    router.spent(PHONE, 0.02, 0.1)
    assert isinstance(router.from_phone(options, Flow("UDP", "198.51.100.9", 5060), 5.0), ToPhone)


def test_caller_whose_message_crashed_a_worker_is_shut_out_for_a_time() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    router.remove_worker(1, 0.1)
    router.shut_out(invite.sip_port, 0.1)
    again = request("INVITE", call_id="call-2")
    assert router.from_phone(again, PHONE, 1.0) is None
    assert router.counters["sip_edge_shut_out"] == 1
    other = Flow("UDP", "198.51.100.9", 5060)
    forwarded(router.from_phone(request("INVITE", call_id="call-3"), other, 1.0))
    second = forwarded(router.from_phone(again, PHONE, 11.0))
    router.shut_out(second.sip_port, 11.0)
    assert router.from_phone(again, PHONE, 30.0) is None
    forwarded(router.from_phone(request("INVITE", call_id="call-4"), PHONE, 32.0))
