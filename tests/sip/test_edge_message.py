"""SIP messages: a TCP stream is split by Content-Length, wherever the segments end; status lines, names and number of headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.edge.addressing import ToPhone
from mixminus.sip.edge.message import (
    MAX_MESSAGE_BYTES,
    Headers,
    Response,
    StreamFramer,
    Unparseable,
    parse,
)
from mixminus.sip.leniency import Leniency
from tests.sip.test_edge_router import PHONE, open_router, request

ONE = b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nl : 4\r\n\r\nbody"
TWO = b"BYE sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"


@given(st.lists(st.integers(1, 20), max_size=20))
def test_framer_returns_whole_messages_for_any_split(sizes: list[int]) -> None:
    stream = b"\r\n\r\n" + ONE + b"\r\n" + TWO + TWO
    framer = StreamFramer()
    messages = []
    for size in sizes:
        messages += framer.feed(stream[:size])
        stream = stream[size:]
    messages += framer.feed(stream)
    assert messages == [ONE, TWO, TWO]
    assert not framer.partial


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", id="no length"),
        pytest.param(b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n", id="length negative"),
        pytest.param(b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 99999\r\n\r\n", id="length too large"),
        pytest.param(b"x" * (MAX_MESSAGE_BYTES + 1), id="no end of headers"),
    ],
)
def test_stream_without_a_valid_content_length_is_rejected(stream: bytes) -> None:
    with pytest.raises(Unparseable):
        StreamFramer().feed(stream)


@pytest.mark.parametrize(
    "name",
    [
        "Call-ID",
        "CSeq",
        "Contact",
        "MIME-Version",
        "Min-SE",
        "P-Asserted-Identity",
        "P-Called-Party-ID",
        "RAck",
    ]
    + ["Record-Route", "RSeq", "SIP-ETag", "SIP-If-Match", "Via", "WWW-Authenticate"],
)
def test_header_is_written_as_its_rfc_writes_it(name: str) -> None:
    """Twinkle finds no challenge under another spelling, against RFC 3261 section 7.3.1."""
    written = Response(200, "OK", Headers([(name.lower(), "x")])).render()
    assert f"\r\n{name}: x\r\n".encode() in written


@pytest.mark.parametrize(
    ("line", "reason", "usual"),
    [
        ("SIP/2.0 200 OK", "OK", True),
        ("SIP/2.0 200 ", "", True),
        ("SIP/2.0 200", "", False),
        ("SIP/2.0   200 OK", "OK", False),
    ],
)
def test_status_line_may_lack_its_reason_or_have_more_blanks(line: str, reason: str, usual: bool) -> None:
    response = parse(f"{line}\r\nCall-ID: a\r\n\r\n".encode())
    assert isinstance(response, Response)
    assert (response.status_code, response.reason) == (200, reason)
    assert (Leniency.START_LINE in response.found) is not usual


def test_list_of_more_hops_than_headers_is_dropped() -> None:
    router = open_router()
    hops = ", ".join(["SIP/2.0/UDP h;branch=z9hG4bKh"] * 200)
    assert router.from_phone(request("OPTIONS", extra=f"Via: {hops}\r\n"), PHONE, 0.0) is None
    assert router.counters["sip_edge_malformed"] == 1


def test_response_that_cannot_be_delivered_is_dropped_however_many_headers_it_has() -> None:
    router = open_router()
    hops = "".join(f"Via: SIP/2.0/UDP h;branch=z9hG4bK{n}\r\n" for n in range(120))
    answer = router.from_phone(request("OPTIONS", extra=hops), PHONE, 0.0)
    assert isinstance(answer, ToPhone)
    assert router.undelivered(answer.message, 0.0) is None
    more = answer.message.replace(b"\r\nServer:", b"\r\nX: y" * 20 + b"\r\nServer:")
    assert router.undelivered(more, 0.0) is None
