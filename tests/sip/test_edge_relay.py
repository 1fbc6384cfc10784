"""Requests between a phone that has registered at this node and another node that calls it."""

from collections import Counter

import pytest

from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToWorker
from mixminus.sip.edge.calls import Worker
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.message import Request, Response, parse
from mixminus.sip.edge.router import Router
from mixminus.sip.edge.validation import respond
from mixminus.sip.grammar import NameAddress, SipUri
from mixminus.sip.internal_headers import CallerHeader, Flow
from mixminus.sip.node_keys import VOUCHED, voucher
from mixminus.sip.relay_routes import RelayRoute
from tests.sip.test_edge_router import request as from_caller

KEY = b"the key of this node"
HERE, CLUSTER = "198.51.100.1", "10.0.0.1"
PHONE = Flow("TLS", "192.0.2.7", 41000, 17)
OVER_UDP = Flow("UDP", "192.0.2.7", 5070)
NODE = Flow("TCP", "10.0.0.2", 5060)
CAME_BY = Flow("TCP", "10.0.0.2", 50123, 4)
PROXY = "203.0.113.5"


def open_router(*, key: bytes = KEY) -> tuple[Router, Counter[str]]:
    counters: Counter[str] = Counter()
    identity = Identity(HERE, 5060, 7000, tls_port=5061, node_key=key)
    router = Router(identity, counters, limits=SourceLimits(1000.0, 10_000.0, frozenset({PROXY})))
    router.add_worker(Worker(1, 7001, 4))
    return router, counters


def route(to: Flow = PHONE, back: Flow = NODE, key: bytes = KEY) -> str:
    return f"<sip:{RelayRoute(to, back).user(key)}@{CLUSTER}:5060;transport=tcp;lr>"


def request(
    method: str,
    *routes: str,
    branch: str = "z9hG4bKb",
    via: str = "TCP 198.51.100.2:5060",
    to_tag: str = "",
    hops: int = 70,
) -> bytes:
    lines = [
        f"{method} sip:ada@192.168.1.9:5070;transport=tls SIP/2.0",
        f"Via: SIP/2.0/{via};branch={branch};rport",
        *(f"Route: {each}" for each in routes),
        f"Max-Forwards: {hops}",
        "From: <sip:mixminus@198.51.100.2>;tag=f",
        f"To: <sip:ada@192.168.1.9>{to_tag}",
        "Call-ID: call-1",
        f"CSeq: 1 {method}",
        "Contact: <sip:w1@198.51.100.2:5060;transport=tcp>",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def sent(action: Action) -> tuple[Flow, Request]:
    assert isinstance(action, ToPhone), action
    message = parse(action.message)
    assert isinstance(message, Request)
    return action.flow, message


def answered(action: Action) -> tuple[Flow, Response]:
    assert isinstance(action, ToPhone), action
    message = parse(action.message)
    assert isinstance(message, Response)
    return action.flow, message


@pytest.mark.parametrize("phone", [PHONE, OVER_UDP], ids=lambda flow: flow.transport)
def test_an_invite_goes_to_the_phone_and_its_answer_back(phone: Flow) -> None:
    router, counters = open_router()
    flow, invite = sent(router.from_phone(request("INVITE", route(phone)), CAME_BY, 0.0))
    assert flow == phone
    assert invite.uri == "sip:ada@192.168.1.9:5070;transport=tls"
    assert invite.headers.values("route") == []
    assert invite.headers.first("max-forwards") == "69"
    assert invite.headers.first("contact") == "<sip:w1@198.51.100.2:5060;transport=tcp>", "the node's"
    assert "received=10.0.0.2" in invite.headers.values("via")[1]
    back, response = answered(router.from_phone(respond(invite, 200, "OK").render(), phone, 0.0))
    assert back == Flow("TCP", "10.0.0.2", 5060, CAME_BY.connection)
    assert len(response.headers.values("via")) == 1
    assert response.headers.count("record-route") == 0, "respond() writes none; a phone copies them"
    assert counters["sip_edge_relayed"] == 1


def test_requests_of_both_sides_follow_the_recorded_routes() -> None:
    router, _ = open_router()
    _, invite = sent(router.from_phone(request("INVITE", route()), CAME_BY, 0.0))
    recorded = invite.headers.values("record-route")
    assert len(recorded) == 2
    towards_phone = SipUri.parse(NameAddress.parse(recorded[0]).uri)
    assert (towards_phone.host, towards_phone.port) == (HERE, 5061), "the phone's own transport"
    assert towards_phone.parameters["transport"] == "tls"
    bye = request("BYE", *recorded, via="TLS 192.168.1.9:5070", to_tag=";tag=t")
    flow, relayed = sent(router.from_phone(bye, PHONE, 0.0))
    assert flow == NODE
    assert relayed.headers.values("route") == []
    assert "received=192.0.2.7" in relayed.headers.values("via")[1]
    back, _ = answered(router.from_phone(respond(relayed, 200, "OK").render(), CAME_BY, 0.0))
    assert back == Flow("TLS", "192.0.2.7", 5070, PHONE.connection)
    ack = request("ACK", *reversed(recorded), to_tag=";tag=t")
    flow, relayed = sent(router.from_phone(ack, CAME_BY, 0.0))
    assert flow == PHONE
    assert relayed.headers.values("record-route") == []


def test_a_cancel_has_the_branch_of_its_invite() -> None:
    router, _ = open_router()
    _, invite = sent(router.from_phone(request("INVITE", route()), CAME_BY, 0.0))
    _, cancel = sent(router.from_phone(request("CANCEL", route()), CAME_BY, 0.0))
    assert cancel.headers.values("via")[0] == invite.headers.values("via")[0]
    _, other = sent(router.from_phone(request("INVITE", route(), branch="z9hG4bKc"), CAME_BY, 0.0))
    assert other.headers.values("via")[0] != invite.headers.values("via")[0]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"the key of another node", route()),
        (KEY, route().replace("~", "~~")),
        (KEY, route(key=b"the key of another node")),
        (b"", route(key=b"")),
    ],
    ids=["another node's", "changed", "forged", "no node"],
)
def test_a_route_that_was_not_made_for_this_node_leads_nowhere(key: bytes, text: str) -> None:
    router, counters = open_router(key=key)
    action = router.from_phone(request("BYE", text, to_tag=";tag=t"), CAME_BY, 0.0)
    assert answered(action)[1].status_code == 481
    assert counters["sip_edge_relayed"] == 0


def test_a_phone_reaches_the_node_within_its_call_only() -> None:
    router, counters = open_router()
    outside = request("MESSAGE", route(NODE, PHONE), via="TLS 192.168.1.9:5070")
    router.from_phone(outside, PHONE, 0.0)
    assert counters["sip_edge_relayed"] == 0
    inside = request("MESSAGE", route(NODE, PHONE), via="TLS 192.168.1.9:5070", to_tag=";tag=t")
    assert sent(router.from_phone(inside, PHONE, 0.0))[0] == NODE


def test_a_forged_response_goes_nowhere() -> None:
    router, _ = open_router()
    _, invite = sent(router.from_phone(request("INVITE", route()), CAME_BY, 0.0))
    elsewhere = Flow("UDP", "203.0.113.9", 5060).token
    forged = respond(invite, 200, "OK")
    via = forged.headers.pop("via")
    forged.headers.push("via", via.partition(";relay=")[0] + f";relay={elsewhere}")
    assert router.from_phone(forged.render(), PHONE, 0.0) is None


@pytest.mark.parametrize("key", [KEY, b""])
@pytest.mark.parametrize("vias", [(), ("SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKx;relay=x",), ("x", "y")])
def test_a_response_without_two_vias_goes_nowhere(key: bytes, vias: tuple[str, ...]) -> None:
    router, counters = open_router(key=key)
    lines = [
        "SIP/2.0 200 OK",
        *(f"Via: {via}" for via in vias),
        "From: <sip:a@192.0.2.7>;tag=f",
        "To: <sip:b@198.51.100.1>;tag=t",
        "Call-ID: call-1",
        "CSeq: 1 INVITE",
        "Content-Length: 0",
    ]
    assert router.from_phone(("\r\n".join(lines) + "\r\n\r\n").encode(), PHONE, 0.0) is None
    assert counters["sip_edge_failed"] == 0


def test_a_phone_whose_flow_is_gone_is_reported_to_the_node() -> None:
    router, counters = open_router()
    action = router.from_phone(request("INVITE", route()), CAME_BY, 0.0)
    assert isinstance(action, ToPhone)
    flow, response = answered(router.undelivered(action.message, 0.0))
    assert (flow.host, response.status_code) == (NODE.host, 430)
    assert counters["sip_edge_relay_failed"] == 1


def test_a_request_with_no_hops_left_is_refused() -> None:
    router, _ = open_router()
    action = router.from_phone(request("INVITE", route(), hops=0), CAME_BY, 0.0)
    assert answered(action)[1].status_code == 483
    assert router.from_phone(request("ACK", route(), hops=0), CAME_BY, 0.0) is None


@pytest.mark.parametrize(
    ("source", "text", "account"),
    [
        (PROXY, voucher(KEY, "7c", "call-1"), "7c"),
        ("203.0.113.6", voucher(KEY, "7c", "call-1"), ""),
        (PROXY, voucher(KEY, "7c", "call-2"), ""),
        (PROXY, voucher(b"another key", "7c", "call-1"), ""),
        (PROXY, "7c.", ""),
    ],
    ids=["vouched", "not a proxy", "another call", "another node's", "no code"],
)
def test_the_voucher_of_another_node_counts_from_a_proxy_of_ours(
    source: str, text: str, account: str
) -> None:
    router, _ = open_router()
    invite = from_caller("INVITE", uri=f"sip:1000@{HERE};{VOUCHED}={text}")
    action = router.from_phone(invite, Flow("TCP", source, 5060, 9), 0.0)
    assert isinstance(action, ToWorker)
    assert CallerHeader.find(action.message.decode()).account_id == account
    assert VOUCHED.encode() not in action.message.partition(b"\r\n")[0], "the worker does not see it"
