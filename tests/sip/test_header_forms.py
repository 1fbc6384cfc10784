"""Headers in every form that has one meaning: whatever the form, a worker receives the same request."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.internal_headers import find_tags
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.tags import is_token, phones_tag, with_phones_tag, workers_tag
from tests.sip.test_edge_router import (
    PHONE,
    answer_of,
    forwarded,
    open_router,
    request,
    status_code,
)
from tests.support.sip_phone import sdp

BODY = sdp()
HEADERS = {
    "via": "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport",
    "max-forwards": "70",
    "from": '"Ada" <sip:ada@192.0.2.7>;tag=f',
    "to": "<sip:1000@198.51.100.1>",
    "call-id": "call-1",
    "cseq": "1 INVITE",
    "contact": "<sip:ada@192.0.2.7:5070>",
    "record-route": "<sip:192.0.2.8;lr>, <sip:192.0.2.9;lr>",
    "supported": "timer, 100rel",
    "session-expires": "1800;refresher=uac",
    "content-type": "application/sdp",
}
COMPACT = {
    "via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m", "supported": "k", "content-type": "c",
    "session-expires": "x",
}  # fmt: skip
LINE = "INVITE sip:1000@198.51.100.1 SIP/2.0"


def invite(**changed: str | None) -> bytes:
    """Return an INVITE, with another ``line`` or other headers; a header that is None is left out."""
    line = changed.pop("line", LINE) or LINE
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in (HEADERS | named).items() if value is not None]
    return "\r\n".join([line, *lines, f"Content-Length: {len(BODY)}", "", BODY]).encode(
        "utf-8", "surrogateescape"
    )


def received_by_worker(message: bytes) -> tuple[bytes, list[str]]:
    """Return what a worker receives of a request, and the leniencies."""
    router = open_router()
    action = router.from_phone(message, PHONE, 0.0)
    assert not isinstance(action, ToPhone), action.message
    names = [name.partition(":")[2] for name in router.counters if name.startswith(f"{COUNTER}:")]
    return forwarded(action).message, names


USUAL, NOTHING = received_by_worker(invite())


def test_usual_form_needs_no_leniency() -> None:
    assert NOTHING == []


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    """Return the usual INVITE in a form that RFC 3261 section 7.3 allows."""
    lines = []
    for name, value in draw(st.permutations(list(HEADERS.items()))):
        shown = draw(st.sampled_from([name, COMPACT.get(name, name)]))
        shown = "".join(draw(st.sampled_from([each.upper(), each.lower()])) for each in shown)
        before = draw(st.sampled_from(["", " ", "\t", "  "]))
        after = draw(st.sampled_from(["", " ", "  ", "\t", "\r\n ", " \r\n\t "]))
        values = value.split(", ") if name == "record-route" and draw(st.booleans()) else [value]
        blank = draw(st.sampled_from(["", " "]))
        end = draw(st.sampled_from(["", " ", "\t"]))
        lines += [f"{shown}{before}:{after}{each.replace(';', f'{blank};{blank}')}{end}" for each in values]
    line = draw(st.sampled_from([LINE, LINE.replace("SIP/2.0", "sip/2.0"), LINE.replace("sip:", "SIP:")]))
    return "\r\n".join([line, *lines, f"l: {len(BODY)}", "", BODY]).encode()


@settings(deadline=None)
@given(spelled())
def test_worker_receives_the_same_whatever_the_spelling(message: bytes) -> None:
    # "<sip:x;lr>" may hold blanks before and after the semicolon within the brackets only where RFC 3261 has LWS.
    compact = re.sub(rb"(<sip:192\.0\.2\.[89])[ ]?;[ ]?lr>", rb"\1;lr>", message)
    found, names = received_by_worker(compact)
    assert names == []
    assert found == USUAL


DIRT = st.lists(
    st.sampled_from([
        "garbage", "X My Header: 1", "X-\u00c4: 1", "=?: x", ": y", "Subject: " + "a" * 200, "Subject:", 
        "Supported: ", "User-Agent: \u2620", "Accept-Language:,", "Date: yesterday", "Expires: soon",
    ]),
    max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(DIRT, st.integers(0, 10))
def test_lines_that_no_worker_needs_change_nothing(dirt: list[str], place: int) -> None:
    lines = invite().decode().split("\r\n")
    message = "\r\n".join([*lines[: 1 + place], *dirt, *lines[1 + place :]]).encode()
    assert received_by_worker(message)[0] == USUAL


@pytest.mark.parametrize(
    ("changed", "leniency"),
    [
        ({"via": "SIP/2.0/UDP 192.0.2.7:5070;;branch=z9hG4bKa;rport"}, Leniency.PARAMETER_EMPTY),
        ({"via": "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport;"}, Leniency.PARAMETER_EMPTY),
        ({"via": "SIP/2.0/UDP 192.0.2.7:5070;rport=;branch=z9hG4bKa"}, Leniency.PARAMETER_EMPTY),
        ({"via": "SIP/2.0/UDP 192.0.2.7:5070;rport;branch=z9hG4bKa,"}, Leniency.LIST_EMPTY),
        ({"from": '"Ada" <sip:ada@192.0.2.7>;;tag=f'}, Leniency.PARAMETER_EMPTY),
        ({"from": '"Ada" <sip:ada@192.0.2.7>;tag=f;'}, Leniency.PARAMETER_EMPTY),
        ({"from": '"Ada" <sip:ada@192.0.2.7;>;x=;tag=f'}, Leniency.PARAMETER_EMPTY),
        ({"from": '"Ada" <sip:ada@192.0.2.7:>;tag=f'}, Leniency.URI_PORT),
        ({"to": "<sip:1000@198.51.100.1>;tag="}, Leniency.PARAMETER_EMPTY),
        ({"to": "<sip:1000@198.51.100.1>;"}, Leniency.PARAMETER_EMPTY),
        ({"contact": "<sip:ada@192.0.2.7:5070>;"}, Leniency.PARAMETER_EMPTY),
        ({"contact": "<sip:ada@192.0.2.7:5070>;;;;"}, Leniency.PARAMETER_EMPTY),
        ({"contact": "<sip:ada@192.0.2.7:5070?Subject=x&a=b>"}, Leniency.URI_HEADERS),
        ({"contact": "<sip:ada@192.0.2.7:5070>, <sip:bob@192.0.2.7>"}, Leniency.CONTACT_REPEATED),
        ({"contact": "<sip:ada@192.0.2.7:5070>\r\nm: <sip:ada@192.0.2.7:5070>"}, Leniency.CONTACT_REPEATED),
        ({"record-route": "<sip:192.0.2.8;lr;>,, <sip:192.0.2.9;;lr>,"}, Leniency.LIST_EMPTY),
        ({"record-route": HEADERS["record-route"] + "\r\nRoute:"}, Leniency.LIST_EMPTY),
        ({"content-type": "application / sdp"}, Leniency.CONTENT_TYPE),
        ({"content-type": "Application/ SDP ; charset=utf-8"}, Leniency.CONTENT_TYPE),
        ({"line": "INVITE sip:1000@198.51.100.1; SIP/2.0"}, Leniency.PARAMETER_EMPTY),
        ({"line": "INVITE sip:1000@198.51.100.1;;x SIP/2.0"}, Leniency.PARAMETER_EMPTY),
        ({"line": "INVITE sip:1000@198.51.100.1: SIP/2.0"}, Leniency.URI_PORT),
        ({"line": "INVITE  sip:1000@198.51.100.1 \t SIP/2.0"}, Leniency.START_LINE),
        ({"line": "INVITE sip:1000@198.51.100.1 SIP/2.0  "}, Leniency.START_LINE),
        ({"line": " INVITE\tsip:1000@198.51.100.1 SIP/2.0\t"}, Leniency.START_LINE),
        ({"cseq": "1 invite"}, Leniency.METHOD_CASE),
        ({"cseq": "0001\tInvite "}, Leniency.METHOD_CASE),
        ({"line": "invite sip:1000@198.51.100.1 SIP/2.0"}, Leniency.METHOD_CASE),
        ({"line": "iNVITE sip:1000@198.51.100.1 sip/2.0", "cseq": "1 invitE"}, Leniency.METHOD_CASE),
        ({"from": '"Ada" < sip:ada@192.0.2.7 >;tag=f'}, Leniency.URI_BRACKETS),
        ({"to": "<\tsip:1000@198.51.100.1>"}, Leniency.URI_BRACKETS),
        ({"contact": "< sip:ada@192.0.2.7:5070 >"}, Leniency.URI_BRACKETS),
    ],
)  # fmt: skip
def test_form_with_one_meaning_is_counted_and_is_that_meaning(
    changed: dict[str, str], leniency: Leniency
) -> None:
    found, names = received_by_worker(invite(**changed))
    assert leniency in names
    assert found == USUAL


@pytest.mark.parametrize(
    "changed",
    [
        {"max_forwards": None},
        {"via": "sip/2.0/udp 192.0.2.7:5070;BRANCH=z9hG4bKa;RPORT"},
        {"via": "SIP/2.0/UDP 192.0.2.7:5070"},
        {"via": "SIP/2.0/UDP my_host;branch=z9hG4bKa"},
        {"via": "SIP/2.0/UDP 192.0.2.7:0;branch=z9hG4bKa"},
        {"via": "SIP/2.0/UDP [2001:db8::1]:5070;maddr=192.0.2.7;ttl=16;branch=z9hG4bKa"},
        {"via": f"{HEADERS['via']}, SIP/2.0/TLS proxy.example;branch=1, SIP/2.0/WSS df7jal.invalid;branch=2"},
        {"contact": "sip:ada@192.0.2.7:5070"},
        {"contact": '<sip:ada@192.0.2.7:5070>;expires=60;q=1.0;+sip.instance="<urn:uuid:1>";reg-id=1'},
        {"supported": "TIMER,,100rel, precondition,path"},
        {"session-expires": "1800 ; Refresher = UAC"},
        {"allow": "INVITE, , ACK,"},
        {"cseq": "0000000001\tINVITE"},
    ],
)
def test_form_that_is_allowed_is_accepted_without_a_count(changed: dict[str, str | None]) -> None:
    found, names = received_by_worker(invite(**changed))
    assert names == []
    assert b'From: "Ada" <sip:ada@192.0.2.7>;tag=f\r\n' in found
    assert b"Contact: <sip:ada@192.0.2.7:5070>\r\n" in found


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Ada <sip:ada@h>", '"Ada" <sip:ada@h>'),
        ('"Ada"<sip:ada@h>', '"Ada" <sip:ada@h>'),
        ('"" <sip:ada@h>', "<sip:ada@h>"),
        ("sip:ada@h", "<sip:ada@h>"),
        ("O'Neil <sip:ada@h>", '"O\'Neil" <sip:ada@h>'),
        ("Ada: Desk 2 <sip:ada@h>", '"Ada: Desk 2" <sip:ada@h>'),
        ("ada@example.com <sip:ada@h>", '"ada@example.com" <sip:ada@h>'),
        ("Bell, Alexander <sip:ada@h>", '"Bell, Alexander" <sip:ada@h>'),
        ("J\u00fcrgen \u260e <sip:ada@h>", '"J\u00fcrgen \u260e" <sip:ada@h>'),
        ('"J\udcfcrgen" <sip:ada@h>', '"Jrgen" <sip:ada@h>'),
        ('"a \\"b\\" \\\\ <c>, d;e" <sip:ada@h>', '"a \\"b\\" \\\\ <c>, d;e" <sip:ada@h>'),
        ("<sip:192.0.2.7>", "<sip:192.0.2.7>"),
        ("<sip:@192.0.2.7>", "<sip:192.0.2.7>"),
        ("<sip:ada:secret@h;user=phone?x=y>", "<sip:ada:secret@h>"),
        ("<sips:ada@h>", "<sips:ada@h>"),
        ("<sip:ada@[2001:db8::1]:5070>", "<sip:ada@[2001:db8::1]:5070>"),
        ("<sip:ada@2001:db8::1>", "<sip:unknown@unknown.invalid>"),
        ("<sip:ada@h:99999>", "<sip:unknown@unknown.invalid>"),
        ("<tel:+15550123;cpc=ordinary>", "<tel:+15550123>"),
        ("<urn:service:sos>", "<sip:unknown@unknown.invalid>"),
        ("<sip:anonymous@anonymous.invalid>", "<sip:anonymous@anonymous.invalid>"),
    ],
)  # fmt: skip
def test_caller_is_read_in_any_form(sender: str, shown: str) -> None:
    found, _ = received_by_worker(invite(**{"from": f"{sender};tag=f"}))
    assert f"\r\nFrom: {shown};tag=f\r\n".encode() in found


@given(
    st.text(
        st.characters(exclude_characters=';,"<>', exclude_categories=("Z", "Cc", "Cs")),
        min_size=1,
        max_size=60,
    )
)
def test_any_tag_is_one_token_at_the_worker_and_itself_at_the_phone(tag: str) -> None:
    known = workers_tag(tag)
    assert is_token(known)
    assert phones_tag(known) == tag
    assert with_phones_tag(f'"x;tag=mm-hex.41" <sip:ada@h;tag=mm-hex.42>;tag={known};x=1').endswith(
        f";tag={tag};x=1"
    )
    found, names = received_by_worker(invite(**{"from": f"<sip:ada@h>;tag={tag}"}))
    assert f"From: <sip:ada@h>;tag={known}\r\n".encode() in found
    assert (Leniency.TAG_CHARACTERS in names) == (not is_token(tag))


@pytest.mark.parametrize("tag", ["mm-hex.41", "MM-HEX.41", "mm-hex."])
def test_tag_that_looks_like_a_workers_is_not_taken_for_another(tag: str) -> None:
    assert workers_tag(tag) != tag
    assert phones_tag(workers_tag(tag)) == tag


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"from": "<sip:ada@h>;tag=1;tag=2"}, "Bad Address"),
        ({"contact": None}, "Missing Contact"),
        ({"contact": "*"}, "Bad Address"),
        ({"contact": "<tel:+1>"}, "Bad Address"),
        ({"cseq": "1 info"}, "Bad CSeq"),
        ({"cseq": "1invite"}, "Bad CSeq"),
        ({"cseq": "4294967296 INVITE"}, "Bad CSeq"),
        ({"call-id": "a\r\nCall-ID: b"}, "Missing Or Repeated Header"),
        ({"max-forwards": "lots"}, "Bad Max-Forwards"),
        ({"require": "precondition"}, "Bad Extension"),
    ],
)
def test_form_without_one_meaning_is_refused_with_a_reason(
    changed: dict[str, str | None], reason: str
) -> None:
    action = open_router().from_phone(invite(**changed), PHONE, 0.0)
    assert isinstance(action, ToPhone)
    assert action.message.decode().split("\r\n")[0].split(" ", 2)[2] == reason


def test_via_without_rport_gets_its_response_at_the_port_that_it_names() -> None:
    for via, port in (
        ("192.0.2.7:5099", 5099),
        ("phone.example:5099", 5099),
        ("192.0.2.7", 5060),
        ("192.0.2.7:0", 5060),
    ):
        router = open_router()
        call = forwarded(router.from_phone(invite(via=f"SIP/2.0/UDP {via};branch=z9hG4bKa"), PHONE, 0.0))
        action = router.from_worker(answer_of(call.message, 486), call.sip_port, 0.0)
        assert isinstance(action, ToPhone)
        assert (status_code(action), action.flow.host, action.flow.port) == (486, "192.0.2.7", port)


def test_phone_gets_its_own_via_headers_back() -> None:
    vias = "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;rport;;x=, SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKb;i=1"
    router = open_router()
    call = forwarded(router.from_phone(invite(via=vias), PHONE, 0.0))
    action = router.from_worker(answer_of(call.message, 486), call.sip_port, 0.0)
    assert isinstance(action, ToPhone)
    shown = re.findall(r"^Via: (.+?)\r$", action.message.decode(), re.MULTILINE)
    assert [re.sub(r";(received|rport=)[^;]*", "", each) for each in shown] == [
        "SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKa;x",
        "SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKb;i=1",
    ]


@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER"])
def test_other_methods_are_read_in_the_same_forms(method: str) -> None:
    message = request(method).replace(b"From: <sip:ada@192.0.2.7>;tag=f", b"f: <sip:ada@192.0.2.7>;;tag=f;")
    router = open_router()
    router.from_phone(b"\r\n\r\n" + message.replace(b"Via:", b"v :"), PHONE, 0.0)
    assert router.counters[f"{COUNTER}:{Leniency.PARAMETER_EMPTY}"] == 1
    assert not router.counters["sip_edge_refused"]


def test_tag_that_is_not_utf8_is_reported_as_the_worker_knows_it() -> None:
    head = "SIP/2.0 200 OK\r\nFrom: <sip:a@b>;tag=mm-hex.ff\r\nTo: <sip:c@d>;tag=mm-hex.c3a9\r\n\r\n"
    assert find_tags(head) == ("mm-hex.ff", "é")
