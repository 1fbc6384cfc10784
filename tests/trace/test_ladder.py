"""The ladder diagram: every message between its two ends, in order, and nothing that a phone sends can break the page."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.model.ids import CustomerId, TraceId
from mixminus.model.trace import Trace, TraceSpec, TraceStatus
from mixminus.trace.entries import AudioStatistics, Entry, SipMessage
from mixminus.trace.ladder import page, policy
from mixminus.trace.rows import AudioRow, MessageRow, ladders
from mixminus.trace.wording import description_of, kind_of, title_of

CALL, OTHER = UUID(int=7), UUID(int=8)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SVG = re.compile(r"<svg class=\"(?:ladder|chart)\".*?</svg>", re.DOTALL)


def message(
    start: str, *, at_us: int = 0, sent: bool = False, call: UUID = CALL, rest: str = ""
) -> SipMessage:
    data = f"{start}\r\nCSeq: 1 INVITE\r\n{rest}\r\n".encode()
    return SipMessage(at_us, call, sent, "UDP", ("192.0.2.10", 5060), ("192.0.2.20", 40_000), data, len(data))


def audio(at_us: int, **values: float) -> AudioStatistics:
    return AudioStatistics(
        at_us, CALL, ("192.0.2.10", 30_000), {"rtp_received": 1.0, "rtp_sent": 1.0, **values}
    )


def shown(*entries: Entry, number: str = "") -> str:
    spec = TraceSpec(60, number=number)
    trace = Trace(
        TraceId(UUID(int=1)),
        CustomerId(UUID(int=2)),
        spec,
        TraceStatus.TRACING,
        NOW,
        NOW + timedelta(seconds=60),
    )
    return page(trace, entries).decode()


@pytest.mark.parametrize(
    ("start", "kind", "title"),
    [
        ("INVITE sip:1000@example.com;transport=udp SIP/2.0", "request", "INVITE sip:1000@example.com"),
        ("BYE sip:w1@192.0.2.10 SIP/2.0", "request", "BYE"),
        ("SIP/2.0 183 Session Progress", "progress", "183 Session Progress (INVITE)"),
        ("SIP/2.0 200 OK", "success", "200 OK (INVITE)"),
        ("SIP/2.0 302 Moved", "redirect", "302 Moved (INVITE)"),
        ("SIP/2.0 486 Busy Here", "failure", "486 Busy Here (INVITE)"),
        ("SIP/2.0 603 Decline", "failure", "603 Decline (INVITE)"),
    ],
)
def test_kind_and_title_of_a_message(start: str, kind: str, title: str) -> None:
    data = message(start).data
    assert (kind_of(data), title_of(data)) == (kind, title)


def test_invite_within_a_call_is_a_reinvite() -> None:
    within = message("INVITE sip:1000@example.com SIP/2.0", rest="To: <sip:a@b>;tag=1\r\n")
    assert title_of(within.data) == "re-INVITE"


@pytest.mark.parametrize(
    ("sdp", "description"),
    [
        ("m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\n", "SDP: PCMU, opus"),
        ("m=audio 4000 RTP/SAVP 8\na=sendonly\n", "SDP: PCMA · sendonly · SRTP"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 9\r\n", "SDP: G722 · DTLS-SRTP"),
        ("m=audio 0 RTP/AVP 0\r\n", "SDP: refused"),
        ("a=nothing\r\n", ""),
    ],
)
def test_description_of_a_session(sdp: str, description: str) -> None:
    assert description_of(f"INVITE sip:a@b SIP/2.0\r\n\r\nv=0\r\n{sdp}".encode()) == description


def test_rows_are_in_the_order_of_time_between_the_right_ends() -> None:
    (call,) = ladders(
        [
            message("SIP/2.0 200 OK", at_us=30, sent=True),
            message("INVITE sip:1000@example.com SIP/2.0", at_us=10),
            message("INVITE sip:1000@example.com SIP/2.0", at_us=20),
            audio(40),
            audio(50),
            message("BYE sip:w1@192.0.2.10 SIP/2.0", at_us=60, rest="User-Agent: baresip\r\n"),
        ]
    )
    assert [each.name for each in call.parties] == ["192.0.2.20:40000", "mixminus"]
    assert call.parties[0].agent == "baresip"
    assert [(each.source, each.destination, each.repeated) for each in call.messages] == [
        (0, 1, False),
        (0, 1, True),
        (1, 0, False),
        (0, 1, False),
    ]
    kinds = [type(each) for each in call.rows]
    assert kinds == [MessageRow, MessageRow, MessageRow, AudioRow, MessageRow]


def test_every_arrow_leads_to_the_text_of_its_message() -> None:
    text = shown(
        message("INVITE sip:1000@example.com SIP/2.0"),
        message("INVITE sip:1000@example.com SIP/2.0", call=OTHER, at_us=1),
        message("SIP/2.0 200 OK", sent=True, at_us=2),
    )
    assert re.findall(r'href="#(m\d)"', text) == ["m1", "m3", "m2"]
    assert sorted(re.findall(r'<pre id="(m\d)"', text)) == ["m1", "m2", "m3"]
    assert text.count('<svg class="ladder"') == 2


def test_statistics_are_a_band_between_messages_and_charts() -> None:
    text = shown(
        message("ACK sip:w1@192.0.2.10 SIP/2.0"),
        audio(1_000_000, jitter_ms=2.0, loss=0.01, mos=4.2),
        audio(3_000_000, jitter_ms=5.0, loss=0.0, mos=3.9),
        message("BYE sip:w1@192.0.2.10 SIP/2.0", at_us=4_000_000),
    )
    assert "audio for 2 s · lost 1.0 % · jitter 5.0 ms · MOS 3.9" in text
    assert 'aria-label="jitter: 2.0 to 5.0 ms"' in text
    assert text.count('class="chart"') == 3


def test_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    text = shown(message("INVITE sip:1000@example.com SIP/2.0"))
    assert not re.search(
        r"<script|<link|<img|<iframe|@import|url\((?!#)|(?:src|href)=\"(?!#)|\son\w+=|\sstyle=", text
    )
    assert policy().startswith("default-src 'none'; style-src 'sha256-")
    assert "prefers-color-scheme: dark" in text


def test_trace_without_calls_says_so() -> None:
    assert "No call yet" in shown(number="2000")


class _Page(HTMLParser):
    """Notes the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)


EVIL = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</pre></svg><script>",
        "\x00\x1b[31m\u202e",
        "]]>&#x3c;",
        "'\"&<>",
    ]
)
TEXTS = st.lists(EVIL | st.text(max_size=20), max_size=4).map("".join)


@given(start=TEXTS, rest=TEXTS, number=TEXTS, sent=st.booleans())
def test_no_message_breaks_the_page(start: str, rest: str, number: str, sent: bool) -> None:
    data = f"{start}\r\nUser-Agent: {rest}\r\nCSeq: 1 INVITE\r\n\r\n{rest}".encode("utf-8", "replace")
    hostile = SipMessage(0, CALL, sent, rest, ("192.0.2.10", 5060), ("2001:db8::1", 5060), data, len(data))
    text = shown(hostile, message("SIP/2.0 200 OK", at_us=1), audio(2), audio(3), number=number)
    found = _Page()
    found.feed(text)
    expected = _Page()
    expected.feed(
        shown(message("X"), message("X"), audio(1), audio(2), message("X", sent=True), number="2")
        + "<p><em><dd><small>"
    )
    assert found.elements <= expected.elements
    assert not {each for each in found.attributes if each.startswith("on") or each in {"src", "style"}}
    for drawing in SVG.findall(text):
        ElementTree.fromstring(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", drawing))
