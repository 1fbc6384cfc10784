"""Spirals: requests of our calls that a proxy sends back to us under another Request-URI, and those that are loops."""

import re

import pytest

from mixminus.sip.edge.addressing import ToPhone, ToServer, ToWorker
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import CallRecorded
from mixminus.sip.node_keys import COME_AGAIN
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_router import SDP, answer_of, forwarded, open_router, request, status_code

PROXY = Flow("UDP", "192.0.2.99", 5060)
US = Flow("UDP", "198.51.100.1", 5060)
OUTER = "outer-1"


def call_id(message: bytes) -> str:
    found = re.search(rb"(?i)\r\ncall-id: *(\S+)", message)
    assert found
    return found[1].decode()


def dialled(router: Router, now_s: float = 0.0) -> bytes:
    """Let worker 1 call sip:2000@proxy; return the INVITE as the proxy gets it."""
    invite = (
        "INVITE sip:2000@192.0.2.99 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKout;rport\r\n"
        f"Route: <sip:127.0.0.1:7000;lr;flow={PROXY.token};leg=leg-1>\r\nMax-Forwards: 70\r\n"
        "From: <sip:us@198.51.100.1>;tag=ours\r\nTo: <sip:2000@192.0.2.99>\r\n"
        f"Call-ID: {OUTER}\r\nCSeq: 1 INVITE\r\nContact: <sip:w1@127.0.0.1:7001>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(fold(SDP))}\r\n\r\n{fold(SDP)}"
    )
    sent = router.from_worker(invite.encode(), 7001, now_s)
    assert sent
    return sent.message


def by_proxy(message: bytes, uri: str, *, branch: str = "z9hG4bKproxy") -> bytes:
    """Return a request as the proxy forwards it, to another Request-URI."""
    start, _, rest = message.decode().partition("\r\n")
    method = start.split()[0]
    return f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99:5060;branch={branch}\r\n{rest}".encode()


def passed_back(response: bytes) -> bytes:
    """Return a response as the proxy passes it on to our calling side: without its own Via."""
    return re.sub(rb"Via: SIP/2.0/UDP 192\.0\.2\.99[^\r]*\r\n", b"", response)


def spiralled(
    router: Router, uri: str = "sip:1000@198.51.100.1", *, branch: str = "z9hG4bKproxy"
) -> ToWorker:
    return forwarded(router.from_phone(by_proxy(dialled(router), uri, branch=branch), PROXY, 0.0))


def in_dialog(method: str, sender: str, recipient: str, *, number: int = 2) -> bytes:
    return (
        f"{method} sip:w1@198.51.100.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bK{method}{sender}\r\n"
        f"Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKx;rport;worker=1\r\nMax-Forwards: 60\r\n"
        f"From: <sip:a@b>;tag={sender}\r\nTo: <sip:c@d>;tag={recipient}\r\nCall-ID: {OUTER}\r\n"
        f"CSeq: {number} {method}\r\nContact: <sip:x@192.0.2.99>\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def answered(router: Router) -> tuple[ToWorker, bytes]:
    """Return the spiral's INVITE at its worker, and its 200 as the proxy gets it."""
    invite = spiralled(router)
    ok = router.from_worker(answer_of(invite.message, body=fold(SDP), tag="theirs"), invite.sip_port, 0.0)
    assert ok
    return invite, ok.message


def test_a_spiral_reaches_a_worker_as_a_call_of_its_own() -> None:
    router = open_router()
    invite = spiralled(router)
    assert call_id(invite.message) != OUTER
    assert b"INVITE sip:1000@198.51.100.1" in invite.message


def test_answer_of_a_spiral_has_the_real_call_id_and_completes_both_calls() -> None:
    router = open_router()
    _, ok = answered(router)
    assert call_id(ok) == OUTER
    assert b"tag=theirs" in ok
    answer = forwarded(router.from_phone(passed_back(ok), PROXY, 0.1))
    assert answer.sip_port == 7001
    assert call_id(answer.message) == OUTER


@pytest.mark.parametrize(
    ("sender", "recipient", "is_spiral"),
    [
        pytest.param("ours", "theirs", True, id="of the calling side, for the called one"),
        pytest.param("theirs", "ours", False, id="of the called side, for the calling one"),
    ],
)
def test_requests_within_the_calls_reach_the_side_that_their_tags_name(
    sender: str, recipient: str, is_spiral: bool
) -> None:
    router = open_router()
    invite, ok = answered(router)
    forwarded(router.from_phone(passed_back(ok), PROXY, 0.1))
    bye = forwarded(router.from_phone(in_dialog("BYE", sender, recipient), PROXY, 0.2))
    assert (call_id(bye.message) == call_id(invite.message)) == is_spiral
    assert (call_id(bye.message) == OUTER) == (not is_spiral)
    response = router.from_worker(answer_of(bye.message), bye.sip_port, 0.3)
    assert response
    assert call_id(response.message) == OUTER
    # A retransmission gets the kept response, with the real Call-ID too.
    again = router.from_phone(in_dialog("BYE", sender, recipient), PROXY, 0.4)
    assert isinstance(again, ToPhone)
    assert call_id(again.message) == OUTER


def test_response_to_a_request_of_the_called_side_reaches_it() -> None:
    router = open_router()
    invite, _ = answered(router)
    port = invite.sip_port
    inner = call_id(invite.message)
    bye = (
        f"BYE sip:us@192.0.2.99 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKbye;rport\r\n"
        f"Route: <sip:127.0.0.1:7000;lr;flow={PROXY.token};direct>\r\nMax-Forwards: 70\r\n"
        f"From: <sip:2000@192.0.2.99>;tag=theirs\r\nTo: <sip:us@198.51.100.1>;tag=ours\r\n"
        f"Call-ID: {inner}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n"
    )
    sent = router.from_worker(bye.encode(), port, 0.1)
    assert sent
    assert call_id(sent.message) == OUTER
    lines = [
        line
        for line in sent.message.decode().split("\r\n")
        if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
    ]
    ok = "\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0", "", ""])
    back = forwarded(router.from_phone(ok.encode(), PROXY, 0.2))
    assert (back.sip_port, call_id(back.message)) == (port, inner)


def test_cancel_ends_the_spiral_and_its_retransmission_is_answered_alike() -> None:
    router = open_router()
    ours = dialled(router)
    invite = forwarded(router.from_phone(by_proxy(ours, "sip:1000@198.51.100.1"), PROXY, 0.0))
    text = by_proxy(ours, "sip:1000@198.51.100.1").decode().partition("\r\n\r\n")[0]
    text = text.replace("INVITE sip:", "CANCEL sip:").replace("CSeq: 1 INVITE", "CSeq: 1 CANCEL")
    lines = [line for line in text.split("\r\n") if not line.startswith("Content-")]
    cancel = forwarded(
        router.from_phone("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(), PROXY, 0.1)
    )
    assert call_id(cancel.message) == call_id(invite.message)


def test_retransmission_of_a_spiral_is_the_same_call() -> None:
    router = open_router()
    back = by_proxy(dialled(router), "sip:1000@198.51.100.1")
    first, second = (forwarded(router.from_phone(back, PROXY, now_s)) for now_s in (0.0, 0.5))
    assert call_id(first.message) == call_id(second.message)


@pytest.mark.parametrize(
    "uri", ["sip:2000@192.0.2.99", "sip:2000@192.0.2.99;transport=udp", "sip:2000@192.0.2.99;x=1"]
)
def test_a_call_that_comes_back_unchanged_is_a_loop(uri: str) -> None:
    router = open_router()
    assert status_code(router.from_phone(by_proxy(dialled(router), uri), PROXY, 0.0)) == 482


def test_a_call_of_an_address_of_our_own_is_served_and_its_messages_reach_both_sides() -> None:
    """It comes back as it was sent; when a proxy has had it, the same is a loop."""
    router = open_router()
    sent = dialled(router)
    invite = forwarded(router.from_phone(sent, US, 0.0))
    assert call_id(invite.message) != OUTER
    assert call_id(forwarded(router.from_phone(sent, US, 0.5)).message) == call_id(invite.message)
    ok = router.from_worker(answer_of(invite.message, body=fold(SDP), tag="theirs"), invite.sip_port, 0.6)
    assert ok
    answer = forwarded(router.from_phone(ok.message, US, 0.7))
    assert (answer.sip_port, call_id(answer.message)) == (7001, OUTER)
    for sender, recipient, is_called in (("ours", "theirs", True), ("theirs", "ours", False)):
        bye = forwarded(router.from_phone(in_dialog("BYE", sender, recipient), US, 0.8))
        assert (call_id(bye.message) == call_id(invite.message)) is is_called
    looped = open_router()
    assert status_code(looped.from_phone(by_proxy(dialled(looped), "sip:2000@192.0.2.99"), PROXY, 0.0)) == 482
    forged = open_router()
    other = dialled(forged).replace(b"branch=z9hG4bK", b"branch=z9hG4bKx")
    assert status_code(forged.from_phone(other, PROXY, 0.0)) == 482, "our Via without our branch"


@pytest.mark.parametrize(
    "uri",
    [
        "sip:1000@192.0.2.99",
        "sip:2000@198.51.100.1",
        "sip:2000@192.0.2.99:5080",
        "sip:conference:2000@192.0.2.99",
    ],
)
def test_each_part_of_the_address_that_changes_makes_a_spiral(uri: str) -> None:
    assert call_id(spiralled(open_router(), uri).message) != OUTER


def test_a_call_of_ours_is_not_challenged_though_it_comes_from_our_own_domain() -> None:
    router = open_router()
    spiral = by_proxy(dialled(router), "sip:1000@198.51.100.1")
    forged = spiral.replace(b"branch=z9hG4bK", b"branch=z9hG4bKx")
    assert isinstance(router.from_phone(forged, PROXY, 0.0), ToServer), "a branch that we have not sent is"
    assert isinstance(router.from_phone(spiral, PROXY, 0.1), ToWorker)


def test_our_via_on_a_call_that_we_do_not_have_is_a_loop() -> None:
    forged = by_proxy(dialled(open_router()), "sip:1000@198.51.100.1")
    assert status_code(open_router().from_phone(forged, PROXY, 0.0)) == 482


def test_the_same_request_by_two_paths_is_merged_and_other_targets_are_calls_of_their_own() -> None:
    """RFC 3261 section 8.2.2.2: a proxy in front forks a phone's call."""
    router = open_router()
    first = forwarded(router.from_phone(request("INVITE", body=SDP), PROXY, 0.0))
    merged = router.from_phone(request("INVITE", branch="z9hG4bKb", body=SDP), PROXY, 0.1)
    assert status_code(merged) == 482
    other = router.from_phone(
        request("INVITE", branch="z9hG4bKc", uri="sip:2000@198.51.100.1", body=SDP), PROXY, 0.2
    )
    assert call_id(forwarded(other).message) != call_id(first.message)
    refused = router.from_phone(
        request("INVITE", branch="z9hG4bKd", uri="sip:2000@198.51.100.1", body=SDP), PROXY, 0.3
    )
    assert isinstance(refused, ToPhone)
    assert (status_code(refused), call_id(refused.message)) == (482, "call-1")


def test_a_refused_call_that_is_tried_again_under_another_address_keeps_its_call_id() -> None:
    router = open_router()
    first = forwarded(router.from_phone(request("INVITE", body=SDP), PROXY, 0.0))
    router.from_worker(answer_of(first.message, 486), first.sip_port, 0.1)
    again = request("INVITE", branch="z9hG4bKb", number=2, uri="sip:2000@198.51.100.1", body=SDP)
    assert call_id(forwarded(router.from_phone(again, PROXY, 0.2)).message) == "call-1"


def test_a_worker_that_is_lost_ends_the_spiral_under_its_real_call_id() -> None:
    router = open_router()
    invite, ok = answered(router)
    forwarded(router.from_phone(passed_back(ok), PROXY, 0.1))
    ended = router.remove_worker(invite.sip_port - 7000, 0.2)
    assert {call_id(each.message) for each in ended} == {OUTER}


def test_spirals_survive_a_restart_of_the_edge() -> None:
    router = open_router()
    invite, _ = answered(router)
    inner = call_id(invite.message)
    records = [
        each.message
        for each in router.outbox()
        if isinstance(each, ToServer) and isinstance(each.message, CallRecorded)
    ]
    (record,) = [each for each in records if each.sip_call_id == inner][-1:]
    after = open_router()
    after.restore(record.worker_id, record.record, 1.0)
    bye = forwarded(after.from_phone(in_dialog("BYE", "ours", "theirs"), PROXY, 1.1))
    assert call_id(bye.message) == inner
    response = after.from_worker(answer_of(bye.message), bye.sip_port, 1.2)
    assert response
    assert call_id(response.message) == OUTER


def test_nothing_is_kept_of_spirals_that_are_over() -> None:
    router = open_router(workers=2, capacity=40)
    for number in range(20):
        router.from_phone(
            request("INVITE", branch=f"z9hG4bK{number}", uri=f"sip:{number}@198.51.100.1", body=SDP),
            PROXY,
            0.0,
        )
    assert len(router._spirals) == 19
    for now_s in (5.0, 40.0, 80.0, 150.0):
        router.poll(now_s)
    assert len(router._spirals) == 0


def test_a_call_that_we_have_redirected_comes_again_as_another_one() -> None:
    router = open_router(workers=1)
    first = forwarded(router.from_phone(request("INVITE", body=SDP), PROXY, 0.0))
    moved = router.from_worker(answer_of(first.message, 302), first.sip_port, 0.0)
    assert moved and moved.message.startswith(b"SIP/2.0 302")
    assert status_code(router.from_phone(request("INVITE", body=SDP), PROXY, 0.1)) == 302, "repeated"
    again = forwarded(router.from_phone(request("INVITE", branch="z9hG4bKagain", body=SDP), PROXY, 4.0))
    assert call_id(again.message).endswith(COME_AGAIN)
    answered = router.from_worker(answer_of(again.message, body=fold(SDP), tag="v"), again.sip_port, 4.0)
    assert answered and call_id(answered.message) == "call-1"
    ack = request("ACK", to_tag=";tag=v", branch="z9hG4bKack")
    assert call_id(forwarded(router.from_phone(ack, PROXY, 4.1)).message) == call_id(again.message)
    bye = request("BYE", to_tag=";tag=v", number=2, branch="z9hG4bKbye")
    assert call_id(forwarded(router.from_phone(bye, PROXY, 5.0)).message) == call_id(again.message)
