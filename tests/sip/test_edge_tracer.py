"""The edge's tracer: which messages it copies, and how it keeps within its bounds."""

from collections import Counter

import pytest

from mixminus.sip.edge.tracer import Tracer
from mixminus.sip.messages import FollowCall, MessageTraced, UnfollowCall, UnwatchCalls, WatchCalls

OURS = ("192.0.2.10", 5060)


def sip(
    start: str = "INVITE sip:2000@example.com SIP/2.0",
    *,
    call_id: str = "one@phone",
    header: str = "Call-ID",
    to: str = "",
) -> bytes:
    return (
        f'{start}\r\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1\r\nFrom: "A" <sip:+15550100@example.com>;tag=1\r\n'
        f"To: <sip:2000@example.com>{to}\r\n{header}: {call_id}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
    ).encode()


class Edge:
    """A tracer, and what it has reported; time is given."""

    def __init__(self) -> None:
        self.reports: list[MessageTraced] = []
        self.counters: Counter[str] = Counter()
        self.backlog = 0
        self.legs: dict[str, str] = {}
        self.tracer = Tracer(
            self.reports.append,
            self.counters,
            backlog=lambda: self.backlog,
            leg_of=lambda call_id: self.legs.get(call_id, ""),
        )

    def passes(
        self, message: bytes, *, host: str = "192.0.2.20", sent: bool = False, now_s: float = 0.0
    ) -> bool:
        """Return whether a message that passes is reported."""
        before = len(self.reports)
        self.tracer.passed(
            message,
            sent=sent,
            transport="UDP",
            addresses=(OURS, (host, 40_000)),
            at_us=1,
            now_s=now_s,
        )
        return len(self.reports) > before


def test_nothing_is_copied_until_something_is_traced() -> None:
    edge = Edge()
    assert not edge.tracer.active
    edge.tracer.on_command(FollowCall("leg", ("one@phone",)))
    assert edge.tracer.active
    edge.tracer.on_command(UnfollowCall("leg"))
    assert not edge.tracer.active


@pytest.mark.parametrize("header", ["Call-ID", "call-id", "i", "CALL-ID "])
def test_followed_call_is_found_by_its_call_id(header: str) -> None:
    edge = Edge()
    edge.tracer.on_command(FollowCall("leg", ("one@phone",)))
    assert edge.passes(sip(header=header))
    assert edge.passes(sip("SIP/2.0 200 OK", header=header), sent=True)
    assert not edge.passes(sip(header=header, call_id="two@phone"))
    report = edge.reports[0]
    assert (report.local_host, report.local_port, report.remote_host) == (*OURS, "192.0.2.20")


def test_followed_leg_is_found_after_it_has_dialled_again() -> None:
    edge = Edge()
    edge.legs["again@server"] = "leg"
    edge.tracer.on_command(FollowCall("leg", ("one@phone",)))
    assert edge.passes(sip(call_id="again@server"), sent=True)
    assert edge.reports[0].leg_id == "leg"


@pytest.mark.parametrize(
    ("number", "peer", "matches"),
    [
        ("2000", "", True),
        ("+15550100", "", True),
        ("15550100", "", True),
        ("+1 (555) 0100", "", True),
        ("200", "", False),
        ("", "192.0.2.20", True),
        ("", "192.0.2.21", False),
        ("2000", "192.0.2.20", True),
        ("2000", "192.0.2.21", False),
        ("2001", "192.0.2.20", False),
    ],
)
def test_watch_matches_number_and_peer(number: str, peer: str, matches: bool) -> None:
    edge = Edge()
    edge.tracer.on_command(WatchCalls("watch", number, peer))
    assert edge.passes(sip()) is matches
    assert edge.passes(sip("SIP/2.0 401 Unauthorized"), sent=True) is matches, "the rest of the call"
    assert edge.passes(sip("INVITE tel:+15550100 SIP/2.0", call_id="two@phone")) is matches


def test_watch_does_not_match_requests_within_calls() -> None:
    edge = Edge()
    edge.tracer.on_command(WatchCalls("watch", "2000", ""))
    assert not edge.passes(sip(to=";tag=2"))
    assert not edge.passes(sip("BYE sip:2000@example.com SIP/2.0"))


def test_candidate_is_reported_for_a_short_time_unless_it_is_followed() -> None:
    edge = Edge()
    edge.tracer.on_command(WatchCalls("watch", "2000", ""))
    assert edge.passes(sip())
    assert edge.passes(sip("SIP/2.0 180 Ringing"), sent=True, now_s=7.0)
    assert not edge.passes(sip("SIP/2.0 200 OK"), sent=True, now_s=9.0)
    assert edge.passes(sip(call_id="two@phone"), now_s=10.0)
    edge.tracer.on_command(FollowCall("leg", ("two@phone",)))
    edge.tracer.on_command(UnwatchCalls("watch"))
    assert edge.passes(sip("SIP/2.0 200 OK", call_id="two@phone"), sent=True, now_s=1000.0)
    assert [each.watches for each in edge.reports] == [("watch",), ("watch",), ("watch",), ()]


def test_flood_of_candidates_is_bounded() -> None:
    edge = Edge()
    edge.tracer.on_command(WatchCalls("watch", "2000", ""))
    for number in range(65):
        assert edge.passes(sip(call_id=f"{number}@phone"))
    assert not edge.passes(sip("SIP/2.0 100 Trying", call_id="0@phone"), sent=True), "the oldest"
    assert edge.passes(sip("SIP/2.0 100 Trying", call_id="1@phone"), sent=True)


def test_messages_beyond_the_rate_or_the_backlog_are_counted_and_reported() -> None:
    edge = Edge()
    edge.tracer.on_command(FollowCall("leg", ("one@phone",)))
    copied = sum(edge.passes(sip(), now_s=100.0) for _ in range(500))
    assert copied == 400, "two seconds' worth at once"
    edge.backlog = 1000
    assert not edge.passes(sip(), now_s=200.0)
    edge.backlog = 0
    assert edge.passes(sip(), now_s=200.0)
    assert edge.reports[-1].dropped == edge.counters["sip_edge_trace_dropped"] == 101


def test_large_message_is_cut_and_its_length_kept() -> None:
    edge = Edge()
    edge.tracer.on_command(FollowCall("leg", ("one@phone",)))
    large = sip() + b"x" * 60_000
    assert edge.passes(large)
    assert (len(edge.reports[0].data), edge.reports[0].length) == (16_384, len(large))
