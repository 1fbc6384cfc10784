"""Masking: no secret of a message is in its trace, however it is written, and what is no secret stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.edge.masking import masked

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
REQUEST = (
    "INVITE sip:1000@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCall-ID: a@b\r\n"
)


def message(header: str = "", body: str = "") -> bytes:
    line = f"{header}\r\n" if header else ""
    return f"{REQUEST}{line}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        pytest.param(
            'Authorization: Digest username="bob", realm="r", nonce="n1", uri="sip:r", response="5ec4e7"',
            'Authorization: Digest username="bob", realm="r", nonce="n1", uri="sip:r", response="***"',
            id="digest",
        ),
        pytest.param(
            'PROXY-AUTHORIZATION : digest username="bob",\r\n\tresponse="5ec4e7",cnonce="5ec4e7",algorithm=MD5',
            'PROXY-AUTHORIZATION : Digest username="bob", algorithm=MD5, response="***"',
            id="folded, with other spaces and cases",
        ),
        pytest.param("Authorization: Basic 5ec4e7", "Authorization: ***", id="basic"),
        pytest.param(
            "Authorization: Digest 5ec4e7", 'Authorization: Digest response="***"', id="a broken digest"
        ),
        pytest.param("Authorization:\r\n  Bearer 5ec4e7", "Authorization:***", id="bearer on the next line"),
        pytest.param(
            'Authentication-Info: rspauth="5ec4e7"', "Authentication-Info: ***", id="the server's proof"
        ),
        pytest.param("X-Api-Key: 5ec4e7", "X-Api-Key: ***", id="an own header"),
        pytest.param(
            "Contact: <sip:bob:5ec4e7@192.0.2.1>", "Contact: <sip:bob:***@192.0.2.1>", id="in a URI"
        ),
        pytest.param(
            'From: "a" <sips:a:5ec4e7;x@h>;tag=1', 'From: "a" <sips:a:***@h>;tag=1', id="with a parameter"
        ),
        pytest.param("X-Note: harmless", "X-Note: harmless", id="no secret"),
        pytest.param(
            'WWW-Authenticate: Digest realm="r", nonce="n1"',
            'WWW-Authenticate: Digest realm="r", nonce="n1"',
            id="a challenge",
        ),
    ],
)
def test_header(header: str, shown: str) -> None:
    assert masked(message(header)) == message(shown)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "x" * 40,
        ),
        (
            f"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^20|1:4;inline:{KEY}|2^20|2:4 UNENCRYPTED_SRTCP",
            "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:"
            + "x" * 40
            + "|2^20|1:4;inline:"
            + "x" * 40
            + "|2^20|2:4 UNENCRYPTED_SRTCP",
        ),
        (
            f"a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",
            "a=acap:1 crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "x" * 40,
        ),
        (
            f"A=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:{KEY}",
            "A=CRYPTO:1 AES_CM_128_HMAC_SHA1_80 INLINE:" + "x" * 40,
        ),
        (f"a=crypto:1 AES inline:{KEY} FEC_KEY=inline:{KEY}", "a=crypto:" + "x" * (6 + 47 + 16 + 40)),
        ("a=ice-pwd:5ec4e7", "a=ice-pwd:xxxxxx"),
        ("k=clear:5ec4e7", "k=xxxxxxxxxxxx"),
        ("a=key-mgmt:mikey 5ec4e7", "a=key-mgmt:xxxxxxxxxxxx"),
        ("a=fingerprint:sha-256 AB:CD", "a=fingerprint:sha-256 AB:CD"),
        ("a=rtpmap:0 PCMU/8000", "a=rtpmap:0 PCMU/8000"),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_of_a_description(line: str, shown: str, end: str) -> None:
    body = end.join(("v=0", line, "a=sendrecv", ""))
    written = masked(message("Content-Type: application/sdp", body))
    assert written == message("Content-Type: application/sdp", body.replace(line, shown))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("Signal=5\r\nDuration=160\r\n", "Signal=x\r\nDuration=160\r\n"),
        ("5", "x"),
        (" Signal = #\n", " Signal =xx\n"),
    ],
)
def test_digit_of_an_info_request(body: str, shown: str) -> None:
    info = message("Content-Type: application/dtmf-relay", body).replace(b"INVITE", b"INFO", 1)
    assert masked(info).endswith(b"\r\n\r\n" + shown.encode())


def test_encoded_body_is_masked_as_a_whole() -> None:
    sent = message("Content-Encoding: gzip", "5ec4e7")
    assert masked(sent).endswith(b"\r\n\r\nxxxxxx")


@given(st.binary(max_size=400))
def test_any_bytes_can_be_masked_twice(received: bytes) -> None:
    once = masked(received)
    assert masked(once) == once or b"***" in once


SPACE = st.sampled_from(["", " ", "\t", "  "])
FOLD = st.sampled_from([" ", "\r\n ", "\r\n\t", "\n  "])
SECRET = st.from_regex(r"5ec4e7[A-Za-z0-9+/]{6,20}", fullmatch=True)


@given(
    name=st.sampled_from(["Authorization", "PROXY-AUTHORIZATION", "authorization", "Proxy-authorization"]),
    around=st.tuples(SPACE, SPACE), fold=FOLD, secret=SECRET,
    parameter=st.sampled_from(["response", "cnonce", "RESPONSE", "auth-param", "password"]),
    quote=st.sampled_from(['"', "", "'"]), place=st.integers(0, 2),
)  # fmt: skip
def test_no_spelling_of_credentials_passes(
    name: str, around: tuple[str, str], fold: str, secret: str, parameter: str, quote: str, place: int
) -> None:
    before, after = around
    parts = ['username="bob"', 'realm="example"']
    parts.insert(place, f"{parameter}{before}={after}{quote}{secret}{quote}")
    sent = message(f"{name}{before}:{after}Digest{fold}" + f",{fold}".join(parts))
    written = masked(sent)
    assert b"5ec4e7" not in written
    assert b'username="bob"' in written


@given(
    tag=st.integers(1, 99), before=SPACE, after=SPACE, secret=SECRET, end=st.sampled_from(["\r\n", "\n", "\r"]),
    suffix=st.sampled_from(["", "|2^20", "|2^20|1:4", " KDR=1", "; inline:5ec4e7abc", "|1:4 ;inline:5ec4e7abc"]),
)  # fmt: skip
def test_no_spelling_of_a_key_passes(
    tag: int, before: str, after: str, secret: str, end: str, suffix: str
) -> None:
    line = f"a{before}={after}crypto:{tag}{before} AES_CM_128_HMAC_SHA1_80 {after}inline:{secret}{suffix}"
    sent = message("c: application/sdp", end.join(("v=0", line, "")))
    written = masked(sent)
    assert b"5ec4e7" not in written
    assert len(written) == len(sent)


@pytest.mark.parametrize(
    "repeated", [b"sip:", b"sip:a:", b" ", b"a:b\r\n", b"\r\n ", b'realm="', b"inline:a;", b"k="]
)
def test_time_is_linear_in_the_length(repeated: bytes) -> None:
    # 8 would be linear, 64 quadratic; less than a few milliseconds is not measured reliably.
    assert cost_s(repeated, 16_384) < 30 * max(cost_s(repeated, 2_048), 0.001)


def cost_s(repeated: bytes, length: int) -> float:
    """Return the least processor time of a few runs."""
    hostile = b"INVITE x\r\nAuthorization: Digest " + repeated * (length // len(repeated))
    times = []
    for _ in range(3):
        begun_s = time.process_time()
        masked(hostile)
        times.append(time.process_time() - begun_s)
    return min(times)


def test_text_of_a_message_is_masked_with_as_many_bytes() -> None:
    head = b"MESSAGE sip:room@example.org SIP/2.0\r\nContent-Type: text/plain\r\n\r\n"
    assert masked(head + "Grüße\r\nAda".encode()) == head + b"xxxxxxx\r\nxxx"
