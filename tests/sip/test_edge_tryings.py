"""A worker's 100 is sent only where no other response follows soon (RFC 3261 section 17.2.1)."""

import pytest

from mixminus.sip.edge.router import Router
from mixminus.sip.edge.tryings import HOLD_S
from mixminus.sip.sdp.envelope import fold
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


def tried(router: Router, call_id: str = "call-1", now_s: float = 0.0) -> bytes:
    """Let a phone call, and the worker send 100; return the INVITE that the worker got."""
    invite = forwarded(router.from_phone(request("INVITE", call_id=call_id, body=SDP), PHONE, now_s))
    assert router.from_worker(answer_of(invite.message, 100), invite.sip_port, now_s) is None
    return invite.message


def test_a_100_is_sent_once_when_nothing_follows() -> None:
    router = open_router()
    tried(router)
    assert router.keeps_trying
    assert router.tryings(HOLD_S / 2) == []
    assert [status_code(each) for each in router.tryings(HOLD_S)] == [100]
    assert not router.keeps_trying
    assert router.tryings(10.0) == []
    assert router.poll(60.0) == [], "its worker has responded: nothing is awaited"


@pytest.mark.parametrize("code", [180, 183, 200, 404])
def test_a_100_is_not_sent_after_another_response(code: int) -> None:
    router = open_router()
    invite = tried(router)
    body = fold(SDP) if code in (183, 200) else ""
    assert status_code(router.from_worker(answer_of(invite, code, body=body), 7001, 0.01)) == code
    assert not router.keeps_trying
    assert router.tryings(HOLD_S) == []


def test_each_call_has_its_own_100() -> None:
    router = open_router()
    invite = tried(router, "call-1")
    tried(router, "call-2", now_s=0.01)
    router.from_worker(answer_of(invite, 180), 7001, 0.02)
    (sent,) = router.tryings(HOLD_S + 0.01)
    assert b"Call-ID: call-2\r\n" in sent.message


def test_a_100_to_a_repeated_invite_is_sent_at_once() -> None:
    router = open_router()
    invite = tried(router)
    forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.05))
    assert status_code(router.from_worker(answer_of(invite, 100), 7001, 0.05)) == 100
    assert router.tryings(HOLD_S) == []


def test_a_100_within_a_dialog_is_sent_at_once() -> None:
    router = open_router()
    established(router)
    router.from_phone(request("ACK", to_tag=";tag=w"), PHONE, 0.0)
    message = request("INVITE", to_tag=";tag=w", number=2, branch="z9hG4bKb", body=SDP)
    invite = forwarded(router.from_phone(message, PHONE, 0.1))
    assert status_code(router.from_worker(answer_of(invite.message, 100), invite.sip_port, 0.1)) == 100


def test_the_100_of_another_worker_is_not_kept() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.0))
    router.from_worker(answer_of(invite.message, 100), 7002, 0.0)
    assert not router.keeps_trying
