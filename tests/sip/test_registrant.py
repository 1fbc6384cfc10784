"""Trunks that register with their provider: challenges, refreshes, retransmissions, failures, calls that come in."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.edge.addressing import Identity, ToPhone, ToServer
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.message import Request, parse
from mixminus.sip.edge.registrant import Registrants, called_uri
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import Register, TrunkRegistered, Unregister
from tests.support.sip_login import Challenge, answer

PROVIDER = Flow("UDP", "192.0.2.9", 5060)
OTHER = Flow("UDP", "192.0.2.10", 5060)
REGISTRAR = "sip:provider.example"


def command(*flows: Flow) -> Register:
    return Register(
        trunk_id="trunk",
        flows=flows or (PROVIDER,),
        registrar=REGISTRAR,
        address="sip:me@provider.example",
        username="me",
        password='a "word"',
        contact_user="0123abcd",
        expires_s=600,
    )


class Provider:
    """The router of an edge, and what the provider sees and answers."""

    def __init__(self, *flows: Flow) -> None:
        self.router = Router(
            Identity("198.51.100.1", 5060, 7000, b"key"), Counter(), limits=SourceLimits(100, 1e6)
        )
        self.router.on_directory(command(*flows), 0.0)

    def request(self) -> Request:
        """Return the only REGISTER that is due."""
        (action,) = self.router.outbox()
        assert isinstance(action, ToPhone)
        self.flow = action.flow
        message = parse(action.message)
        assert isinstance(message, Request)
        assert message.method == "REGISTER"
        return message

    def answer(self, request: Request, status: str, *headers: str, now_s: float = 0.0) -> None:
        copied = [
            f"{name}: {request.headers.first(name)}" for name in ("via", "from", "to", "call-id", "cseq")
        ]
        lines = [f"SIP/2.0 {status}", *copied, *headers, "Content-Length: 0", "", ""]
        message = "\r\n".join(lines).encode("utf-8", "surrogateescape")
        assert self.router.from_phone(message, PROVIDER, now_s) is None

    def report(self) -> TrunkRegistered:
        (action,) = self.router.outbox()
        assert isinstance(action, ToServer)
        assert isinstance(action.message, TrunkRegistered)
        return action.message


def test_reason_is_reported_as_printable_text() -> None:
    provider = Provider()
    request = provider.request()
    provider.answer(request, f"403 Unzul\udce4ssig\x07{'!' * 200}")
    assert provider.report() == TrunkRegistered("trunk", 403, f"Unzulssig{'!' * 55}")


def accept(provider: Provider, *, now_s: float = 0.0) -> None:
    request = provider.request()
    provider.answer(request, "200 OK", f"Contact: {request.headers.first('contact')}", now_s=now_s)
    assert provider.report() == TrunkRegistered("trunk", 200, "OK")


def test_register_names_the_account_and_a_contact_that_only_the_provider_learns() -> None:
    request = Provider().request()
    assert request.uri == REGISTRAR
    assert request.headers.first("to") == "<sip:me@provider.example>"
    assert request.headers.first("from").startswith("<sip:me@provider.example>;tag=")
    assert request.headers.first("contact") == "<sip:0123abcd@198.51.100.1:5060>;expires=600"
    assert request.headers.first("expires") == "600"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize(
    ("status", "challenging", "answering"),
    [
        ("401 Unauthorized", "WWW-Authenticate", "authorization"),
        ("407 Proxy Authentication Required", "Proxy-Authenticate", "proxy-authorization"),
    ],
)
def test_challenge_is_answered(algorithm: str, status: str, challenging: str, answering: str) -> None:
    provider = Provider()
    request = provider.request()
    provider.answer(
        request,
        status,
        f'{challenging}: Digest realm="r", nonce="n", algorithm={algorithm}, qop="auth,auth-int", opaque="o"',
    )
    second = provider.request()
    value = second.headers.first(answering)
    found = dict(re.findall(r'(\w+)="?((?:\\.|[^",])+)"?', value))
    assert (found["username"], found["realm"], found["nonce"], found["opaque"]) == ("me", "r", "n", "o")
    assert (found["qop"], found["nc"], found["uri"], found["algorithm"]) == (
        "auth",
        "00000001",
        REGISTRAR,
        algorithm,
    )
    assert second.headers.first("call-id") == request.headers.first("call-id")
    assert second.headers.first("cseq") == "2 REGISTER"
    assert second.headers.first("via") != request.headers.first("via")


def test_response_to_a_challenge_is_that_of_rfc_7616(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "c" * 16)
    provider = Provider()
    provider.answer(
        provider.request(),
        "401 x",
        'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"',
    )
    ours = provider.request().headers.first("authorization")
    theirs = answer(
        Challenge("r", "n", "MD5", stale=False),
        method="REGISTER",
        uri=REGISTRAR,
        user="me",
        password='a "word"',
    )
    wanted = re.search(r'response="(\w+)"', theirs)
    assert wanted
    assert wanted[0] in ours


def test_the_strongest_of_several_challenges_is_answered() -> None:
    provider = Provider()
    headers = [
        'WWW-Authenticate: Basic realm="r"',
        'WWW-Authenticate: Digest realm="r", nonce="1", algorithm=AKAv1-MD5, qop="auth"',
        'WWW-Authenticate: Digest realm="r", nonce="2", algorithm=MD5, qop="auth"',
        'WWW-Authenticate: Digest realm="r", nonce="3", algorithm=SHA-256, qop="auth"',
    ]
    provider.answer(provider.request(), "401 Unauthorized", *headers)
    assert 'nonce="3"' in provider.request().headers.first("authorization")


def test_wrong_password_is_reported_and_tried_again_later() -> None:
    provider = Provider()
    for _ in range(2):
        provider.answer(
            provider.request(), "401 Unauthorized", 'WWW-Authenticate: Digest realm="r", nonce="n"'
        )
    provider.answer(provider.request(), "401 Unauthorized", 'WWW-Authenticate: Digest realm="r", nonce="n"')
    assert provider.report() == TrunkRegistered("trunk", 401, "Unauthorized")
    provider.router.poll(14.0)
    assert provider.router.outbox() == []
    provider.router.poll(15.0)
    assert "authorization" not in dict(provider.request().headers.entries)


def test_registration_is_refreshed_before_it_expires_with_the_known_nonce() -> None:
    provider = Provider()
    provider.answer(provider.request(), "401 x", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"')
    request = provider.request()
    provider.answer(
        request, "200 OK", "Contact: <sip:0123abcd@198.51.100.1:5060>;expires=100, <sip:else@x>;expires=9"
    )
    assert provider.report().status_code == 200
    provider.router.poll(79.0)
    assert provider.router.outbox() == []
    provider.router.poll(80.0)
    assert "nc=00000002" in provider.request().headers.first("authorization")


def test_interval_too_brief_is_asked_for_longer() -> None:
    provider = Provider()
    provider.answer(provider.request(), "423 Interval Too Brief", "Min-Expires: 3600")
    assert provider.request().headers.first("expires") == "3600"


def test_unanswered_register_is_retransmitted_and_then_reported() -> None:
    provider = Provider(PROVIDER, OTHER)
    provider.request()
    assert provider.flow == PROVIDER
    sent, now_s = 0, 0.0
    while now_s < 31.9:
        now_s += 0.1
        provider.router.poll(now_s)
        sent += len(provider.router.outbox())
    assert sent == 10, "0.5, 1.5, 3.5, then each 4 s"
    provider.router.poll(32.0)
    assert provider.report() == TrunkRegistered("trunk", 408, "Request Timeout")
    provider.router.poll(47.1)
    provider.request()
    assert provider.flow == OTHER, "the next address of the provider"


def test_retry_after_is_honoured() -> None:
    provider = Provider()
    provider.answer(provider.request(), "503 Service Unavailable", "Retry-After: 120 (busy)")
    assert provider.report().status_code == 503
    provider.router.poll(119.0)
    assert provider.router.outbox() == []
    provider.router.poll(120.0)
    provider.request()


def test_removed_trunk_unregisters_and_its_contact_is_unknown() -> None:
    provider = Provider()
    accept(provider)
    provider.router.on_directory(Unregister("trunk"), 1.0)
    request = provider.request()
    assert request.headers.first("contact").endswith(";expires=0")
    provider.answer(request, "200 OK")
    assert provider.router.outbox() == []


@given(st.binary(max_size=200))
def test_unknown_responses_change_nothing(noise: bytes) -> None:
    registrants = Registrants(Identity("198.51.100.1", 5060, 7000, b"key"), Counter())
    registrants.start(command(), 0.0)
    registrants.take_outbox()
    message = parse(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nContent-Length: 0\r\n\r\n")
    assert not isinstance(message, Request)
    assert not registrants.on_response(noise.decode("latin-1"), message, 1.0)
    assert registrants.take_outbox() == []


@pytest.mark.parametrize(
    ("header", "number"),
    [
        ("To: <sip:+15550100@provider.example>", "+15550100"),
        ("To: <tel:+15550100;phone-context=x>", "+15550100"),
        ("To: <sip:me@provider.example>\r\nP-Called-Party-ID: <sip:15550101@provider.example>", "15550101"),
        ("To: <sip:0123abcd@198.51.100.1>", "0123abcd"),
    ],
)
def test_called_number_comes_from_the_header_that_has_it(header: str, number: str) -> None:
    request = parse(
        f"INVITE sip:0123abcd@198.51.100.1 SIP/2.0\r\n{header}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert isinstance(request, Request)
    assert called_uri(request).startswith(f"sip:{number}@198.51.100.1")
