"""Phones that go silent: their calls are ended at the worker too, and others keep their places."""

import re

import pytest

from mixminus.sip.edge.abandoned import CROWDED_S, SILENT_S
from mixminus.sip.edge.addressing import ToPhone, ToWorker
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_lost_calls import asked_bye
from tests.sip.test_edge_router import (
    PHONE,
    SDP,
    answer_of,
    established,
    forwarded,
    open_router,
    request,
    status_code,
)


def to_worker(router: Router) -> list[ToWorker]:
    return [each for each in router.outbox() if isinstance(each, ToWorker)]


def test_call_without_ack_is_ended_on_both_sides() -> None:
    router = open_router()
    invite = established(router)
    router.outbox()
    assert router.poll(SILENT_S - 1) == []
    assert router.counters["sip_edge_calls_without_ack"] == 0
    (bye,) = router.poll(SILENT_S + 1)
    assert router.counters["sip_edge_calls_without_ack"] == 1
    assert isinstance(bye, ToPhone)
    assert bye.message.startswith(b"BYE sip:ada@192.0.2.7:5070 SIP/2.0")
    ack, end = (each.message.decode() for each in to_worker(router))
    for text, cseq in ((ack, "1 ACK"), (end, "2 BYE")):
        assert f"CSeq: {cseq}\r\n" in text
        assert "From: <sip:ada@192.0.2.7>;tag=f\r\n" in text
        assert "To: <sip:1000@198.51.100.1>;tag=w\r\n" in text
    branches = {re.search("branch=([^;]+)", each)[1] for each in (ack, end, invite.message.decode())}  # type: ignore[index]
    assert len(branches) == 3
    assert status_code(router.from_phone(request("UPDATE", to_tag=";tag=w", number=2), PHONE, 10.0)) == 481


@pytest.mark.parametrize("to_tag", [";tag", ";tag=", ";TAG", ";x=1;tag=;;"])
def test_call_whose_invite_has_an_empty_tag_is_ended_too(to_tag: str) -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", to_tag=to_tag, body=SDP), PHONE, 0.0))
    router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, 0.0)
    router.outbox()
    (bye,) = router.poll(SILENT_S + 1)
    assert isinstance(bye, ToPhone)
    assert bye.message.lower().count(b"tag") == 2
    ended = [each.message.decode() for each in to_worker(router)]
    assert [text.partition(" ")[0] for text in ended] == ["ACK", "BYE"]
    assert all("To: <sip:1000@198.51.100.1>;tag=w\r\n" in text for text in ended)


def test_acknowledged_call_stays() -> None:
    router = open_router()
    established(router)
    router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.1)
    assert router.poll(100.0) == []
    assert router.counters["sip_edge_calls_without_ack"] == 0


def test_silent_call_makes_room_when_all_places_are_taken() -> None:
    router = open_router(workers=1, capacity=1)
    established(router)
    other = Flow("UDP", "198.51.100.77", 5060)
    assert status_code(router.from_phone(request("INVITE", call_id="call-2"), other, CROWDED_S - 1)) == 503
    router.outbox()
    assert status_code(router.from_phone(request("INVITE", call_id="call-3"), other, CROWDED_S + 1)) == 503
    assert len(to_worker(router)) == 2
    assert router.counters["sip_edge_calls_without_ack"] == 1
    router.release("call-1", CROWDED_S + 1)
    forwarded(router.from_phone(request("INVITE", call_id="call-4"), other, CROWDED_S + 2))


def test_unanswered_bye_is_timed_out_at_the_worker() -> None:
    router = open_router()
    asked_bye(router)
    router.outbox()
    router.poll(3.0)
    assert to_worker(router) == []
    router.poll(5.0)
    (timeout,) = to_worker(router)
    assert timeout.message.startswith(
        b"SIP/2.0 408 Request Timeout\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
    )
    router.poll(9.0)
    assert to_worker(router) == []
    assert router.counters["sip_edge_byes_unanswered"] == 1


def test_one_host_has_a_share_of_calls_without_ack() -> None:
    router = open_router(workers=16, capacity=4)
    codes = []
    for number in range(20):
        action = router.from_phone(request("INVITE", call_id=f"call-{number}", body=SDP), PHONE, 0.0)
        codes.append(isinstance(action, ToWorker))
    assert codes == [True] * 16 + [False] * 4
    assert router.counters["sip_edge_share"] == 4
    other = Flow("UDP", "198.51.100.77", 5060)
    forwarded(router.from_phone(request("INVITE", call_id="other"), other, 0.0))


def test_verified_host_has_three_quarters() -> None:
    router = open_router(workers=16, capacity=4)
    established(router)
    router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.0)
    actions = [router.from_phone(request("INVITE", call_id=f"c{n}"), PHONE, 0.0) for n in range(60)]
    assert [isinstance(each, ToWorker) for each in actions] == [True] * 48 + [False] * 12


def test_unverified_hosts_leave_half_of_the_places_to_verified_ones() -> None:
    router = open_router(workers=16, capacity=4)
    known = Flow("UDP", "203.0.113.5", 5060)
    established(router, "known")
    router.from_phone(request("ACK", call_id="known", to_tag=";tag=w"), known, 0.0)
    forwardings = [
        isinstance(
            router.from_phone(request("INVITE", call_id=f"c{n}"), Flow("UDP", f"10.{n}.0.1", 5060), 0.0),
            ToWorker,
        )
        for n in range(40)
    ]
    assert forwardings == [True] * 32 + [False] * 8
    forwarded(router.from_phone(request("INVITE", call_id="again"), known, 0.0))


def test_unverified_source_gets_three_times_its_bytes() -> None:
    router = open_router()
    attacker = Flow("UDP", "203.0.113.66", 5060)
    options = request("OPTIONS")
    sent = 0
    for _ in range(20):
        answer = router.from_phone(options, attacker, 0.0)
        assert isinstance(answer, ToPhone)
        for _ in range(11):
            sent += router.may_send(answer, 0.0) and len(answer.message)
    assert len(options) < sent <= 3 * 20 * len(options)
    assert router.counters["sip_edge_unverified"] > 100
    established(router, "mine")
    router.from_phone(request("ACK", call_id="mine", to_tag=";tag=w"), attacker, 0.0)
    assert isinstance(answer, ToPhone)
    assert all(router.may_send(answer, 0.0) for _ in range(1000))


def test_provisional_response_leaves_room_for_the_final_one() -> None:
    router = open_router()
    attacker = Flow("UDP", "203.0.113.66", 5060)
    router.from_phone(request("INVITE"), attacker, 0.0)
    assert not router.may_send(ToPhone(attacker, b"SIP/2.0 180 Ringing" + b" " * 300), 0.0)
    assert router.may_send(ToPhone(attacker, b"SIP/2.0 200 OK" + b" " * 700), 0.0)
