"""Probes of trunks' servers: what counts as an answer, and how many answers change a state."""

from collections import Counter

import pytest

from mixminus.sip.edge.addressing import Identity, ToPhone, ToServer
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.message import Request, parse
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import ProbeServers, ServerProbed, StopProbes

SERVER = Flow("UDP", "192.0.2.9", 5060)
OTHER = Flow("TCP", "192.0.2.10", 5060)
INTERVAL_S = 30.0
TIMEOUT_S = 4.0
SOON_S = 5.0


class Edge:
    """The router of an edge that probes, and what its servers see."""

    def __init__(self, *flows: Flow, **more: str) -> None:
        self.counters: Counter[str] = Counter()
        self.router = Router(
            Identity("198.51.100.1", 5060, 7000, b"key"), self.counters, limits=SourceLimits(100, 1e6)
        )
        self.now_s = 0.0
        self.command(*flows or (SERVER,), **more)

    def command(self, *flows: Flow, **more: str) -> None:
        command = ProbeServers("trunk", "sip:carrier.example", flows, INTERVAL_S, **more)
        self.router.on_directory(command, self.now_s)

    def after(self, seconds: float) -> list[tuple[Flow, Request]]:
        """Return what is sent when so much time has passed."""
        self.now_s += seconds
        self.router.poll(self.now_s)
        sent = []
        for action in self.router.outbox():
            assert isinstance(action, ToPhone)
            assert self.router.may_send(action, self.now_s)
            request = parse(action.message)
            assert isinstance(request, Request)
            sent.append((action.flow, request))
        return sent

    def probe(self, seconds: float = 0.0) -> Request:
        ((_, request),) = self.after(seconds)
        assert request.method == "OPTIONS"
        return request

    def answer(self, request: Request, status: str = "200 OK") -> list[ServerProbed]:
        """Answer a probe; return what the edge reports."""
        lines = [f"SIP/2.0 {status}"]
        lines += [
            f"{name}: {request.headers.first(name)}" for name in ("via", "from", "to", "call-id", "cseq")
        ]
        self.router.from_phone(
            "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(), SERVER, self.now_s
        )
        return self.reports()

    def silence(self) -> list[ServerProbed]:
        """Let the probe in progress time out."""
        self.now_s += TIMEOUT_S
        self.router.poll(self.now_s)
        return self.reports()

    def reports(self) -> list[ServerProbed]:
        found = []
        for action in self.router.outbox():
            assert isinstance(action, ToServer)
            assert isinstance(action.message, ServerProbed)
            found.append(action.message)
        return found


def up(detail: str = "200 OK") -> list[ServerProbed]:
    return [ServerProbed("trunk", SERVER, up=True, detail=detail)]


def down(detail: str = "no response") -> list[ServerProbed]:
    return [ServerProbed("trunk", SERVER, up=False, detail=detail)]


def test_probe_is_an_options_request_to_the_server_itself() -> None:
    request = Edge(route="sip:proxy.example;lr", from_uri="sip:me@voice.example").probe()
    assert request.uri == "sip:carrier.example"
    assert request.headers.first("to") == "<sip:carrier.example>"
    assert request.headers.first("from").startswith("<sip:me@voice.example>;tag=")
    assert request.headers.first("route") == "<sip:proxy.example;lr>"
    assert request.headers.first("max-forwards") == "70"


def test_server_is_up_at_its_first_answer_and_probed_after_the_interval() -> None:
    edge = Edge()
    first = edge.probe()
    assert edge.answer(first) == up()
    assert edge.after(INTERVAL_S - 1) == []
    second = edge.probe(1)
    assert second.headers.first("call-id") == first.headers.first("call-id")
    assert second.headers.first("cseq") == "2 OPTIONS"
    assert edge.answer(second) == []


@pytest.mark.parametrize(
    "status", ["200 OK", "401 Unauthorized", "404 Not Found", "405 No", "501 No", "603 No"]
)
def test_any_other_final_response_shows_that_a_server_is_there(status: str) -> None:
    edge = Edge()
    assert edge.answer(edge.probe(), status) == up(status)


@pytest.mark.parametrize("status", ["503 Service Unavailable", "408 Request Timeout"])
def test_server_is_down_after_two_refusals(status: str) -> None:
    edge = Edge()
    assert edge.answer(edge.probe()) == up()
    assert edge.answer(edge.probe(INTERVAL_S), status) == []
    assert edge.answer(edge.probe(SOON_S), status) == down(status)
    assert edge.counters["sip_edge_probes_unanswered"] == 2
    assert (edge.counters["sip_edge_servers_up"], edge.counters["sip_edge_servers_down"]) == (1, 1)


def test_server_that_never_answers_is_down_after_two_probes() -> None:
    edge = Edge()
    edge.probe()
    assert edge.silence() == []
    edge.probe(SOON_S)
    assert edge.silence() == down()


def test_recovered_server_must_answer_twice() -> None:
    edge = Edge()
    for _ in range(2):
        edge.probe(SOON_S)
        edge.silence()
    assert edge.answer(edge.probe(SOON_S)) == []
    assert edge.answer(edge.probe(SOON_S)) == up()


def test_single_lost_probe_changes_nothing() -> None:
    edge = Edge()
    edge.answer(edge.probe())
    edge.probe(INTERVAL_S)
    assert edge.silence() == []
    assert edge.answer(edge.probe(SOON_S)) == []
    edge.probe(INTERVAL_S)
    assert edge.silence() == [], "the lost probes were not in a row"


def test_provisional_response_is_no_result() -> None:
    edge = Edge()
    request = edge.probe()
    assert edge.answer(request, "100 Trying") == []
    assert edge.answer(request) == up()


def test_request_is_repeated_over_udp_only() -> None:
    edge = Edge(SERVER, OTHER)
    assert [flow for flow, _ in edge.after(0)] == [SERVER, OTHER]
    assert [flow for flow, _ in edge.after(0.5)] == [SERVER]
    assert [flow for flow, _ in edge.after(1)] == [SERVER]
    assert edge.after(1) == []


def test_late_answer_is_ignored() -> None:
    edge = Edge()
    first = edge.probe()
    edge.silence()
    assert edge.answer(first) == []
    edge.probe(SOON_S)
    assert edge.silence() == down()


def test_state_is_kept_when_a_trunk_is_probed_otherwise() -> None:
    edge = Edge()
    assert edge.answer(edge.probe()) == up()
    edge.command(SERVER, route="sip:proxy.example")
    request = edge.probe()
    assert request.headers.first("route") == "<sip:proxy.example>"
    assert edge.answer(request) == []


def test_stopped_probes_are_sent_and_answered_no_more() -> None:
    edge = Edge()
    request = edge.probe()
    edge.router.on_directory(StopProbes("trunk"), edge.now_s)
    assert edge.answer(request) == []
    assert edge.after(10 * INTERVAL_S) == []
