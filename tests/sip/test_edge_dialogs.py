"""Requests within a call: what the edge serves itself, and in which order the rest reaches the worker."""

import re

import pytest

from mixminus.sip.edge.addressing import Action, ToPhone, ToServer, ToWorker
from mixminus.sip.edge.router import Router
from mixminus.sip.messages import CallRecorded, DigitReceived, Message, TransferProgressed, TransferRequested
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

TAG = ";tag=w"


def confirmed() -> tuple[Router, ToWorker]:
    """Return a router with one call whose ACK has passed."""
    router = open_router()
    invite = established(router)
    forwarded(router.from_phone(request("ACK", to_tag=TAG), PHONE, 0.0))
    router.outbox()
    return router, invite


def info(body: str, kind: str = "application/dtmf-relay", number: int = 2) -> bytes:
    message = request("INFO", to_tag=TAG, number=number, branch=f"z9hG4bK{number}", body=body)
    return message.replace(b"application/sdp", kind.encode())


def sent_to_server(router: Router) -> list[Message]:
    """Return the messages to the server, except the records of calls."""
    messages = [each.message for each in router.outbox() if isinstance(each, ToServer)]
    return [each for each in messages if not isinstance(each, CallRecorded)]


def ask(router: Router, method: str, number: int, **more: str) -> Action:
    branch = f"z9hG4bK{number}"
    return router.from_phone(request(method, to_tag=TAG, number=number, branch=branch, **more), PHONE, 0.0)


def test_digit_by_info_goes_to_the_server_and_not_to_the_worker() -> None:
    router, _ = confirmed()
    assert status_code(router.from_phone(info("Signal=5"), PHONE, 0.0)) == 200
    assert sent_to_server(router) == [DigitReceived("call-1", "5", 0)]


def test_retransmitted_info_is_one_digit() -> None:
    router, _ = confirmed()
    first = router.from_phone(info("Signal=5"), PHONE, 0.0)
    assert router.from_phone(info("Signal=5"), PHONE, 0.5) == first
    assert len(sent_to_server(router)) == 1


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ("<media_control/>", "application/media_control+xml", 415),
        ("x", "text/plain", 415),
        ("Signal=", "application/dtmf-relay", 400),
        ("Signal=" + "9" * 3000, "application/dtmf-relay", 400),
    ],
)
def test_other_info_is_refused(body: str, kind: str, code: int) -> None:
    router, _ = confirmed()
    answer = router.from_phone(info(body, kind), PHONE, 0.0)
    assert status_code(answer) == code
    assert isinstance(answer, ToPhone)
    assert (b"application/dtmf-relay" in answer.message) == (code == 415)
    assert sent_to_server(router) == []


def test_info_without_a_body_is_answered() -> None:
    router, _ = confirmed()
    assert status_code(ask(router, "INFO", 2)) == 200


def test_digits_of_one_call_are_limited() -> None:
    router, _ = confirmed()
    codes = [
        status_code(router.from_phone(info("5", "application/dtmf", n), PHONE, 0.0)) for n in range(2, 102)
    ]
    assert codes == [200] * 40 + [503] * 60


def test_options_within_a_call_is_answered() -> None:
    router, _ = confirmed()
    answer = ask(router, "OPTIONS", 2)
    assert status_code(answer) == 200
    assert isinstance(answer, ToPhone)
    assert b"Allow: INVITE" in answer.message


@pytest.mark.parametrize("method", ["SUBSCRIBE", "PUBLISH"])
def test_other_methods_are_refused(method: str) -> None:
    router, _ = confirmed()
    assert status_code(ask(router, method, 2, body="x")) == 405


def test_refer_goes_to_the_server() -> None:
    router, _ = confirmed()
    for number, refer_id in ((2, 0), (3, 3)):
        assert status_code(ask(router, "REFER", number, extra="Refer-To: <sip:carol@192.0.2.9>\r\n")) == 202
        assert sent_to_server(router) == [TransferRequested("call-1", "<sip:carol@192.0.2.9>", refer_id)]


def test_refer_is_reported_without_the_name_before_its_uri() -> None:
    router, _ = confirmed()
    assert status_code(ask(router, "REFER", 2, extra='Refer-To: "Cäsar" <sip:c@192.0.2.9>;a=b\r\n')) == 202
    assert sent_to_server(router) == [TransferRequested("call-1", "<sip:c@192.0.2.9>", 0)]


def test_notify_is_accepted_after_our_refer_only() -> None:
    router, invite = confirmed()
    notify = {"extra": "Event: refer\r\nSubscription-State: active\r\n"}
    assert status_code(ask(router, "NOTIFY", 2, **notify)) == 481
    route = re.search(r"Record-Route: (<[^>]+>)", invite.message.decode())
    assert route
    refer = (
        f"REFER sip:ada@192.0.2.7:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
        f"From: <sip:1000@x>;tag=w\r\nTo: <sip:ada@x>;tag=f\r\nCall-ID: call-1\r\nCSeq: 9 REFER\r\n"
        f"Refer-To: <sip:carol@192.0.2.9>\r\nRoute: {route[1]}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    asked = router.from_worker(refer, invite.sip_port, 0.0)
    assert isinstance(asked, ToPhone)
    forwarded(router.from_phone(answer_of(asked.message, 202), PHONE, 0.0))
    for number, code in ((3, 180), (4, 200)):
        answer = ask(router, "NOTIFY", number, body=f"SIP/2.0 {code} Fine\r\n", **notify)
        assert status_code(answer) == 200
        assert sent_to_server(router) == [TransferProgressed("call-1", code)]
    assert status_code(ask(router, "NOTIFY", 5, **notify)) == 481


def test_request_with_other_tags_is_refused() -> None:
    router, _ = confirmed()
    for method in ("BYE", "INFO", "OPTIONS", "UPDATE"):
        assert status_code(router.from_phone(request(method, to_tag=";tag=x", number=2), PHONE, 0.0)) == 481


def test_request_with_a_lower_number_is_refused() -> None:
    router, _ = confirmed()
    forwarded(ask(router, "UPDATE", 7))
    assert status_code(ask(router, "BYE", 6)) == 500


def test_session_changes_pass_one_after_the_other() -> None:
    router, invite = confirmed()
    update = forwarded(ask(router, "UPDATE", 2, body=SDP))
    for method, number in (("UPDATE", 3), ("INVITE", 4)):
        refusal = ask(router, method, number, body=SDP)
        assert status_code(refusal) == 500
        assert isinstance(refusal, ToPhone)
        assert b"Retry-After: 1" in refusal.message
    router.from_worker(answer_of(update.message, body=fold(SDP)), invite.sip_port, 0.0)
    again = forwarded(ask(router, "INVITE", 5, body=SDP))
    router.from_worker(answer_of(again.message, body=fold(SDP)), invite.sip_port, 0.0)
    # Its ACK is missing.
    assert status_code(ask(router, "UPDATE", 6)) == 500
    forwarded(router.from_phone(request("ACK", to_tag=TAG, number=5), PHONE, 0.0))
    forwarded(ask(router, "UPDATE", 7))


def test_session_change_waits_for_ours() -> None:
    router, invite = confirmed()
    route = re.search(r"Record-Route: (<[^>]+>)", invite.message.decode())
    assert route
    ours = (
        f"INVITE sip:ada@192.0.2.7:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:7001;branch=z9hG4bKw\r\n"
        f"From: <sip:1000@x>;tag=w\r\nTo: <sip:ada@x>;tag=f\r\nCall-ID: call-1\r\nCSeq: 9 INVITE\r\n"
        f"Route: {route[1]}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    asked = router.from_worker(ours, invite.sip_port, 0.0)
    assert isinstance(asked, ToPhone)
    assert status_code(ask(router, "UPDATE", 2)) == 491
    forwarded(router.from_phone(answer_of(asked.message, 488), PHONE, 0.0))
    forwarded(ask(router, "UPDATE", 3))


def test_nothing_follows_a_bye() -> None:
    router, invite = confirmed()
    bye = forwarded(ask(router, "BYE", 2))
    for number, method in enumerate(("UPDATE", "INVITE", "INFO", "REFER", "OPTIONS"), 3):
        extra = "Refer-To: <sip:a@b>\r\n" if method == "REFER" else ""
        assert status_code(ask(router, method, number, extra=extra)) == 481
    assert status_code(ask(router, "BYE", 9)) == 200
    ok = router.from_worker(answer_of(bye.message), invite.sip_port, 0.0)
    assert ask(router, "BYE", 2) == ok


def test_prack_needs_its_reliable_response() -> None:
    router = open_router()
    invite = forwarded(router.from_phone(request("INVITE", body=SDP), PHONE, 0.0))
    assert status_code(ask(router, "PRACK", 2, extra="RAck: 5 1 INVITE\r\n")) == 481
    ringing = answer_of(invite.message, 180).replace(b"Contact", b"Require: 100rel\r\nRSeq: 5\r\nContact")
    router.from_worker(ringing, invite.sip_port, 0.0)
    assert status_code(ask(router, "PRACK", 3, extra="RAck: 4294967296 1 INVITE\r\n")) == 481
    prack = forwarded(ask(router, "PRACK", 4, extra="RAck: 5  1  INVITE\r\n"))
    assert b"RAck: 5 1 INVITE" in prack.message


def test_worker_sees_nothing_but_what_was_read() -> None:
    router = open_router()
    extra = (
        "Subject: x\r\nAlert-Info: <http://x>\r\nP-Asserted-Identity: <sip:x@y>\r\n"
        "Session-Expires: 1800;refresher=uac;x=y\r\nSupported: timer, replaces, gruu\r\n"
        "Allow: INVITE, PUBLISH, BYE, Nonsense\r\nX-Mixminus-Caller: 00000000-0000-0000-0000-000000000000 1.2.3.4\r\n"
    )
    message = request("INVITE", body=SDP, extra=extra).replace(
        b"From: <sip:ada@", b"From: Ada \\ B <sip:ada;x=y@"
    )
    text = forwarded(router.from_phone(message, PHONE, 0.0)).message.decode()
    names = [line.partition(":")[0] for line in text.partition("\r\n\r\n")[0].split("\r\n")[1:]]
    assert sorted(names) == sorted([
        "Via", "Max-Forwards", "Record-Route", "From", "To", "Call-ID", "CSeq", "Contact", "Session-Expires",
        "Supported", "Allow", "Content-Type", "Content-Length", "X-Mixminus-Caller", "x-mixminus-signalled",
    ])  # fmt: skip
    assert 'From: "Ada \\\\ B" <sip:ada;x=y@192.0.2.7>;tag=f' in text
    assert "Session-Expires: 1800;refresher=uac\r\n" in text
    assert "Supported: timer\r\n" in text
    assert "Allow: BYE, INVITE\r\n" in text
    assert "X-Mixminus-Caller: - 192.0.2.7" in text


@pytest.mark.parametrize(
    "header",
    [
        "Session-Expires: 4294967295x",
        "Min-SE: -1",
        "Record-Route: <sip:a b>",
        "Record-Route: <mailto:a@b>",
    ],
)
def test_header_that_cannot_be_read_is_refused(header: str) -> None:
    router = open_router()
    message = request("INVITE", body=SDP, extra=f"{header}\r\n")
    assert status_code(router.from_phone(message, PHONE, 0.0)) == 400


def test_ack_without_a_via_is_counted() -> None:
    router, _ = confirmed()
    message = re.sub(rb"Via: [^\r]+\r\n", b"", request("ACK", to_tag=TAG))
    assert router.from_phone(message, PHONE, 0.0) is None
    assert router.counters["sip_edge_failed"] == 0
    assert router.counters["sip_edge_unanswerable"] == 1
