"""REGISTER at the edge: the request to the server, and the refusal of malformed ones."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.sip.channel import encode
from mixminus.sip.edge.addressing import Identity, ToPhone, ToServer
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import (
    AccountRequested,
    AnswerAccount,
    AnswerRegistration,
    Message,
    RegisteringPhone,
    RegistrationRequested,
)

PHONE = Flow("UDP", "192.0.2.7", 5070)
GOOD = (
    b"REGISTER sip:mixminus.local SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport\r\n"
    b"Max-Forwards: 70\r\nFrom: <sip:1001@mixminus.local>;tag=f\r\nTo: <sip:1001@mixminus.local>\r\n"
    b"Call-ID: call-1\r\nCSeq: 7 REGISTER\r\nExpires: 600\r\n"
    b'Contact: <sip:a@10.0.0.9:5060;ob>;+sip.instance="<urn:uuid:1>", sip:b@10.0.0.9;expires=60\r\n'
    b"Content-Length: 0\r\n\r\n"
)


def open_router() -> Router:
    identity = Identity("198.51.100.1", 5060, 7000)
    return Router(identity, Counter(), limits=SourceLimits(100.0, 1e6), domain="mixminus.local")


def trusted(question: AccountRequested) -> AnswerAccount:
    return AnswerAccount(question.request_id, "realm", "account", "", "", trusted=True)


def asked(router: Router, received: bytes) -> Message | None:
    """Return the request to the server, for an account that is trusted without a password."""
    action = router.from_phone(received, PHONE, 0.0)
    while isinstance(action, ToServer):
        encode(action.message)
        if not isinstance(action.message, AccountRequested):
            return action.message
        (action,) = router.on_directory(trusted(action.message), 0.0)
    return None


def test_register_is_passed_to_the_server_with_its_flow() -> None:
    question = asked(open_router(), GOOD)
    assert question == RegistrationRequested(
        request_id=1,
        account_id="account",
        sip_call_id="call-1",
        sequence_number=7,
        phones=(
            RegisteringPhone("sip:a@10.0.0.9:5060;ob", 600, "<urn:uuid:1>"),
            RegisteringPhone("sip:b@10.0.0.9", 60, ""),
        ),
        removes_all=False,
        transport="UDP",
        host="192.0.2.7",
        port=5070,
        connection=0,
    )


def test_user_agent_is_passed_on_as_what_can_be_shown() -> None:
    given = "Küche 1.0\x07 \udcff".encode("utf-8", "surrogateescape") + b"x" * 300
    question = asked(open_router(), GOOD.replace(b"Expires: 600", b"Expires: 600\r\nUser-Agent: " + given))
    assert isinstance(question, RegistrationRequested)
    assert question.user_agent == ("Küche 1.0 " + "x" * 300)[:255]


@pytest.mark.parametrize(
    ("contact", "registered"),
    [
        ("<sip:#1001@10.0.0.9:5060>", "sip:%231001@10.0.0.9:5060"),
        ("<sip:a@my_phone.example>", "sip:a@my_phone.example"),
        ("sip:a_b@10.0.0.9", "sip:a_b@10.0.0.9"),
        ("<sip:a@_phone;transport=udp>", "sip:a@_phone;transport=udp"),
        ("<sip:[a]@10.0.0.9>", "sip:%5Ba%5D@10.0.0.9"),
        ("Ada's (desk) <sip:a@10.0.0.9>", "sip:a@10.0.0.9"),
        ("A_# <sip:a@10.0.0.9>", "sip:a@10.0.0.9"),
        ("sip:#1@10.0.0.9:5060;expires=60", "sip:%231@10.0.0.9:5060"),
        ("sip:1_1@my_phone:5060;transport=udp", "sip:1_1@my_phone:5060"),
        ("<sip:a#b;c_d@10.0.0.9;ob>", "sip:a%23b;c_d@10.0.0.9;ob"),
        ("<sip:a@10.0.0.9;line=abc#1>", "sip:a@10.0.0.9;line=abc#1"),
        ("<sip:%23a@10.0.0.9>", "sip:%23a@10.0.0.9"),
        ("<sip:a%@10.0.0.9>", "sip:a%25@10.0.0.9"),
        ("<sip:a b@10.0.0.9>", "sip:a%20b@10.0.0.9"),
        ('<sip:"a"@10.0.0.9>', "sip:%22a%22@10.0.0.9"),
        ("<sip:a|b{c}\\d@10.0.0.9>", "sip:a%7Cb%7Bc%7D%5Cd@10.0.0.9"),
        ("< sip:a_b@10.0.0.9 >;expires=60;expires=60", "sip:a_b@10.0.0.9"),
        ("<sip:a_b@10.0.0.9?Subject=x&P=#>;expires=60", "sip:a_b@10.0.0.9"),
        ("<sip:10.0.0.9:>", "sip:10.0.0.9"),
        ("<sips:a#@10.0.0.9>", "sip:a%23@10.0.0.9;transport=tls"),
    ],
)
@pytest.mark.parametrize("more", ["", ", <sip:b@10.0.0.9>"])
def test_contact_of_any_phone_is_registered(contact: str, registered: str, more: str) -> None:
    line = next(each for each in GOOD.split(b"\r\n") if each.startswith(b"Contact"))
    question = asked(open_router(), GOOD.replace(line, f"Contact: {contact}{more}".encode()))
    assert isinstance(question, RegistrationRequested)
    assert question.phones[0].contact == registered


def test_the_way_by_the_proxies_is_kept_and_given_back() -> None:
    """RFC 3327 sections 5.3 and 5.5."""
    router = open_router()
    lines = b"Path: <sip:192.0.2.7;lr>, <sip:edge.example;lr;ob>\r\nPath: <sip:inner.example;lr>\r\nSupported: path\r\n"
    question = asked(router, GOOD.replace(b"CSeq:", lines + b"CSeq:"))
    assert isinstance(question, RegistrationRequested)
    assert question.path == ("sip:192.0.2.7;lr", "sip:edge.example;lr;ob", "sip:inner.example;lr")
    (answer,) = router.on_directory(AnswerRegistration(1, 200, (("sip:a@10.0.0.9", 60),)), 0.0)
    assert isinstance(answer, ToPhone)
    assert [line for line in answer.message.split(b"\r\n") if line.lower().startswith(b"path")] == [
        b"Path: <sip:192.0.2.7;lr>",
        b"Path: <sip:edge.example;lr;ob>",
        b"Path: <sip:inner.example;lr>",
    ]


@pytest.mark.parametrize("path", ["<sip:192.0.2.99;lr>", "<sip:proxy.example;lr>, <sip:192.0.2.7;lr>"])
def test_a_path_to_a_third_party_is_not_taken(path: str) -> None:
    question = asked(open_router(), GOOD.replace(b"CSeq:", f"Path: {path}\r\nCSeq:".encode()))
    assert isinstance(question, RegistrationRequested)
    assert question.path == ()


def test_a_proxy_of_ours_may_name_another_way() -> None:
    router = Router(
        Identity("198.51.100.1", 5060, 7000),
        Counter(),
        limits=SourceLimits(100.0, 1e6, frozenset({PHONE.host})),
        domain="mixminus.local",
    )
    question = asked(router, GOOD.replace(b"CSeq:", b"Path: <sip:front.example;lr>\r\nCSeq:"))
    assert isinstance(question, RegistrationRequested)
    assert question.path == ("sip:front.example;lr",)


@pytest.mark.parametrize("path", ["nowhere", "<tel:1>", ", ".join(["<sip:192.0.2.7;lr>"] * 6)])
def test_an_unreadable_path_gets_400(path: str) -> None:
    router = open_router()
    question = router.from_phone(GOOD.replace(b"CSeq:", f"Path: {path}\r\nCSeq:".encode()), PHONE, 0.0)
    assert isinstance(question, ToServer)
    assert isinstance(question.message, AccountRequested)
    (answer,) = router.on_directory(trusted(question.message), 0.0)
    assert isinstance(answer, ToPhone)
    assert answer.message.startswith(b"SIP/2.0 400")


@pytest.mark.parametrize(
    ("code", "header"),
    [(200, b"expires=60"), (403, b"403"), (423, b"Min-Expires: 30"), (503, b"Retry-After")],
)
def test_register_gets_the_servers_answer(code: int, header: bytes) -> None:
    router = open_router()
    asked(router, GOOD)
    (answer,) = router.on_directory(AnswerRegistration(1, code, (("sip:a@10.0.0.9", 60),)), 0.0)
    assert isinstance(answer, ToPhone)
    assert answer.message.startswith(b"SIP/2.0 %d" % code)
    assert header in answer.message
    assert router.on_directory(AnswerRegistration(1, code, ()), 0.0) == [None]


def test_register_without_an_answer_gets_503() -> None:
    router = open_router()
    router.from_phone(GOOD, PHONE, 0.0)
    (late,) = router.poll(3.1)
    assert isinstance(late, ToPhone)
    assert late.message.startswith(b"SIP/2.0 503")
    asked(router, GOOD.replace(b"z9hG4bKa", b"z9hG4bKb"))
    (late,) = router.poll(10.0)
    assert isinstance(late, ToPhone)
    assert late.message.startswith(b"SIP/2.0 503")
    assert router.poll(20.0) == []


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.binary(max_size=12))
def test_any_damaged_register_is_refused(place: int, length: int, damage: bytes) -> None:
    asked(open_router(), GOOD[:place] + damage + GOOD[place + length :])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"Contact", b"Expires", b"Authorization"]), st.text(max_size=60))
def test_any_malformed_register_header_is_refused(name: bytes, text: str) -> None:
    header = b"%s: %s\r\n" % (name, text.encode("utf-8", "surrogatepass"))
    asked(open_router(), GOOD.replace(b"Expires: 600\r\n", header))
