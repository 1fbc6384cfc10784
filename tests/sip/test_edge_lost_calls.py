"""Lost workers and restarts of the edge; responses to requests of workers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.sip.edge.addressing import ToPhone, ToWorker
from mixminus.sip.edge.calls import Worker
from mixminus.sip.edge.router import Router
from mixminus.sip.messages import MoveCall
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_router import (
    PHONE,
    SDP,
    answer_of,
    established,
    forwarded,
    open_router,
    records,
    request,
    status_code,
)


def test_calls_are_known_to_the_edge_that_follows() -> None:
    router = open_router()
    established(router)
    again = open_router()
    again.restore(1, records(router)[-1], 0.0)
    bye = request("BYE", uri="sip:w9@198.51.100.1:5060", to_tag=";tag=w", number=2)
    assert forwarded(again.from_phone(bye, PHONE, 0.0)).sip_port == 7001
    assert status_code(open_router().from_phone(bye, PHONE, 0.0)) == 481


def test_lost_worker_ends_a_call_from_before_a_restart() -> None:
    router = open_router()
    established(router)
    again = open_router()
    again.restore(1, records(router)[-1], 0.0)
    (bye,) = again.remove_worker(1, 0.0)
    assert bye.flow == PHONE
    assert bye.message.startswith(b"BYE sip:ada@192.0.2.7:5070 SIP/2.0")
    number = re.search(rb"CSeq: (\d+) BYE", bye.message)
    assert number
    assert int(number[1]) > 1000


def test_calls_of_a_lost_worker_are_ended_until_confirmed() -> None:
    router = open_router(workers=1)
    established(router, "call-1")
    router.from_phone(request("INVITE", call_id="call-2"), PHONE, 0.0)
    endings = {action.message.split()[0]: action for action in router.remove_worker(1, 10.0)}
    assert set(endings) == {b"BYE", b"SIP/2.0"}
    assert endings[b"BYE"].message.startswith(b"BYE sip:ada@192.0.2.7:5070 SIP/2.0")
    assert b"From: <sip:1000@198.51.100.1>;tag=w" in endings[b"BYE"].message
    assert status_code(endings[b"SIP/2.0"]) == 500
    assert len(router.poll(10.6)) == 2
    assert router.from_phone(answer_of(endings[b"BYE"].message), PHONE, 10.7) is None
    assert len(router.poll(12.0)) == 1
    assert router.from_phone(request("ACK", call_id="call-2", to_tag=";tag=x"), PHONE, 12.1) is None
    assert router.poll(20.0) == []


def test_requests_to_a_lost_worker_get_481() -> None:
    router = open_router(workers=1)
    established(router)
    router.remove_worker(1, 0.0)
    assert (
        status_code(router.from_phone(request("BYE", uri="sip:w1@198.51.100.1", to_tag=";tag=w"), PHONE, 0.0))
        == 481
    )


def asked_bye(router: Router, now_s: float = 0.0) -> ToPhone:
    """Return a worker's BYE as the phone gets it."""
    invite = established(router)
    route = re.search(r"Record-Route: (<[^>]+>)", invite.message.decode())
    assert route
    bye = (
        f"BYE sip:ada@192.0.2.7:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
        f"From: <sip:1000@x>;tag=w\r\nTo: <sip:ada@x>;tag=f\r\nCall-ID: call-1\r\nCSeq: 9 BYE\r\n"
        f"Route: {route[1]}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    asked = router.from_worker(bye, invite.sip_port, now_s)
    assert isinstance(asked, ToPhone)
    return asked


@pytest.mark.parametrize("worker", ["²", "9" * 5000, "-1", "", "unknown", "3"])
def test_response_for_an_unknown_worker_is_dropped(worker: str) -> None:
    router = open_router()
    response = answer_of(asked_bye(router).message)
    forged = response.replace(b"worker=1", f"worker={worker}".encode())
    assert router.from_phone(forged, PHONE, 0.0) is None
    assert forwarded(router.from_phone(response, PHONE, 0.0)).sip_port == 7001


def test_response_to_a_request_that_was_not_sent_is_dropped() -> None:
    router = open_router()
    response = answer_of(asked_bye(router).message)
    forged = re.sub(rb"branch=z9hG4bK[0-9a-f]+;rport;worker", b"branch=z9hG4bK0;rport;worker", response)
    assert forged != response
    assert router.from_phone(forged, PHONE, 0.0) is None
    assert router.counters["sip_edge_strange_response"] == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 300), st.integers(0, 12), st.text(max_size=12))
def test_any_damaged_response_is_dropped(place: int, length: int, damage: str) -> None:
    router = open_router()
    response = answer_of(asked_bye(router).message)
    router.from_phone(response[:place] + damage.encode() + response[place + length :], PHONE, 0.0)
    assert router.counters["sip_edge_failed"] == 0


def test_request_that_cannot_be_read_does_not_hold_up_those_behind_it() -> None:
    """They wait together until another worker has the call."""
    router = open_router()
    established(router)
    router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.0)
    router.move(MoveCall("call-1", "00000000-0000-0000-0000-000000000001", SDP))
    router.remove_worker(1, 1.0)
    router.add_worker(Worker(2, 7002, 4))
    malformed = request("UPDATE", to_tag=";tag=w", number=2, extra="Session-Expires: soon\r\n")
    for waiting in (malformed, request("BYE", to_tag=";tag=w", number=3)):
        assert router.from_phone(waiting, PHONE, 1.0) is None
    router.outbox()
    router.poll(2.0)
    (invite,) = (each for each in router.outbox() if isinstance(each, ToWorker))
    router.from_worker(answer_of(invite.message, body=fold(SDP)), invite.sip_port, 2.0)
    sent = [each.message.partition(b" ")[0] for each in router.outbox() if isinstance(each, ToWorker)]
    assert sent == [b"ACK", b"BYE"]
    assert router.counters["sip_edge_malformed"] == 1
