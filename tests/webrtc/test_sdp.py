"""What is accepted of an SDP offer, and the answer."""

import random

import pytest
from aioice import Candidate
from aiortc import RTCDtlsFingerprint
from aiortc.sdp import MediaDescription, SessionDescription

from mixminus.errors import InvalidArgument
from mixminus.mixer import Codec, MediaDirection
from mixminus.webrtc.answer import LocalMedia, render_answer
from mixminus.webrtc.ice import IceCredentials
from mixminus.webrtc.sdp import parse_offer
from tests.support.offers import CHROMIUM, FINGERPRINT, FIREFOX

LOCAL = LocalMedia(
    ice=IceCredentials("0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    candidates=(Candidate("f", 1, "udp", 2130706431, "203.0.113.5", 40000, "host"),),
    fingerprint=RTCDtlsFingerprint("sha-256", FINGERPRINT),
    ssrc=4242,
)


def answer(offer: str) -> list[MediaDescription]:
    return SessionDescription.parse(render_answer(parse_offer(offer), LOCAL)).media


def test_codecs_keep_the_order_of_the_offer() -> None:
    offer = parse_offer(CHROMIUM)
    assert [codec.codec for codec in offer.codecs] == [Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA]
    preferred = parse_offer(CHROMIUM.replace("SAVPF 111 63 9 0 8", "SAVPF 0 8 111"))
    assert [codec.codec for codec in preferred.codecs] == [Codec.PCMU, Codec.PCMA, Codec.OPUS]


def test_opus_sends_fec_only_on_request() -> None:
    assert parse_offer(CHROMIUM).codecs[0].fec
    assert not parse_offer(CHROMIUM.replace("useinbandfec=1", "useinbandfec=0")).codecs[0].fec


def test_opus_is_sent_in_stereo_on_request() -> None:
    assert parse_offer(FIREFOX).codecs[0].channels == 2
    assert "sprop-stereo=1" in render_answer(parse_offer(FIREFOX), LOCAL)
    assert parse_offer(CHROMIUM).codecs[0].channels == 1
    assert "stereo" not in render_answer(parse_offer(CHROMIUM), LOCAL)


@pytest.mark.parametrize(
    ("fmtp", "bitrate_bps"),
    [
        pytest.param("maxaveragebitrate=24000", 24_000, id="respected"),
        pytest.param("maxaveragebitrate=999999999", 0, id="beyond the codec"),
        pytest.param("maxaveragebitrate=loud", 0, id="not a number"),
        pytest.param("maxaveragebitrate=" + "9" * 5000, 0, id="more digits than int() reads"),
    ],
)
def test_the_bitrate_limit_of_opus_comes_from_the_offer(fmtp: str, bitrate_bps: int) -> None:
    assert parse_offer(CHROMIUM.replace("minptime=10", fmtp)).codecs[0].bitrate_bps == bitrate_bps


def test_static_payload_types_need_no_rtpmap() -> None:
    bare = CHROMIUM.replace("SAVPF 111 63 9 0 8", "SAVPF 0").replace("a=rtpmap:0 PCMU/8000\n", "")
    assert [codec.codec for codec in parse_offer(bare).codecs] == [Codec.PCMU]


def test_telephone_event_has_the_clock_rate_of_the_codec() -> None:
    assert parse_offer(CHROMIUM).dtmf == (110, 48_000)
    assert parse_offer(CHROMIUM.replace("SAVPF 111 63", "SAVPF")).dtmf == (126, 8_000)
    assert parse_offer(CHROMIUM.replace("telephone-event/48000", "x-event/48000")).dtmf == (126, 8_000)
    assert parse_offer(FIREFOX).dtmf == (101, 8_000)


@pytest.mark.parametrize("number", ["0", "128", "255", "256", "99999", "-1"])
def test_a_payload_type_of_more_than_seven_bits_is_not_used(number: str) -> None:
    events = parse_offer(CHROMIUM.replace("a=rtpmap:110 tele", f"a=rtpmap:{number} tele"))
    assert events.dtmf == (126, 8_000)


@pytest.mark.parametrize("number", ["128", "200", "255"])
def test_a_codec_with_a_payload_type_of_more_than_seven_bits_is_not_used(number: str) -> None:
    offer = parse_offer(CHROMIUM.replace("SAVPF 111", f"SAVPF {number}").replace(":111 ", f":{number} "))
    assert [codec.codec for codec in offer.codecs] == [Codec.G722, Codec.PCMU, Codec.PCMA]


@pytest.mark.parametrize(
    ("number", "used"),
    [("1", 1), ("255", 255), ("0", None), ("-1", None), ("256", None), ("9" * 20, None)],
)
def test_a_header_extension_has_an_id_of_one_byte(number: str, used: int | None) -> None:
    assert parse_offer(CHROMIUM.replace("a=extmap:1 ", f"a=extmap:{number} ")).level_extension_id == used


def test_telephone_event_is_answered_as_it_was_offered() -> None:
    for offer, number, clock_rate_hz in ((CHROMIUM, 110, 48_000), (FIREFOX, 101, 8_000)):
        audio = answer(offer)[0]
        events = [each for each in audio.rtp.codecs if each.name == "telephone-event"]
        assert [(each.payloadType, each.clockRate) for each in events] == [(number, clock_rate_hz)]


def test_without_telephone_event_there_is_none() -> None:
    assert parse_offer(FIREFOX.replace("telephone-event", "x-event")).dtmf is None


@pytest.mark.parametrize("clock_rate_hz", [0, 1, 999_999])
def test_telephone_event_with_an_absurd_clock_rate_is_left_out(clock_rate_hz: int) -> None:
    offer = FIREFOX.replace("telephone-event/8000", f"telephone-event/{clock_rate_hz}")
    assert parse_offer(offer).dtmf is None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("sendrecv", MediaDirection.SENDRECV),
        ("sendonly", MediaDirection.RECVONLY),
        ("recvonly", MediaDirection.SENDONLY),
        ("inactive", MediaDirection.INACTIVE),
    ],
)
def test_directions_are_reversed(theirs: str, ours: MediaDirection) -> None:
    offer = parse_offer(CHROMIUM.replace("a=sendrecv", f"a={theirs}"))
    assert offer.direction is ours
    assert f"a={ours}" in render_answer(offer, LOCAL)


def test_only_reachable_candidates_are_kept() -> None:
    assert [(each.host, each.port) for each in parse_offer(CHROMIUM).candidates] == [("192.0.2.7", 44323)]


def test_the_answer_describes_our_one_transport() -> None:
    (audio,) = answer(CHROMIUM)
    assert (audio.host, audio.port) == ("203.0.113.5", 40000)
    assert [(each.ip, each.port, each.type) for each in audio.ice_candidates] == [
        ("203.0.113.5", 40000, "host")
    ]
    assert audio.ice_candidates_complete
    assert audio.rtcp_mux
    assert audio.ice is not None and audio.ice.usernameFragment == LOCAL.ice.ufrag
    assert audio.dtls is not None and audio.dtls.role == "client"
    assert audio.fmt == [111, 9, 0, 8, 110]
    assert [each.ssrc for each in audio.ssrc] == [4242]


def test_the_audio_level_extension_keeps_its_id() -> None:
    for offer in (CHROMIUM, FIREFOX):
        (extension,) = answer(offer)[0].rtp.headerExtensions
        assert (extension.id, extension.uri) == (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level")


def test_sections_other_than_audio_are_rejected_with_port_0() -> None:
    text = render_answer(parse_offer(FIREFOX), LOCAL)
    media = SessionDescription.parse(text).media
    assert [(each.kind, each.port, each.rtp.muxId) for each in media] == [
        ("audio", 40000, "0"),
        ("video", 0, "1"),
        ("application", 0, "2"),
    ]
    assert "a=group:BUNDLE 0\r\n" in text


def test_we_are_dtls_server_if_the_peer_is_client() -> None:
    (audio,) = answer(CHROMIUM.replace("actpass", "active"))
    assert audio.dtls is not None and audio.dtls.role == "server"


@pytest.mark.parametrize(
    ("find", "replace", "message"),
    [
        pytest.param("a=rtcp-mux\n", "", "rtcp-mux", id="no rtcp-mux"),
        pytest.param("a=setup:actpass\n", "", "setup", id="no dtls role"),
        pytest.param("sha-256", "sha-1", "fingerprint", id="weak fingerprint"),
        pytest.param("a=ice-ufrag:7sFv\n", "", "ice-ufrag", id="no ufrag"),
        pytest.param("a=ice-ufrag:7sFv", "a=ice-ufrag:7s:v", "ice-ufrag", id="a colon in the ufrag"),
        pytest.param("dOTZKZNVlO9RSGsEGM63JXT2", "short", "ice-pwd", id="short pwd"),
        pytest.param("UDP/TLS/RTP/SAVPF", "RTP/AVP", "SAVPF", id="no encryption"),
        pytest.param("m=audio", "m=video", "audio", id="no audio"),
        pytest.param("SAVPF 111 63 9 0 8 13", "SAVPF 63 13", "codec", id="no codec in common"),
        pytest.param("SAVPF 111", "SAVPF opus", "malformed", id="payload type is a word"),
        pytest.param("a=fmtp:63 111/111", "a=fmtp:64 1", "malformed", id="fmtp of nothing"),
        pytest.param("a=setup:actpass", "a=setup:perhaps", "malformed", id="unknown role"),
        pytest.param("a=extmap:1 urn", "a=extmap:one urn", "malformed", id="extension id is a word"),
        pytest.param("m=audio 44323", "m=audio", "malformed", id="no port"),
        pytest.param("v=0\n", "v=0\n" + "a=x\n" * 20_000, "too long", id="too long"),
    ],
)
def test_an_offer_that_cannot_be_served_is_rejected_with_the_reason(
    find: str, replace: str, message: str
) -> None:
    assert find in CHROMIUM
    with pytest.raises(InvalidArgument, match=message):
        parse_offer(CHROMIUM.replace(find, replace))


@pytest.mark.parametrize("text", ["", "\0", "v=0", "m=", "{}", "m=audio 9 UDP/TLS/RTP/SAVPF \n", "a=" * 99])
def test_malformed_sdp_is_rejected_with_the_reason(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_offer(text)


def test_a_truncated_offer_raises_no_other_error() -> None:
    for cut in range(0, len(CHROMIUM), 7):
        try:
            parse_offer(CHROMIUM[:cut])
        except InvalidArgument:
            continue


def test_a_mutated_offer_raises_no_other_error() -> None:
    chance = random.Random(4566)
    for _ in range(500):
        text = list(chance.choice([CHROMIUM, FIREFOX]))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(text))
            text[place : place + chance.randrange(20)] = chance.choices("0 9:/=\n-a\0", k=chance.randrange(9))
        try:
            render_answer(parse_offer("".join(text)), LOCAL)
        except InvalidArgument:
            continue
