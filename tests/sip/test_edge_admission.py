"""Which messages the edge reads, and which first: limits of sources, newcomers behind the others, flooders shut out by the kernel."""

from mixminus.sip.edge.addressing import Action, ToPhone
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from tests.sip.test_edge_router import PHONE, established, forwarded, open_router, request

OPTIONS = request("OPTIONS")
OTHER = Flow("UDP", "198.51.100.9", 5060)


def read(router: Router, message: bytes, source: Flow, now_s: float) -> Action:
    """Pass a message as the edge does while nothing else waits."""
    if not router.keeps(message, source, now_s):
        return router.from_phone(message, source, now_s)
    newcomer = router.next_newcomer(now_s)
    return router.from_phone(*newcomer, now_s) if newcomer else None


def is_read(router: Router, message: bytes, source: Flow, now_s: float) -> bool:
    return isinstance(read(router, message, source, now_s), ToPhone)


def verified(router: Router) -> None:
    """Let the host of PHONE acknowledge an answer."""
    established(router)
    router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.0)


def test_source_of_costly_messages_is_not_heard_for_a_while() -> None:
    router = open_router()
    assert is_read(router, OPTIONS, PHONE, 0.0)
    router.spent(PHONE, 0.6, 0.0)
    assert not is_read(router, OPTIONS, PHONE, 0.1)
    assert router.counters["sip_edge_costly"] == 1
    assert is_read(router, OPTIONS, OTHER, 0.1)
    assert is_read(router, OPTIONS, PHONE, 10.0)


def test_newcomers_together_leave_time_for_verified_hosts_and_connections() -> None:
    router = open_router()
    connected = Flow("TCP", "198.51.100.9", 5060, 1)
    for number in range(100):
        router.spent(Flow("UDP", f"198.51.{number}.9", 5060), 0.02, 0.0)
    assert not is_read(router, OPTIONS, PHONE, 0.1)
    assert is_read(router, OPTIONS, connected, 0.1)
    verified(router)
    assert is_read(router, OPTIONS, PHONE, 0.1)
    router.spent(PHONE, 0.02, 0.1)
    assert is_read(router, OPTIONS, OTHER, 5.0)


def test_newcomers_wait_and_others_do_not() -> None:
    router = open_router()
    verified(router)
    assert router.keeps(OPTIONS, OTHER, 0.0)
    assert not router.keeps(OPTIONS, PHONE, 0.0)
    assert router.newcomers == 1
    assert router.next_newcomer(0.1) == (OPTIONS, OTHER)
    assert router.next_newcomer(0.1) is None


def test_messages_of_a_newcomers_own_call_do_not_wait() -> None:
    router = open_router()
    established(router)
    for message in (request("ACK", to_tag=";tag=w"), request("BYE", to_tag=";tag=w", number=2)):
        assert not router.keeps(message, PHONE, 0.0)
        assert not router.keeps(message.replace(b"Call-ID:", b"i :"), PHONE, 0.0)
        assert router.keeps(message, OTHER, 0.0), "the call of another host"
    assert router.keeps(request("ACK", call_id="unknown"), PHONE, 0.0)


def fill(router: Router, now_s: float, count: int = 300) -> None:
    """Let newcomers of many hosts send messages until no more may wait."""
    for number in range(count):
        router.keeps(
            request("INVITE", call_id=f"f{now_s}-{number}"), Flow("UDP", f"10.0.{number % 250}.1", 5), now_s
        )


def test_proxies_of_ours_do_not_wait_and_have_no_limits() -> None:
    router = open_router(proxies=frozenset({OTHER.host}))
    router.spent(OTHER, 100.0, 0.0)
    assert not any(router.keeps(request("INVITE", call_id=f"c{n}"), OTHER, 0.0) for n in range(30_000))
    assert router.flooders(0.0) == ()


def test_what_was_dropped_and_is_repeated_comes_before_all_that_is_new() -> None:
    router = open_router()
    fill(router, 0.0)
    dropped = router.counters["sip_edge_newcomers_dropped"]
    assert dropped == 300 - router.newcomers > 100
    honest = [request("INVITE", call_id=f"honest-{number}") for number in range(20)]
    assert all(router.keeps(each, PHONE, 0.0) for each in honest)
    assert router.counters["sip_edge_newcomers_dropped"] == dropped + 20
    fill(router, 0.5)
    for each in honest:
        router.keeps(each, PHONE, 0.5)
    first = [router.next_newcomer(0.5) for _ in range(30)]
    # A few are forgotten, because another message has taken their place in the table.
    known = [found for found in first if found and found[0] in honest]
    assert len(known) >= 15
    assert first[: len(known)] == known


def test_repeating_at_once_does_not_help() -> None:
    router = open_router()
    fill(router, 0.0)
    for _ in range(2):
        router.keeps(OPTIONS, OTHER, 0.1)
    assert router.next_newcomer(0.1) != (OPTIONS, OTHER)


def test_repeated_messages_may_take_a_little_more_time() -> None:
    router = open_router()
    fill(router, 0.0)
    router.keeps(OPTIONS, OTHER, 0.0)
    router.spent(Flow("UDP", "10.9.9.9", 5060), 1.3, 0.0)
    router.keeps(OPTIONS, OTHER, 0.5)
    assert router.next_newcomer(0.5) == (OPTIONS, OTHER)
    assert router.next_newcomer(0.5) is None
    assert router.newcomers > 0


def test_newcomers_that_have_waited_too_long_are_dropped() -> None:
    router = open_router()
    router.keeps(OPTIONS, OTHER, 0.0)
    assert router.next_newcomer(2.0) is None
    assert router.counters["sip_edge_newcomers_dropped"] == 1
    assert router.newcomers == 0


def test_flooder_is_shut_out_for_a_second() -> None:
    router = open_router()
    for number in range(1000):
        router.keeps(request("INVITE", call_id=f"c{number}"), OTHER, 0.0)
        router.keeps(
            request("INVITE", call_id=f"d{number}"), Flow("UDP", f"10.0.{number % 200}.1", 5060), 0.0
        )
    assert router.flooders(0.1) == (OTHER.host,)
    assert router.flooders(1.1) == ()
    assert router.counters["sip_edge_flooders"] == 1


def test_flooder_of_ipv6_is_its_network() -> None:
    router = open_router()
    for number in range(1000):
        router.keeps(OPTIONS, Flow("UDP", f"2001:db8::{number:x}", 5060), 0.0)
    assert router.flooders(0.0) == ("2001:db8::/64",)


def test_flood_over_a_connection_shuts_no_address_out() -> None:
    router = open_router()
    for number in range(50_000):
        router.keeps(OPTIONS, Flow("TCP", OTHER.host, 5060, number), 0.0)
    assert router.counters["sip_edge_flood"] > 1000
    assert router.flooders(0.0) == ()


def test_caller_whose_message_crashed_a_worker_is_shut_out_for_a_time() -> None:
    router = open_router()
    invite = forwarded(read(router, request("INVITE"), PHONE, 0.0))
    router.remove_worker(1, 0.1)
    router.shut_out(invite.sip_port, 0.1)
    again = request("INVITE", call_id="call-2")
    assert read(router, again, PHONE, 1.0) is None
    assert router.counters["sip_edge_shut_out"] == 1
    forwarded(read(router, request("INVITE", call_id="call-3"), OTHER, 1.0))
    second = forwarded(read(router, again, PHONE, 11.0))
    router.shut_out(second.sip_port, 11.0)
    assert read(router, again, PHONE, 30.0) is None
    forwarded(read(router, request("INVITE", call_id="call-4"), PHONE, 32.0))
