"""The repair of received addresses, bodies and session descriptions: for any input, and beyond the examples."""

import time
from contextlib import suppress
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.addresses import callee_of, caller_of
from mixminus.sip.edge.bodies import content_of
from mixminus.sip.edge.message import Request
from mixminus.sip.edge.message import parse as parse_message
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable
from mixminus.sip.leniency import Leniency
from mixminus.sip.sdp.description import MalformedSdp, parse, render
from mixminus.sip.sdp.repair import repaired
from mixminus.sip.uri_repair import escaped_uri, repaired_address, repaired_request_uri, without_repeats
from tests.sip.test_sdp_description import OFFER
from tests.support.documentation import ROOT
from tests.support.sip_phone import sdp

BLANKS = st.text(" \t", min_size=1, max_size=3)
LINES = OFFER.rstrip("\r\n").split("\r\n")
SMALL = sdp()


def test_strict_description_is_left_alone() -> None:
    for text in (OFFER, SMALL, render(parse(OFFER)), SMALL.replace("s=-", "s= ")):
        assert repaired(text)[1] == frozenset()
        assert parse(repaired(text)[0]) == parse(text)


@given(st.lists(BLANKS, min_size=len(LINES), max_size=len(LINES)), st.sampled_from(["\r\n", "\n", "\r"]))
def test_blanks_and_line_ends_change_nothing(blanks: list[str], end: str) -> None:
    damaged = "".join(f"{line}{blank}{end}" for line, blank in zip(LINES, blanks, strict=True)) + end
    text, found = repaired(damaged)
    assert parse(text) == parse(OFFER)
    assert {Leniency.SDP_BLANKS, Leniency.SDP_BLANK_LINE} <= found


@given(st.sampled_from(["o", "c", "m"]), BLANKS)
def test_blanks_between_fields_change_nothing(letter: str, blanks: str) -> None:
    damaged = "\r\n".join(line.replace(" ", blanks) if line[0] == letter else line for line in LINES)
    assert parse(repaired(damaged)[0]) == parse(OFFER)


@pytest.mark.parametrize("kind", ["video", "audio", "application", "image", "message", "text", "x-other"])
@pytest.mark.parametrize("port", ["0", "00", "0/2"])
@pytest.mark.parametrize(
    "rest", ["", " RTP/AVP", " RTP/AVP 255", " RTP/AVP 999 x", " *", " udptl", " TCP/BFCP *", " rtp/avp 0"]
)
def test_dead_medium_needs_no_meaning(kind: str, port: str, rest: str) -> None:
    text, _ = repaired(f"{SMALL}m={kind} {port}{rest}\r\nc=IN IP4 \r\na=sendrecv\r\n")
    media = parse(text).media
    assert [(each.kind, each.port) for each in media] == [("audio", 40_000), (kind, 0)]
    assert media[1].formats


@pytest.mark.parametrize("kind", ["video", "application", "image"])
@pytest.mark.parametrize(
    "rest", ["5000", "5000 RTP/AVP", "99999 RTP/AVP 99", "x RTP/AVP 99", "5000 RTP/AVP 255", ""]
)
def test_malformed_medium_that_we_reject_anyway_is_dead(kind: str, rest: str) -> None:
    text, found = repaired(f"{SMALL}m={kind} {rest}\r\n")
    assert parse(text).media[1].port == 0
    assert Leniency.SDP_DEAD_MEDIA in found


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("o=  3 4 IN IP4 192.0.2.1", ("-", "3", 4)),
        ("o= 3 4 IN IP4 192.0.2.1", ("-", "3", 4)),
        ("o=John Q Doe 3 4 IN IP4 192.0.2.1", ("John_Q_Doe", "3", 4)),
        ("o=- 3a 4 IN IP4 192.0.2.1", ("-", "0", 4)),
        ("o=- 3 4.5 in ip4 192.0.2.1", ("-", "3", 0)),
        ("o=- 3 4 IN IP4", ("-", "3", 4)),
        ("o=- 3 4 IN 192.0.2.1", ("-", "3", 4)),
        ("b=AS:64", ("-", "0", 0)),
        ("o=", ("-", "0", 0)),
        ("o=- 3 4 192.0.2.1", ("-", "0", 0)),
        ("o=J\xfcrgen 3 4 IN IP4 192.0.2.1", ("-", "0", 0)),
    ],
)
def test_origin_only_identifies_the_session(line: str, origin: tuple[str, str, int]) -> None:
    text, found = repaired(SMALL.replace("o=phone 5 1 IN IP4 127.0.0.1", line))
    found_origin = parse(text).origin
    assert (found_origin.user, found_origin.session_id, found_origin.version) == origin
    assert Leniency.SDP_ORIGIN in found


def test_description_without_media_stays_one() -> None:
    text = SMALL.partition("m=")[0]
    assert repaired(text) == (text, frozenset())


def test_origin_below_a_medium_is_none() -> None:
    text, found = repaired(
        SMALL.replace("o=phone 5 1 IN IP4 127.0.0.1\r\n", "") + "o=phone 5 1 IN IP4 127.0.0.1\r\n"
    )
    assert parse(text).origin.user == "-"
    assert Leniency.SDP_ORIGIN in found


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("c=IN IP4 192.0.2.1/127", "192.0.2.1"),
        ("c=IN IP4 192.0.2.1/127/3", "192.0.2.1"),
        ("c=in ip4 192.0.2.1", "192.0.2.1"),
        ("c=IN IP4 2001:db8::1", "2001:db8::1"),
        ("c=IN IP6 192.0.2.1", "192.0.2.1"),
        ("c=IN IP6 [2001:db8::1]", "2001:db8::1"),
        ("c=IN IP6 2001:DB8:0::1", "2001:db8::1"),
        ("c=IN IP6 ::ffff:192.0.2.1", "192.0.2.1"),
        ("c=IN  IP4\t192.0.2.1 ", "192.0.2.1"),
        ("c=IN 2001:db8::1", "2001:db8::1"),
        ("c=IP4 192.0.2.1", "192.0.2.1"),
        ("c=192.0.2.1", "192.0.2.1"),
    ],
)
def test_connection_has_its_address(line: str, host: str) -> None:
    assert parse(repaired(SMALL.replace("c=IN IP4 127.0.0.1", line))[0]).host == host


@pytest.mark.parametrize(
    "line",
    ["c=IN IP4 224.2.1.1/127", "c=ATM x", "c=IN IP4", "m=audio x RTP/AVP 0", "v=0", "m: audio 9 RTP/AVP 0"],
)
def test_what_has_no_single_meaning_stays_refused(line: str) -> None:
    with pytest.raises(MalformedSdp):
        parse(repaired(SMALL.replace("c=IN IP4 127.0.0.1" if line[0] == "c" else "t=0 0", line))[0])


@given(st.integers(0, len(OFFER)), st.integers(0, 9), st.text(max_size=9))
def test_any_description_is_repaired_once(place: int, length: int, damage: str) -> None:
    text, _ = repaired(OFFER[:place] + damage + OFFER[place + length :])
    assert repaired(text) == (text, frozenset())
    with suppress(MalformedSdp):
        parse(text)


@given(
    st.text(
        st.characters(exclude_characters='@<>"\\ \t\r\n:', exclude_categories=("Cs", "Cc", "Z")),
        min_size=1,
        max_size=20,
    )
)
def test_user_part_is_escaped_and_means_the_same(user: str) -> None:
    escaped = escaped_uri(f"sip:{user}@192.0.2.1:5070;transport=tcp")
    uri = SipUri.parse(escaped)
    assert unquote(uri.user) == unquote(user)
    assert (uri.host, uri.port) == ("192.0.2.1", 5070)
    assert escaped.isascii()
    assert escaped_uri(escaped) == escaped


@given(st.text(max_size=60))
def test_any_address_is_repaired_once_or_left(text: str) -> None:
    for function in (repaired_address, repaired_request_uri):
        once, found = function(text)
        assert found or once == text
        assert function(once)[0] == once
        with suppress(Unreadable):
            NameAddress.parse(once)


@given(
    st.text("0123456789", min_size=3, max_size=12),
    st.lists(
        st.sampled_from(
            ["npdi", "rn=+15550199", "phone-context=+1", "ext=12", "cpc=payphone", "otg=t7", "isub=1", "x=y"]
        ),
        unique=True,
        max_size=5,
    ),
)
def test_number_is_itself_whatever_follows_it(digits: str, parameters: list[str]) -> None:
    uri = ";".join([f"sip:+{digits}", *parameters]) + "@sbc.example;user=phone"
    assert callee_of(uri).target == f"+{digits}"
    caller = caller_of(f'"Ada" <{uri}>;tag=1')
    assert (caller.type, caller.target, caller.target_name) == ("tel", f"+{digits}", "Ada")


@given(
    st.permutations(["application/sdp", "application/isup", "application/pidf+xml", "text/plain"]),
    st.text("abcXYZ019'()+_,-./:=?", min_size=1, max_size=40),
    st.sampled_from(["mixed", "related", "alternative", "x-any"]),
    st.sampled_from(["\r\n", "\n"]),
)
def test_description_is_found_among_any_parts(
    kinds: list[str], boundary: str, subtype: str, end: str
) -> None:
    parts = [
        f"--{boundary}{end}Content-Type: {kind}{end}{end}{SMALL if kind.endswith('sdp') else 'x'}{end}"
        for kind in kinds
    ]
    body = "".join([*parts, f"--{boundary}--{end}"]).encode()
    content = content_of(f'multipart/{subtype};boundary="{boundary}"', "", "", body)
    assert content.fault is None
    assert content.description.decode().rstrip() == SMALL.rstrip()


def wrapped(body: str, depth: int) -> tuple[str, str]:
    """Return the content type and the body of parts within parts."""
    kind = "application/sdp"
    for level in range(depth):
        body = f"--b{level}\r\nContent-Type: {kind}\r\n\r\n{body}\r\n--b{level}--\r\n"
        kind = f"multipart/mixed;boundary=b{level}"
    return kind, body


def test_depth_of_parts_is_bounded() -> None:
    for depth, refused in ((1, False), (4, False), (5, True), (60, True)):
        kind, body = wrapped(SMALL, depth)
        content = content_of(kind, "", "", body.encode())
        assert (content.fault is not None) == refused


@pytest.mark.parametrize(
    ("content_type", "disposition", "body", "status_code"),
    [
        pytest.param("application/isup", "", b"x", 415, id="unknown alone"),
        pytest.param("application/isup", "signal;handling=optional", b"x", 0, id="unknown and optional"),
        pytest.param("application/isup", "signal;handling=required", b"x", 415, id="unknown and required"),
        pytest.param("multipart/mixed", "", b"--b\r\n\r\nx\r\n--b--", 400, id="no boundary"),
        pytest.param("multipart/mixed;boundary=c", "", b"--b\r\n\r\nx\r\n--b--", 400, id="another boundary"),
        pytest.param("", "", SMALL.encode(), 0, id="a description without type"),
        pytest.param("", "", b"hello", 415, id="anything without type"),
    ],
)
def test_whole_body_is_used_ignored_or_refused(
    content_type: str, disposition: str, body: bytes, status_code: int
) -> None:
    fault = content_of(content_type, disposition, "", body).fault
    assert (fault.status_code if fault else 0) == status_code


def test_two_descriptions_are_ambiguous_unless_they_are_alternatives() -> None:
    part = f"--b\r\nContent-Type: application/sdp\r\n\r\n{SMALL}\r\n"
    body = f"{part}{part.replace('40000', '40002')}--b--\r\n".encode()
    assert content_of("multipart/mixed;boundary=b", "", "", body).fault
    assert b"40002" in content_of("multipart/alternative;boundary=b", "", "", body).description


def test_a_boundary_is_what_its_bytes_are() -> None:
    inner = f"--\udcff\r\nContent-Type: application/sdp\r\n\r\n{SMALL}\r\n--\udcff--"
    outer = f'--b\r\nContent-Type: multipart/mixed;boundary="\udcff"\r\n\r\n{inner}\r\n--b--'
    for kind, body in (("\udcff", inner), ("b", outer)):
        content = content_of(
            f'multipart/mixed;boundary="{kind}"', "", "", body.encode("utf-8", "surrogateescape")
        )
        assert (content.description.decode().strip(), content.fault) == (SMALL.strip(), None)


@given(st.binary(max_size=200), st.sampled_from(["multipart/mixed;boundary=b", "application/sdp", "x/y", ""]))
def test_any_body_is_used_or_refused(body: bytes, content_type: str) -> None:
    content = content_of(content_type, "", "", b"--b\r\n" + body + b"\r\n--b--")
    assert content.fault is None or not content.description
    assert content.description in b"--b\r\n" + body + b"\r\n--b--"


@pytest.mark.parametrize(
    "repair",
    [
        lambda: repaired("v=0\r\n" + "a=" + " " * 16_000),
        lambda: repaired("v=0\r\n" * 3_000),
        lambda: repaired_address("<" * 16_000),
        lambda: repaired_address("<sip:a@h>" + ";tag" * 4_000),
        lambda: repaired_address("<sip:a@h>" + ";" * 16_000),
        lambda: repaired_request_uri("sip:a@h" + ";x=" * 5_000),
        lambda: repaired("v=0\r\nm=audio 1 RTP/AVP " + "0," * 8_000),
        lambda: repaired_address('"' + "\\" * 16_000),
        lambda: repaired_address(" " * 16_000 + "<"),
        lambda: repaired_address("sip:" + "a@" * 8_000),
        lambda: repaired_request_uri("sip:" + "%" * 16_000 + "@h"),
        lambda: content_of("multipart/mixed;boundary=b", "", "", b"\r\n--b" * 3_000),
        lambda: content_of("multipart/mixed;boundary=b", "", "", b"\r\n" * 8_000),
    ],
)  # fmt: skip
def test_largest_message_takes_a_bounded_time(repair: object) -> None:
    assert callable(repair)
    begun_s = time.process_time()
    repair()
    assert time.process_time() - begun_s < 0.1


def test_the_metrics_page_names_every_leniency() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    assert [each for each in Leniency if f"`{each}`" not in page] == []


@pytest.mark.parametrize("space", ["", " ", "  "])
def test_the_user_part_is_escaped_beside_a_quoted_name(space: str) -> None:
    address = f'"Desk; \\"1\\""{space}<sip:#1@h>;tag=2'
    assert repaired_address(address) == (address.replace("#", "%23"), Leniency.URI_CHARACTERS)


PARAMETERS = ["lr", "transport=udp", "rport", "tag=aB", 'x="a;b"', "ob", "x=1"]


@given(st.lists(st.sampled_from(PARAMETERS), max_size=6), st.data())
def test_a_parameter_that_is_repeated_counts_once(parameters: list[str], data: st.DataObject) -> None:
    single = list(dict.fromkeys(parameters))
    repeated = (
        [*single, *data.draw(st.lists(st.sampled_from(single or ["lr"]), max_size=3))] if single else []
    )
    text = "".join(f";{each}" for each in repeated)
    assert without_repeats(text) == "".join(f";{each}" for each in single)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<sip:a@h;transport=udp;transport=UDP>;tag=1", "<sip:a@h;transport=udp>;tag=1"),
        ("<sip:a@h;lr;lr>", "<sip:a@h;lr>"),
        ("sip:a@h;tag=1;tag=1", "sip:a@h;tag=1"),
        ('"A;B" <sip:a@h>;expires=60;expires=60', '"A;B" <sip:a@h>;expires=60'),
        ("<sip:+1;npdi;npdi@h;user=phone;user=phone>", "<sip:+1;npdi;npdi@h;user=phone>"),
    ],
)
def test_repeated_parameters_of_an_address_count_once(written: str, meant: str) -> None:
    assert repaired_address(written) == (meant, Leniency.PARAMETER_REPEATED)


@pytest.mark.parametrize(
    "written", ["<sip:a@h;transport=udp;transport=tcp>", "<sip:a@h>;tag=a;tag=A", "<sip:a@h>;tag=a;tag"]
)
def test_parameters_that_differ_stay_an_error(written: str) -> None:
    address, found = repaired_address(written)
    assert (address, found) == (written, None)
    with pytest.raises(Unreadable):
        SipUri.parse(NameAddress.parse(address).uri)


LINES_OF_OPTIONS = (
    "OPTIONS sip:a@h SIP/2.0",
    "v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "f: <sip:b@h>;tag=1",
    "t: <sip:a@h>",
    "i: 1@h",
    "CSeq: 1 OPTIONS",
    "Max-Forwards: 70",
)


def test_lines_that_all_end_with_lf_are_read() -> None:
    correct = parse_message("\r\n".join([*LINES_OF_OPTIONS, "", "x"]).encode())
    found = parse_message("\n".join([*LINES_OF_OPTIONS, "", "x"]).encode())
    assert isinstance(correct, Request)
    assert isinstance(found, Request)
    assert (found.headers, found.body, found.fault) == (correct.headers, correct.body, None)
    assert not correct.found
    assert found.found == {Leniency.LINE_ENDING}


@pytest.mark.parametrize("line", LINES_OF_OPTIONS[2:])
def test_a_header_that_is_repeated_with_its_value_counts_once(line: str) -> None:
    message = parse_message("\r\n".join([*LINES_OF_OPTIONS, line, "", ""]).encode())
    assert message.found == {Leniency.HEADER_REPEATED}
    assert (
        message.headers.count(
            parse_message("\r\n".join([*LINES_OF_OPTIONS, "", ""]).encode()).headers.entries[
                LINES_OF_OPTIONS.index(line) - 1
            ][0]
        )
        == 1
    )
