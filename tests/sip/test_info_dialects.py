"""INFO requests within a call as phones and gateways write them: digits, and what else they send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.edge.router import Router
from mixminus.sip.leniency import COUNTER, Leniency
from mixminus.sip.messages import DigitReceived
from tests.sip.test_edge_dialogs import TAG, confirmed, sent_to_server
from tests.sip.test_edge_router import PHONE, request, status_code

RELAY, DTMF, NORTEL = "application/dtmf-relay", "application/dtmf", "application/vnd.nortelnetworks.digits"
BROADSOFT = "application/broadsoft"
BODIES = "0123456789*#ABCDabcd"


def sent(router: Router, kind: str | None, body: str, number: int = 2) -> int:
    """Send an INFO of this type, or of none, and return the status of its response."""
    message = request("INFO", to_tag=TAG, number=number, branch=f"z9hG4bK{number}", body=body or "x")
    header = f"Content-Type: {kind}\r\n" if kind is not None else ""
    message = message.replace(b"Content-Type: application/sdp\r\n", header.encode())
    if not body:
        message = message.replace(b"Content-Length: 1", b"Content-Length: 0").removesuffix(b"x")
    return status_code(router.from_phone(message, PHONE, float(number)))


@pytest.mark.parametrize(
    ("kind", "body", "digit", "duration_ms", "usual"),
    [
        (RELAY, "Signal=5\r\nDuration=160\r\n", "5", 160, True),
        (RELAY, "Signal= 5\r\nDuration= 160\r\n", "5", 160, True),
        (RELAY, "Signal=5\r\nDuration=160", "5", 160, True),
        (RELAY, "Signal=5\nDuration=160\n", "5", 160, False),
        (RELAY, "Signal=5\rDuration=160\r", "5", 160, False),
        (RELAY, "\r\n\r\nSignal=5\r\n\r\nDuration=160\r\n\r\n", "5", 160, False),
        (RELAY, "  Signal   =\t5  \r\n  Duration\t= 160 \r\n", "5", 160, False),
        (RELAY, "SIGNAL=5\r\nDURATION=160\r\n", "5", 160, False),
        (RELAY, "signal=b\r\nduration=160\r\n", "B", 160, False),
        (RELAY, 'Signal="#"\r\nDuration="160"\r\n', "#", 160, False),
        (RELAY, "Signal: 5\r\nDuration: 160\r\n", "5", 160, False),
        (RELAY, "Signal=5;Duration=160", "5", 160, False),
        (RELAY, "Duration=160\r\nSignal=5\r\n", "5", 160, False),
        (RELAY, "Signal=5\r\nDuration=160\r\n\0", "5", 160, False),
        (RELAY, "Signal=5\r\nDuration=160\r\nVolume=-10\r\nx\r\n", "5", 160, False),
        (RELAY, "Signal=5", "5", 0, True),
        (RELAY, "Signal=5\r\nDuration=\r\n", "5", 0, False),
        (RELAY, "Signal=5\r\nDuration=long\r\n", "5", 0, False),
        (RELAY, "Signal=5\r\nDuration=0.25\r\n", "5", 0, False),
        (RELAY, "Signal=5\r\nDuration=-160\r\n", "5", 0, False),
        (RELAY, "Signal=5\r\nDuration=60000\r\n", "5", 10_000, True),
        (RELAY, "Signal=10\r\nDuration=160\r\n", "*", 160, True),
        (RELAY, "Signal=11\r\nDuration=160\r\n", "#", 160, True),
        (RELAY, "Signal=12\r\nDuration=160\r\n", "A", 160, True),
        (RELAY, "d=5\r\nDuration=160\r\n", "5", 160, False),
        (RELAY, "5", "5", 0, True),
        (DTMF, "5", "5", 0, True),
        (DTMF, "*\r\n", "*", 0, True),
        (DTMF, " 11 ", "#", 0, False),
        (DTMF, "Signal=5\r\nDuration=160\r\n", "5", 160, True),
        (NORTEL, "p=Digit-Collection\r\ny=Digit-Collection\r\ns=success\r\nd=5\r\n", "5", 0, False),
        ("Application/DTMF-Relay", "Signal=5\r\nDuration=160\r\n", "5", 160, True),
        ("application/dtmf-relay;charset=utf-8", "Signal=5\r\nDuration=160\r\n", "5", 160, True),
        ("application/dtmf-relay ; version=1", "Signal=5\r\nDuration=160\r\n", "5", 160, True),
        (None, "Signal=5\r\nDuration=160\r\n", "5", 160, False),
    ],
)
def test_digit_is_understood(kind: str | None, body: str, digit: str, duration_ms: int, usual: bool) -> None:
    router, _ = confirmed()
    assert sent(router, kind, body) == 200
    assert sent_to_server(router) == [DigitReceived("call-1", digit, duration_ms)]
    assert router.counters[f"{COUNTER}:{Leniency.INFO_DIGIT}"] == int(not usual)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (RELAY, "", 400),
        (RELAY, "Signal=", 400),
        (RELAY, "Signal=55", 400),
        (RELAY, "Signal=17", 400),
        (RELAY, "Signal=five", 400),
        (RELAY, "Duration=16", 400),
        (RELAY, "Duration=160", 400),
        (RELAY, "x" * 300, 400),
        (DTMF, "123", 400),
        (None, "hello", 415),
        (None, "", 200),
        ("", "", 200),
        ("text/plain", "Signal=5", 415),
        ("application/media_control+xml", "<media_control/>", 415),
        ("message/sipfrag", "SIP/2.0 200 OK", 415),
        ("application/sdp", "v=0", 415),
        ("application/x-unknown", "\x01\x02", 415),
        ("nonsense", "5", 415),
    ],
)
def test_other_bodies_are_no_digit(kind: str | None, body: str, expected: int) -> None:
    router, _ = confirmed()
    assert sent(router, kind, body) == expected
    assert sent_to_server(router) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (RELAY, "Signal=16\r\nDuration=160\r\n"),
        (RELAY, "Signal= !\r\nDuration= 250\r\n"),
        (RELAY, 'Signal="16"'),
        (RELAY, "signal: hf"),
        (RELAY, "Signal=F\r\nDuration=2000\r\n"),
        (RELAY, "Duration=160\r\nSignal=Flash\r\n"),
        (DTMF, "16"),
        (DTMF, " ! \r\n"),
        (NORTEL, "p=Digit-Collection\r\nd=!\r\n"),
        (None, "Signal=16\r\nDuration=160\r\n"),
        ("application/hook-flash", "signal=hf"),
        ("Application/Hook-Flash;version=1", "anything"),
        ("application/hook-flash", ""),
        (BROADSOFT, "event flashhook"),
        (BROADSOFT, "event flashhook\r\n"),
        ("Application/BroadSoft; version=1.0", " EVENT: FlashHook \n"),
    ],
)
def test_hook_flash_is_accepted_and_no_digit(kind: str | None, body: str) -> None:
    router, _ = confirmed()
    assert sent(router, RELAY, "Signal=5\r\n", 2) == 200
    assert sent(router, kind, body, 3) == 200
    assert sent(router, RELAY, "Signal=6\r\n", 4) == 200
    assert [each.digit for each in sent_to_server(router) if isinstance(each, DigitReceived)] == ["5", "6"]
    assert router.counters["sip_edge_hook_flash"] == 1
    assert router.counters[f"{COUNTER}:{Leniency.INFO_DIGIT}"] == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (BROADSOFT, "play tone CallWaitingTone1"),
        ("application/broadsoft;version=1.0", "stop CallWaitingTone"),
        (BROADSOFT, "event flashhooks"),
        (BROADSOFT, "Signal=16"),
        (BROADSOFT, "event flashhook" + " " * 300 + "x"),
        (BROADSOFT, ""),
    ],
)
def test_what_broadworks_says_to_phones_is_accepted_without_effect(kind: str, body: str) -> None:
    router, _ = confirmed()
    assert sent(router, kind, body) == 200
    assert sent_to_server(router) == []
    assert router.counters["sip_edge_hook_flash"] == 0
    assert router.counters[f"{COUNTER}:{Leniency.INFO_IGNORED}"] == 1


SPACES = st.text(" \t", max_size=3)
ENDS = st.sampled_from(["\r\n", "\n", "\r", "\r\n\r\n", ";"])


@given(
    digit=st.sampled_from(BODIES),
    name=st.sampled_from(["Signal", "signal", "SIGNAL", "sIGNAL", "d", "D"]),
    spaces=st.lists(SPACES, min_size=6, max_size=6),
    ends=st.tuples(ENDS, ENDS),
    duration=st.one_of(st.none(), st.integers(0, 99_999)),
    first=st.booleans(),
    separator=st.sampled_from("=:"),
)
def test_any_spelling_of_a_digit_is_that_digit(
    digit: str,
    name: str,
    spaces: list[str],
    ends: tuple[str, str],
    duration: int | None,
    first: bool,
    separator: str,
) -> None:
    a, b, c, d, e, f = spaces
    lines = [f"{a}{name}{b}{separator}{c}{digit}{d}"]
    if duration is not None:
        lines.insert(len(lines) if first else 0, f"{e}Duration{separator}{f}{duration}")
    router, _ = confirmed()
    assert sent(router, RELAY, "".join(line + end for line, end in zip(lines, ends, strict=False))) == 200
    assert sent_to_server(router) == [DigitReceived("call-1", digit.upper(), min(duration or 0, 10_000))]


@given(
    kind=st.sampled_from([RELAY, DTMF, NORTEL, None, "text/plain"]),
    bodies=st.lists(st.text(st.characters(max_codepoint=127), max_size=300), min_size=1, max_size=4),
)
def test_any_body_is_answered_and_the_call_goes_on(kind: str | None, bodies: list[str]) -> None:
    router, _ = confirmed()
    answers = [sent(router, kind, body, number) for number, body in enumerate(bodies, 2)]
    assert set(answers) <= {200, 400, 415}
    digits = sent_to_server(router)
    assert len(digits) <= answers.count(200)
    assert sent(router, RELAY, "Signal=5\r\n", len(bodies) + 2) == 200
    assert sent_to_server(router) == [DigitReceived("call-1", "5", 0)]
