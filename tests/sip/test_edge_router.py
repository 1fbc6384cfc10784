"""The edge's router: message in, message out, with the test's clock."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToServer, ToWorker
from mixminus.sip.edge.calls import LINGER_S, UNHEARD_S, Worker
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.records import read_record
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import CallRecorded
from mixminus.sip.sdp.envelope import fold, unfold
from tests.sip.torture import ASKED, CASES, CASES_IPV6, DROPPED, FORWARDED, Case

PHONE = Flow("UDP", "192.0.2.7", 5070)
SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


def open_router(
    *,
    workers: int = 2,
    capacity: int = 4,
    invites_per_s: float = 1000.0,
    proxies: frozenset[str] = frozenset(),
) -> Router:
    identity = Identity("198.51.100.1", 5060, 7000)
    router = Router(identity, Counter(), limits=SourceLimits(invites_per_s, 10_000.0, proxies))
    for number in range(1, workers + 1):
        router.add_worker(Worker(number, 7000 + number, capacity))
    return router


def request(  # noqa: PLR0913 - everything that a test may vary
    method: str,
    *,
    call_id: str = "call-1",
    uri: str = "sip:1000@198.51.100.1",
    to_tag: str = "",
    number: int = 1,
    branch: str = "z9hG4bKa",
    extra: str = "",
    body: str = "",
) -> bytes:
    content = f"Content-Type: application/sdp\r\n{extra}" if body else extra
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch={branch};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:ada@192.0.2.7>;tag=f\r\nTo: <sip:1000@198.51.100.1>{to_tag}\r\n"
        f"Call-ID: {call_id}\r\nCSeq: {number} {method}\r\nContact: <sip:ada@192.0.2.7:5070>\r\n{content}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def answer_of(forwarded: bytes, status_code: int = 200, *, body: str = "", tag: str = "w") -> bytes:
    """Return a worker's response to a forwarded request."""
    lines = forwarded.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    copied = [
        line for line in lines if line.startswith(("Via", "From", "To", "Call-ID", "CSeq", "Record-Route"))
    ]
    copied = [
        f"{line};tag={tag}" if line.startswith("To:") and "tag=" not in line else line for line in copied
    ]
    copied += ["Contact: <sip:w1@127.0.0.1:7001>", f"Content-Length: {len(body)}", "", body]
    if body:
        copied.insert(0, "Content-Type: application/sdp")
    return "\r\n".join([f"SIP/2.0 {status_code} Whatever", *copied]).encode()


def status_code(action: Action) -> int:
    assert isinstance(action, ToPhone)
    return int(action.message.split()[1])


def forwarded(action: Action) -> ToWorker:
    assert isinstance(action, ToWorker), action
    return action


def established(router: Router, call_id: str = "call-1", now_s: float = 0.0) -> ToWorker:
    invite = forwarded(router.from_phone(request("INVITE", call_id=call_id, body=SDP), PHONE, now_s))
    router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, now_s)
    return invite


def records(router: Router) -> list[str]:
    """Return the records of calls that the server is to keep."""
    return [
        each.message.record
        for each in router.outbox()
        if isinstance(each, ToServer) and isinstance(each.message, CallRecorded)
    ]


def outcome(action: Action) -> int:
    match action:
        case ToPhone():
            return status_code(action)
        case ToWorker():
            return FORWARDED
        case ToServer():
            return ASKED
    return DROPPED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_torture(case: Case) -> None:
    assert outcome(open_router().from_phone(case.message, PHONE, 0.0)) == case.outcome


@pytest.mark.parametrize("case", CASES_IPV6, ids=lambda case: case.name)
def test_torture_of_ipv6(case: Case) -> None:
    source = Flow("UDP", "2001:db8::9:1", 5060)
    assert outcome(open_router().from_phone(case.message, source, 0.0)) == case.outcome


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CASES + CASES_IPV6), st.data())
def test_any_damaged_message_is_refused(case: Case, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(case.message) - 1))
    damage = data.draw(st.binary(max_size=8))
    length = data.draw(st.integers(0, 8))
    damaged = case.message[:place] + damage + case.message[place + length :]
    router = open_router()
    router.from_phone(damaged, PHONE, 0.0)
    router.from_worker(damaged, 7001, 0.0)
    assert router.counters["sip_edge_failed"] == 0


def test_invite_reaches_a_worker_in_an_envelope_and_its_answer_the_phone() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.0))
    text = invite.message.decode()
    assert unfold(text.partition("\r\n\r\n")[2]) == SDP
    assert "Max-Forwards: 69" in text
    assert re.search(r"Record-Route: <sip:127.0.0.1:7000;lr;flow=\S+;direct>", text)
    answer = router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, 0.0)
    assert isinstance(answer, ToPhone)
    assert answer.flow == PHONE
    text = answer.message.decode()
    assert text.partition("\r\n\r\n")[2] == SDP
    assert text.count("Via:") == 1
    assert "Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport=5070;received=192.0.2.7" in text
    assert "Contact: <sip:w1@198.51.100.1:5060>" in text
    assert "Record-Route" not in text
    assert "127.0.0.1" not in text


def test_a_tag_that_is_not_utf8_is_recorded_as_it_came() -> None:
    router = open_router()
    action = router.from_phone(request("INVITE").replace(b"tag=", b"tag=\x80", 1), PHONE, 0.0)
    assert isinstance(action, ToWorker)
    assert router.counters["sip_edge_failed"] == 0
    (record,) = records(router)
    assert "tag=\udc80" in read_record(record, 1, 0.0).invite.headers.first("from")


def test_response_without_rport_goes_to_the_port_of_the_via() -> None:
    message = (
        request("OPTIONS").replace(b";rport", b"").replace(b"192.0.2.7:5070;", b"phone.example.com:5099;")
    )
    action = open_router().from_phone(message, PHONE, 0.0)
    assert isinstance(action, ToPhone)
    assert action.flow == Flow("UDP", "192.0.2.7", 5099)
    assert b";received=192.0.2.7" in action.message


def test_calls_fill_one_worker_after_the_other_until_all_are_full() -> None:
    router = open_router(workers=2, capacity=2)
    actions = [
        router.from_phone(request("INVITE", call_id=f"call-{number}"), PHONE, 0.0) for number in range(5)
    ]
    ports = [action.sip_port for action in actions if isinstance(action, ToWorker)]
    assert ports == [7001, 7001, 7002, 7002]
    assert status_code(actions[4]) == 503
    assert isinstance(actions[4], ToPhone)
    assert b"Retry-After: 5" in actions[4].message
    router.release("call-0", 0.0)
    assert isinstance(router.from_phone(request("INVITE", call_id="call-9"), PHONE, 0.0), ToWorker)


def test_requests_of_a_call_reach_its_worker() -> None:
    router = open_router(capacity=1)
    first = established(router, "call-0")
    invite = established(router)
    assert invite.sip_port != first.sip_port
    for message in (
        request("ACK", to_tag=";tag=w"),
        request("UPDATE", to_tag=";tag=w", number=2),
        request("BYE", uri="sip:w9@198.51.100.1", to_tag=";tag=w", number=3),
    ):
        assert forwarded(router.from_phone(message, PHONE, 0.0)).sip_port == invite.sip_port


def test_retransmission_and_cancel_share_the_branch() -> None:
    router = open_router()
    branches = {
        re.search(rb"branch=(\S+?);flow", forwarded(router.from_phone(message, PHONE, 0.0)).message)[1]  # type: ignore[index]  # a branch is there
        for message in (request("INVITE"), request("INVITE"), request("CANCEL"))
    }
    assert len(branches) == 1


def test_retransmission_gets_the_last_response_again() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.0))
    for code in (180, 200):
        answer = router.from_worker(answer_of(invite.message, code), invite.sip_port, 0.0)
        assert router.from_phone(request("INVITE", body=SDP), PHONE, 0.1) == answer


def test_refusal_is_acknowledged_in_the_phones_place() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    router.outbox()
    router.from_worker(answer_of(invite.message, 404), invite.sip_port, 0.0)
    (ack,) = [each for each in router.outbox() if isinstance(each, ToWorker)]
    text = ack.message.decode()
    branch = re.search(r"branch=\S+?;", invite.message.decode())
    assert branch
    assert text.startswith("ACK sip:1000@198.51.100.1 SIP/2.0")
    assert branch[0] in text
    assert "To: <sip:1000@198.51.100.1>;tag=w" in text
    assert "CSeq: 1 ACK" in text
    assert router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.1) is None


def test_same_call_by_another_path_is_a_loop() -> None:
    router = open_router()
    router.from_phone(request("INVITE"), PHONE, 0.0)
    assert status_code(router.from_phone(request("INVITE", branch="z9hG4bKb"), PHONE, 0.0)) == 482


def test_request_that_passed_the_edge_before_is_a_loop() -> None:
    message = request("INVITE").replace(
        b"Max-Forwards", b"Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKx\r\nMax-Forwards"
    )
    assert status_code(open_router().from_phone(message, PHONE, 0.0)) == 482


def test_worker_request_follows_its_route() -> None:
    router = open_router()
    invite = established(router)
    route = re.search(r"Record-Route: (<[^>]+>)", invite.message.decode())
    assert route
    bye = (
        f"BYE sip:ada@10.0.0.9:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
        f"From: <sip:1000@x>;tag=w\r\nTo: <sip:ada@x>;tag=f\r\nCall-ID: call-1\r\nCSeq: 9 BYE\r\n"
        f"Route: {route[1]}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    action = router.from_worker(bye, invite.sip_port, 0.0)
    assert isinstance(action, ToPhone)
    assert action.flow == PHONE  # and not the private address of the Contact
    assert b"Route" not in action.message
    ok = router.from_phone(answer_of(action.message), PHONE, 0.0)
    assert forwarded(ok).sip_port == invite.sip_port
    assert forwarded(ok).message.count(b"Via:") == 1


def test_recorded_routes_of_proxies_are_used() -> None:
    router = open_router()
    message = request("INVITE", extra="Record-Route: <sip:192.0.2.7:5080;lr>\r\n").replace(
        b"Max-Forwards", b"Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKp\r\nMax-Forwards"
    )
    invite = forwarded(router.from_phone(message, PHONE, 0.0))
    routes = re.findall(r"Record-Route: (<[^>]+>)", invite.message.decode())
    bye = (
        f"BYE sip:ada@10.0.0.9:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
        f"Call-ID: call-1\r\nCSeq: 9 BYE\r\nRoute: {routes[0]}\r\nRoute: {routes[1]}\r\n\r\n"
    ).encode()
    action = router.from_worker(bye, invite.sip_port, 0.0)
    assert isinstance(action, ToPhone)
    assert action.flow == Flow("UDP", "192.0.2.7", 5080)
    assert b"Route: <sip:192.0.2.7:5080;lr>" in action.message


def test_recorded_route_to_a_third_party_is_not_connected_to() -> None:
    router = open_router()
    message = request(
        "INVITE", body=SDP, extra="Record-Route: <sip:10.0.0.5:6379;lr;transport=tcp>\r\n"
    ).replace(b"Max-Forwards", b"Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKp\r\nMax-Forwards")
    invite = forwarded(router.from_phone(message, PHONE, 0.0))
    assert b";direct" in invite.message
    router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, 0.0)
    (bye,) = router.remove_worker(1, 0.0)
    assert bye.flow == PHONE


def test_messages_on_loopback_are_accepted_from_workers_only() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    assert router.from_worker(answer_of(invite.message), 6666, 0.0) is None
    assert router.counters["sip_edge_stranger"] == 1


def test_sdp_without_an_envelope_is_not_sent() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    assert router.from_worker(answer_of(invite.message, body=SDP), invite.sip_port, 0.0) is None
    assert router.counters["sip_edge_bare_description"] == 1


def test_invite_without_100_from_the_worker_is_answered() -> None:
    router = open_router(workers=1, capacity=1)
    router.from_phone(request("INVITE"), PHONE, 0.0)
    (action,) = router.poll(UNHEARD_S + 1)
    assert status_code(action) == 500
    assert isinstance(router.from_phone(request("INVITE", call_id="call-2"), PHONE, 5.0), ToWorker)


def test_released_call_is_kept_for_a_limited_time() -> None:
    router = open_router(workers=1)
    invite = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    refusal = router.from_worker(answer_of(invite.message, 404), invite.sip_port, 0.0)
    assert router.from_phone(request("INVITE"), PHONE, 1.0) == refusal
    router.poll(LINGER_S + 1)
    assert isinstance(router.from_phone(request("INVITE"), PHONE, LINGER_S + 2), ToWorker)


def test_late_report_of_a_refused_call_does_not_end_its_repetition() -> None:
    router = open_router(workers=1)
    refused = forwarded(router.from_phone(request("INVITE"), PHONE, 0.0))
    router.from_worker(answer_of(refused.message, 422), refused.sip_port, 0.0)
    again = forwarded(router.from_phone(request("INVITE", number=2, branch="z9hG4bKb"), PHONE, 1.0))
    router.from_worker(answer_of(again.message, 200), again.sip_port, 1.0)
    router.release("call-1", 1.0)
    assert isinstance(
        router.from_phone(request("BYE", number=3, branch="z9hG4bKc", to_tag=";tag=w"), PHONE, 2.0), ToWorker
    )
    router.release("call-1", 3.0)
    assert (
        status_code(
            router.from_phone(request("INFO", number=4, branch="z9hG4bKd", to_tag=";tag=w"), PHONE, 4.0)
        )
        == 481
    )


def test_new_calls_are_rate_limited_by_source() -> None:
    router = open_router(capacity=1000, invites_per_s=5.0)
    codes = Counter(
        outcome(router.from_phone(request("INVITE", call_id=f"call-{number}"), PHONE, 0.0))
        for number in range(20)
    )
    assert codes == {FORWARDED: 10, 503: 10}
    other = Flow("UDP", "192.0.2.8", 5070)
    assert isinstance(router.from_phone(request("INVITE", call_id="other"), other, 0.0), ToWorker)
    assert isinstance(router.from_phone(request("INVITE", call_id="later"), PHONE, 1.0), ToWorker)


def test_calls_by_a_proxy_of_ours_are_not_limited_by_its_address() -> None:
    router = open_router(capacity=100, invites_per_s=5.0, proxies=frozenset({PHONE.host}))
    for number in range(100):
        passed = router.from_phone(request("INVITE", call_id=f"call-{number}"), PHONE, 0.0)
        assert isinstance(passed, ToWorker)


def test_flood_is_dropped() -> None:
    router = Router(Identity("198.51.100.1", 5060, 7000), Counter(), limits=SourceLimits(1.0, 10.0))
    for _ in range(30):
        router.keeps(request("OPTIONS"), PHONE, 0.0)
    assert router.counters["sip_edge_flood"] == 10


def test_draining_edge_refuses_new_calls_and_keeps_old_ones() -> None:
    router = open_router()
    established(router)
    router.drain()
    assert status_code(router.from_phone(request("INVITE", call_id="call-2"), PHONE, 0.0)) == 503
    assert status_code(router.from_phone(request("OPTIONS", call_id="call-3"), PHONE, 0.0)) == 503
    bye = request("BYE", uri="sip:w1@198.51.100.1", to_tag=";tag=w", number=2)
    assert isinstance(router.from_phone(bye, PHONE, 0.0), ToWorker)


def test_an_overloaded_server_admits_no_calls_until_it_is_not() -> None:
    router = open_router()
    established(router)
    router.set_overloaded(on=True)
    refused = router.from_phone(request("INVITE", call_id="call-2"), PHONE, 0.0)
    assert status_code(refused) == 503
    assert isinstance(refused, ToPhone)
    assert b"\r\nretry-after: " in refused.message.lower()
    assert router.counters["sip_edge_overload"] == 1
    assert status_code(router.from_phone(request("OPTIONS", call_id="call-3"), PHONE, 0.0)) == 503
    bye = request("BYE", uri="sip:w1@198.51.100.1", to_tag=";tag=w", number=2)
    assert isinstance(router.from_phone(bye, PHONE, 0.0), ToWorker)
    router.set_overloaded(on=False)
    assert isinstance(router.from_phone(request("INVITE", call_id="call-4"), PHONE, 0.0), ToWorker)


def test_refused_call_frees_its_place() -> None:
    router = open_router(workers=1, capacity=2, invites_per_s=1e9)
    for number in range(300):
        invite = forwarded(router.from_phone(request("INVITE", call_id=f"call-{number}"), PHONE, 0.0))
        router.from_worker(answer_of(invite.message, 404), invite.sip_port, 0.0)
