"""DTLS-SRTP and ICE in SDP: answers to browsers, offers of ours, what continues and what begins anew."""

from dataclasses import replace

import pytest

from mixminus.model.media import Codec, MediaDirection
from mixminus.sip.sdp.agreement import NotAcceptable, agree
from mixminus.sip.sdp.description import SessionDescription, parse, render
from mixminus.sip.sdp.dtls import DtlsEnd, exchange_of, is_offered
from mixminus.sip.sdp.negotiation import LocalEnd, first_description, make_answer, make_offer
from mixminus.sip.sdp.session import LocalSession
from tests.support.sip_phone import sdp

OURS = "sha-256 " + ":".join(["AA"] * 32)
THEIRS = "sha-256 " + ":".join(["0B"] * 32)
LOCAL = LocalEnd(
    "192.0.2.1",
    8081,
    7,
    (Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA),
    dtls=DtlsEnd(OURS, 4_000_000_000, b"s" * 32),
)
# As Chromium writes it, with JsSIP, shortened.
BROWSER = "\r\n".join(
    [
        "v=0",
        "o=- 5 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS x",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=candidate:1 1 udp 2113937151 7a1c.local 50000 typ host generation 0 network-cost 999",
        "a=candidate:2 1 udp 2113937151 198.51.100.7 50000 typ host",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuv",
        "a=ice-options:trickle",
        f"a=fingerprint:{THEIRS}",
        "a=setup:actpass",
        "a=mid:0",
        f"a=extmap:1 {'urn:ietf:params:rtp-hdrext:ssrc-audio-level'}",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 0.0.0.0",
        "a=mid:1",
        "a=rtpmap:96 VP8/90000",
        "",
    ]
)


def value(description: SessionDescription, name: str) -> str:
    (found,) = description.media[0].values(name)
    return found


def test_browsers_offer_is_answered_with_ice_and_dtls() -> None:
    answer, media = first_description(LOCAL, parse(BROWSER))
    text = render(answer)
    assert "m=audio 8081 UDP/TLS/RTP/SAVPF 111 9 0 8 110\r\nc=" not in text, (
        "one connection line, the session's"
    )
    assert "a=candidate:1 1 udp 2130706431 192.0.2.1 8081 typ host\r\n" in text
    assert "a=group:BUNDLE 0\r\n" in text
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" in text
    assert (value(answer, "setup"), value(answer, "fingerprint"), value(answer, "mid")) == (
        "active",
        OURS,
        "0",
    )
    assert media is not None
    assert media.send.codec is Codec.OPUS
    assert media.direction is MediaDirection.SENDRECV, "address zero is no hold where ICE finds the address"
    assert (media.dtmf_payload_type, media.dtmf_clock_rate_hz) == (110, 48_000)
    assert (media.level_extension_id, media.rtcp_mux, media.srtp) == (1, True, None)
    exchange = exchange_of(answer, parse(BROWSER))
    assert exchange is not None
    assert exchange.we_connect
    assert not exchange.we_offered
    assert (exchange.ours.ufrag, exchange.theirs.ufrag) == (value(answer, "ice-ufrag"), "abcd")
    assert len(exchange.candidates) == 2
    assert [each.value for each in exchange.fingerprints] == [":".join(["0B"] * 32)]


@pytest.mark.parametrize(
    ("find", "to"),
    [
        ("a=rtcp-mux\r\n", ""),
        (f"a=fingerprint:{THEIRS}\r\n", ""),
        (f"a=fingerprint:{THEIRS}\r\n", "a=fingerprint:sha-1 " + ":".join(["0B"] * 20) + "\r\n"),
        ("a=ice-ufrag:abcd\r\n", ""),
        ("a=ice-ufrag:abcd\r\n", "a=ice-ufrag:abc\r\n"),
        ("a=ice-pwd:abcdefghijklmnopqrstuv\r\n", "a=ice-pwd:short\r\n"),
        ("a=setup:actpass\r\n", ""),
        ("a=setup:actpass\r\n", "a=setup:holdconn\r\n"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/SAVPF"),
    ],
)
def test_offer_without_what_a_secure_connection_needs_is_refused(find: str, to: str) -> None:
    assert find in BROWSER
    with pytest.raises(NotAcceptable):
        first_description(LOCAL, parse(BROWSER.replace(find, to)))


def test_ice_and_fingerprint_may_stand_in_the_session_part() -> None:
    moved = [
        f"a=fingerprint:{THEIRS}",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuv",
        "a=setup:actpass",
    ]
    lines = [line for line in BROWSER.split("\r\n") if line not in moved]
    place = lines.index("t=0 0") + 1
    answer, _ = first_description(LOCAL, parse("\r\n".join([*lines[:place], *moved, *lines[place:]])))
    assert value(answer, "setup") == "active"


def test_plain_leg_refuses_dtls_and_dtls_leg_refuses_plain() -> None:
    with pytest.raises(NotAcceptable):
        first_description(replace(LOCAL, dtls=None), parse(BROWSER))
    with pytest.raises(NotAcceptable):
        first_description(LOCAL, parse(sdp()))
    assert is_offered(parse(BROWSER))
    assert not is_offered(parse(sdp()))


@pytest.mark.parametrize(
    ("theirs", "ours"), [("active", "passive"), ("passive", "active"), ("actpass", "active")]
)
def test_role_answers_theirs(theirs: str, ours: str) -> None:
    answer, _ = first_description(LOCAL, parse(BROWSER.replace("setup:actpass", f"setup:{theirs}")))
    assert value(answer, "setup") == ours


def session_after(offer: str) -> tuple[LocalSession, SessionDescription]:
    answer, _ = first_description(LOCAL, parse(offer))
    session = LocalSession()
    session.open(LOCAL, render(answer))
    sent = parse(session.next())
    session.agreed(render(sent), offer)
    return session, sent


def test_hold_continues_ice_and_dtls_and_a_restart_begins_ice_anew() -> None:
    session, first = session_after(BROWSER)
    session.answer(BROWSER.replace("a=sendrecv", "a=sendonly"))
    held = parse(session.next())
    same = ("ice-ufrag", "ice-pwd", "fingerprint", "setup", "candidate", "ssrc")
    assert [value(held, name) for name in same] == [value(first, name) for name in same]
    assert (
        agree(held, parse(BROWSER.replace("a=sendrecv", "a=sendonly"))).direction is MediaDirection.RECVONLY
    )
    restarted = BROWSER.replace("ice-ufrag:abcd", "ice-ufrag:wxyz")
    session.answer(restarted)
    after = parse(session.next())
    session.agreed(render(after), restarted)
    for name in ("ice-ufrag", "ice-pwd"):
        assert value(after, name) != value(first, name), "both change (RFC 8445 section 9)"
    for name in ("fingerprint", "setup", "ssrc"):
        assert value(after, name) == value(first, name)


def test_both_processes_make_the_same_credentials() -> None:
    assert make_answer(LOCAL, parse(BROWSER)).media == make_answer(LOCAL, parse(BROWSER)).media
    other = replace(LOCAL, dtls=DtlsEnd(OURS, 1, b"t" * 32))
    assert value(make_answer(other, parse(BROWSER)), "ice-pwd") != value(
        make_answer(LOCAL, parse(BROWSER)), "ice-pwd"
    )


def test_our_hold_offers_either_role_and_the_same_ice() -> None:
    session, first = session_after(BROWSER)
    assert session.hold(on=True)
    offer = parse(session.next())
    assert value(offer, "setup") == "actpass"
    assert offer.media[0].has("sendonly")
    assert offer.origin.version == first.origin.version + 1
    assert value(offer, "ice-ufrag") == value(first, "ice-ufrag")


def test_our_offer_is_answered_by_a_browser_and_its_later_offers_keep_the_roles() -> None:
    session = LocalSession()
    session.open(LOCAL, render(make_offer(LOCAL)))
    offer = parse(session.next())
    assert value(offer, "setup") == "actpass"
    assert "a=group:BUNDLE 0\r\n" in render(offer)
    assert offer.media[0].protocol == "UDP/TLS/RTP/SAVPF"
    answer = BROWSER.partition("m=video")[0].replace("setup:actpass", "setup:active").replace("111", "96")
    exchange = exchange_of(offer, parse(answer))
    assert exchange is not None
    assert (exchange.we_connect, exchange.we_offered) == (False, True)
    session.agreed(render(offer), answer)
    session.answer(BROWSER)
    later = parse(session.next())
    assert value(later, "setup") == "passive", (
        "the phone connected, and keeps that role (RFC 8842 section 5.5)"
    )
    assert value(later, "ice-ufrag") == value(offer, "ice-ufrag"), "no restart"
    assert agree(offer, parse(answer)).send.codec is Codec.OPUS


def test_missing_half_of_an_exchange_is_none() -> None:
    answer, _ = first_description(LOCAL, parse(BROWSER))
    assert exchange_of(answer, parse(sdp())) is None
