"""Session descriptions in every form that has one meaning: whatever the form, the same is agreed on."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.model.media import Codec, MediaDirection, PortMedia, SrtpProfile
from mixminus.sip.leniency import Leniency
from mixminus.sip.sdp.agreement import NotAcceptable, agree
from mixminus.sip.sdp.description import MalformedSdp, SessionDescription, parse
from mixminus.sip.sdp.negotiation import LocalEnd, make_answer, make_offer
from mixminus.sip.sdp.repair import repaired

LOCAL = LocalEnd(
    "198.51.100.1",
    20_000,
    1,
    (Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA),
    key_material=bytes(range(256)),
)
SESSION = ("v=0", "o=- 1 1 IN IP4 192.0.2.7", "s=-", "c=IN IP4 192.0.2.7", "t=0 0")
RTPMAPS = {
    0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 96: "opus/48000/2", 101: "telephone-event/8000",
    18: "G729/8000", 13: "CN/8000", 97: "iLBC/8000", 121: "red/8000",
}  # fmt: skip
KEY = base64.b64encode(bytes(range(30))).decode()
KEY_46 = base64.b64encode(bytes(range(46))).decode()


def text(
    *attributes: str,
    formats: str = "0 101",
    port: object = 40_000,
    protocol: str = "RTP/AVP",
    session: tuple[str, ...] = SESSION,
    more: tuple[str, ...] = (),
) -> str:
    lines = (*session, f"m=audio {port} {protocol} {formats}", *(f"a={each}" for each in attributes), *more)
    return "".join(f"{line}\r\n" for line in lines)


def answered(offer: str) -> tuple[SessionDescription, PortMedia, frozenset[Leniency]]:
    strict, found = repaired(offer)
    remote = parse(strict)
    answer = make_answer(LOCAL, remote)
    return answer, agree(answer, remote), found


def meaning(offer: str) -> PortMedia:
    return answered(offer)[1]


EVENT = "rtpmap:101 telephone-event/8000"
USUAL = meaning(text(EVENT))

HARMLESS = st.lists(
    st.sampled_from([
        "a=ice-lite", "a=group:BUNDLE 0", "a=group:LS audio", "a=mid:0", "a=msid-semantic: WMS *", "a=extmap-allow-mixed",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=ssrc:1 cname:x", "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuv", "a=candidate:1 1 UDP 2130706431 192.0.2.7 40000 typ host", "a=label:1",
        "a=content:main", "a=silenceSupp:off - - - -", "a=rtcp-fb:* nack", "a=rtcp-xr:voip-metrics", "a=rtcp-rsize",
        "a=X-nat:0", "a=", "a=:x", "a=tool:x y z", "a=curr:qos local none", "a=des:qos optional local sendrecv",
        "a=csup:cap-v0", "a=tcap:1 RTP/SAVP", "a=pcfg:1 t=1", "a=maxmptime:20 20", "a=record:off", "b=AS:64", "b=TIAS:x",
        "k=prompt", "i=a call", "x=1", "a=ptime:30", "a=ptime:0", "a=ptime:x", "a=maxptime:150", "a=maxptime:0", "a=sendrecv",
        "a=fmtp:101 0-15", "a=fmtp:0 x", "a=rtpmap:200 x/8000", "a=rtpmap:0 pcmu/8000", "a=framerate:30", "",
    ]),
    max_size=12,
)  # fmt: skip


@settings(deadline=None)
@given(HARMLESS, HARMLESS)
def test_attributes_that_we_do_not_need_change_nothing(of_session: list[str], of_media: list[str]) -> None:
    assert meaning(text(EVENT, session=(*SESSION, *of_session), more=tuple(of_media))) == USUAL


OTHER_MEDIA = st.lists(
    st.sampled_from([
        ("m=video 5000 RTP/AVP 99", "a=rtpmap:99 VP8/90000", "c=IN IP4 192.0.2.9"), ("m=video 0 RTP/AVP 255",),
        ("m=video 0 RTP/AVP",), ("m=application 0 *",), ("m=application 5000 UDP/BFCP *", "a=floorctrl:c-s"),
        ("m=image 5000 udptl t38", "a=T38FaxVersion:0"), ("m=message 7000 TCP/MSRP *",), ("m=text 5000 RTP/AVP 98",),
        ("m=audio 0 RTP/AVP 0",), ("m=audio 0 RTP/AVP",), ("m=audio 5000 RTP/AVP 18",), ("m=audio 5000 RTP/SAVP 0",),
        ("m=audio 5000 UDP/TLS/RTP/SAVPF 0",), ("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:5000"),
    ]),
    max_size=4,
)  # fmt: skip


@settings(deadline=None)
@given(OTHER_MEDIA, OTHER_MEDIA)
def test_audio_is_found_among_other_media(
    before: list[tuple[str, ...]], after: list[tuple[str, ...]]
) -> None:
    """Every medium is answered in its place, and all but the one with port 0 (RFC 3264 section 6)."""
    offer = text(
        EVENT,
        session=(*SESSION, *(line for media in before for line in media)),
        more=tuple(line for media in after for line in media),
    )
    answer, media, _ = answered(offer)
    assert media == USUAL
    kinds = [line[2:].split()[0] for line in offer.split("\r\n") if line.startswith("m=")]
    assert [each.kind for each in answer.media] == kinds
    assert [bool(each.port) for each in answer.media] == [place == len(before) for place in range(len(kinds))]


@pytest.mark.parametrize(
    "line",
    ["m=video 0 RTP/AVP 255", "m=video 0 RTP/AVP", "m=video 0", "m=application 0 *", "m=image 0 udptl", "m=audio 0 RTP/AVP"],
)  # fmt: skip
def test_dead_medium_in_an_answer_leaves_the_audio(line: str) -> None:
    """Beyond the one medium that was offered, too (RFC 3264 section 6 forbids it)."""
    strict, found = repaired(text(EVENT, more=(line,)))
    media = agree(make_offer(LOCAL), parse(strict))
    assert (media.send.codec, media.send.payload_type) == (Codec.PCMU, 0)
    assert (media.remote, media.dtmf_payload_type) == (("192.0.2.7", 40_000), 101)
    assert Leniency.SDP_DEAD_MEDIA in found


@settings(deadline=None)
@given(st.permutations(list(RTPMAPS)), st.sets(st.sampled_from([0, 8, 9])), st.data())
def test_order_and_spelling_of_formats_change_nothing(
    order: list[int], without_map: set[int], data: st.DataObject
) -> None:
    """Our order counts; the static types need no map (RFC 3551 section 6)."""
    maps = []
    for number, encoding in RTPMAPS.items():
        if number not in without_map:
            name, slash, clock = encoding.partition("/")
            shown = "".join(data.draw(st.sampled_from([each.upper(), each.lower()])) for each in name)
            blank = data.draw(st.sampled_from([" ", "  ", "\t"]))
            maps.append(f"rtpmap:{number}{blank}{shown}{slash}{clock}")
    offer = text(*data.draw(st.permutations(maps)), formats=" ".join(map(str, order)))
    media = meaning(offer)
    assert [(each.codec, each.payload_type) for each in media.receive] == [
        (Codec.OPUS, 96), (Codec.G722, 9), (Codec.PCMU, 0), (Codec.PCMA, 8),
    ]  # fmt: skip
    assert media.dtmf_payload_type == 101


@given(st.integers(96, 127), st.sampled_from([8000, 16_000, 32_000, 48_000]), st.sampled_from(["", "/1"]))
def test_events_have_any_payload_type_and_clock(number: int, clock_rate_hz: int, channels: str) -> None:
    media = meaning(text(f"rtpmap:{number} telephone-event/{clock_rate_hz}{channels}", formats=f"0 {number}"))
    assert (media.dtmf_payload_type, media.dtmf_clock_rate_hz) == (number, clock_rate_hz)


@pytest.mark.parametrize("clock_rate_hz", [8000, 48_000])
def test_events_beside_opus_alone_are_answered_at_their_own_clock(clock_rate_hz: int) -> None:
    """Firefox offers them at 8000 Hz only."""
    event = f"101 telephone-event/{clock_rate_hz}"
    answer, media, _ = answered(text("rtpmap:96 opus/48000/2", f"rtpmap:{event}", formats="96 101"))
    assert [each.codec for each in media.receive] == [Codec.OPUS]
    assert (media.dtmf_payload_type, media.dtmf_clock_rate_hz) == (101, clock_rate_hz)
    assert answer.media[0].formats == ("96", "101")
    assert event in answer.media[0].values("rtpmap")


@given(
    st.sampled_from([None, *MediaDirection]),
    st.sampled_from([None, *MediaDirection]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_direction_of_the_medium_comes_before_the_sessions(
    of_session: MediaDirection | None, of_media: MediaDirection | None, case: object
) -> None:
    assert callable(case)
    theirs = of_media or of_session or MediaDirection.SENDRECV
    session = (*SESSION, f"a={case(of_session)}") if of_session else SESSION
    media = meaning(text(EVENT, *([case(of_media)] if of_media else []), session=session))
    assert (media.direction.sends, media.direction.receives) == (theirs.receives, theirs.sends)


@pytest.mark.parametrize(
    ("offer", "leniency"),
    [
        (text(EVENT).replace("v=0", "v = 0"), Leniency.SDP_BLANKS),
        (text(EVENT).replace("c=IN", "c =  IN"), Leniency.SDP_BLANKS),
        (text(EVENT).replace("m=audio", "m\t= audio"), Leniency.SDP_BLANKS),
        (text(EVENT).replace("m=", "M=").replace("c=", "C=").replace("a=", "A="), Leniency.SDP_CASE),
        (text(EVENT).replace("IN IP4 192.0.2.7\r\nt=", "IN IPV4 192.0.2.7\r\nt="), Leniency.SDP_CONNECTION),
        (text(EVENT).replace("IN IP4 192.0.2.7\r\nt=", "IN IPv4 192.0.2.7 x\r\nt="), Leniency.SDP_CONNECTION),
        (text(EVENT, formats="0,101"), Leniency.SDP_BLANKS),
        (text(EVENT, formats="0, 101,"), Leniency.SDP_BLANKS),
        (text(EVENT, formats="00 101"), Leniency.SDP_PAYLOAD_TYPE),
        (text(EVENT, formats="0 101 -1 128 x"), Leniency.SDP_PAYLOAD_TYPE),
        (text("rtpmap:101 telephone-event / 8000"), Leniency.SDP_RTPMAP),
        (text(EVENT, protocol="rtp/avp"), Leniency.SDP_CASE),
        (text(EVENT, protocol="RTP/AVP/UDP"), Leniency.SDP_PROTOCOL),
        (text(EVENT, protocol="udp/rtp/avp"), Leniency.SDP_PROTOCOL),
        (text(EVENT) + "garbage\r\n", Leniency.SDP_LINE),
        (
            text(EVENT).replace("t=0 0", "# made by hand\r\nt=0 0\r\n1=x\r\na\r\n\xe9=x\r\na:sendonly"),
            Leniency.SDP_LINE,
        ),
        (text(EVENT).replace("rtpmap:101 ", "rtpmap:101\r\n "), Leniency.SDP_LINE),
        (text(EVENT).replace("RTP/AVP 0 ", "\r\n\tRTP/AVP\r\n  0 "), Leniency.SDP_LINE),
        (text(EVENT, port="040000"), Leniency.SDP_PAYLOAD_TYPE),
        (text("rtpmap:0101 telephone-event/8000"), Leniency.SDP_RTPMAP),
        (text("rtpmap:101 Telephone-Event"), Leniency.SDP_RTPMAP),
        (text("fmtp:101 0-15"), Leniency.SDP_RTPMAP),
        (text("fmtp:101 0-11,16"), Leniency.SDP_RTPMAP),
        (text(EVENT).replace("IN IP4 192.0.2.7\r\nt=", "IN IP 192.0.2.7\r\nt="), Leniency.SDP_CONNECTION),
        (text(EVENT).replace("IN IP4 192.0.2.7\r\nt=", "IN 192.0.2.7\r\nt="), Leniency.SDP_CONNECTION),
        (text(EVENT).replace("IN IP4 192.0.2.7\r\nt=", "192.0.2.7\r\nt="), Leniency.SDP_CONNECTION),
    ],
)
def test_form_with_one_meaning_is_counted_and_is_that_meaning(offer: str, leniency: Leniency) -> None:
    _, media, found = answered(offer)
    assert leniency in found
    assert media == USUAL


@pytest.mark.parametrize(
    ("attributes", "formats"),
    [
        (("fmtp:101 0-15",), "0"),
        (("fmtp:101 useinbandfec=1",), "0 101"),
        (("fmtp:101 0/5",), "0 101"),
        (("fmtp:101 0-15", "rtpmap:101 iLBC/8000"), "0 101"),
        (("fmtp:18 0",), "0 18"),
    ],
)
def test_what_may_be_something_else_is_not_taken_for_events(
    attributes: tuple[str, ...], formats: str
) -> None:
    assert meaning(text(*attributes, formats=formats)).dtmf_payload_type is None


def test_events_that_are_described_already_stay_those() -> None:
    media = meaning(text(EVENT, "fmtp:101 0-15", "fmtp:100 0-15", formats="0 100 101"))
    assert media.dtmf_payload_type == 101


@pytest.mark.parametrize(
    ("rtpmap", "codec", "shown"),
    [
        ("96 opus/48000", Codec.OPUS, "96 opus/48000/2"),
        ("96 OPUS/48000/1", Codec.OPUS, "96 OPUS/48000/2"),
        ("96 G722/16000", Codec.G722, "96 G722/8000"),
        ("96 pcma / 8000 / 1", Codec.PCMA, "96 pcma/8000"),
    ],
)
def test_format_that_is_described_wrongly_is_answered_rightly(rtpmap: str, codec: Codec, shown: str) -> None:
    answer, media, found = answered(text(f"rtpmap:{rtpmap}", formats="96"))
    assert (media.send.codec, media.send.payload_type) == (codec, 96)
    assert answer.media[0].values("rtpmap") == (shown,)
    assert Leniency.SDP_RTPMAP in found


@pytest.mark.parametrize(
    ("connection", "attributes", "remote", "rtcp"),
    [
        ("IP4 192.0.2.7", (), ("192.0.2.7", 40_000), ("192.0.2.7", 40_001)),
        ("IP4 192.0.2.7", ("rtcp:40009",), ("192.0.2.7", 40_000), ("192.0.2.7", 40_009)),
        ("IP4 192.0.2.7", ("rtcp:40009 IN IP4 192.0.2.8",), ("192.0.2.7", 40_000), ("192.0.2.8", 40_009)),
        ("IP4 192.0.2.7", ("rtcp:9 IN IP4 0.0.0.0", "rtcp-mux"), ("192.0.2.7", 40_000), ("192.0.2.7", 40_000)),
        ("IP4 192.0.2.7", ("rtcp:40009 IN IP4 0.0.0.0",), ("192.0.2.7", 40_000), ("192.0.2.7", 40_009)),
        ("IP4 192.0.2.7", ("rtcp:0",), ("192.0.2.7", 40_000), ("192.0.2.7", 40_001)),
        ("IP4 192.0.2.7", ("rtcp:x",), ("192.0.2.7", 40_000), ("192.0.2.7", 40_001)),
        ("IP4 phone.example.", (), None, None),
        ("IP6 2001:db8::7", (), ("2001:db8::7", 40_000), ("2001:db8::7", 40_001)),
        ("IP6 fe80::1%eth0", (), None, None),
    ],
)  # fmt: skip
def test_audio_and_reports_go_where_the_description_says(
    connection: str, attributes: tuple[str, ...], remote: tuple[str, int] | None, rtcp: tuple[str, int] | None
) -> None:
    session = tuple(f"c=IN {connection}" if line[0] == "c" else line for line in SESSION)
    media = meaning(text(*attributes, session=session))
    assert (media.remote, media.remote_rtcp) == (remote, rtcp)
    assert media.direction is MediaDirection.SENDRECV


def test_last_port_has_no_port_for_reports_after_it() -> None:
    media = meaning(text(EVENT, port=65_535))
    assert (media.remote, media.remote_rtcp) == (("192.0.2.7", 65_535), None)


def test_connection_of_the_medium_may_stand_alone_and_comes_before_the_sessions() -> None:
    without = tuple(line for line in SESSION if line[0] != "c")
    for session, more, host in (
        (without, ("c=IN IP4 192.0.2.9",), "192.0.2.9"),
        (SESSION, ("a=sendrecv", "c=IN IP4 192.0.2.9"), "192.0.2.9"),
        (SESSION, (), "192.0.2.7"),
    ):
        assert meaning(text(EVENT, session=session, more=more)).remote == (host, 40_000)


@pytest.mark.parametrize(
    ("crypto", "profile", "shown"),
    [
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}", SrtpProfile.AES_CM_128_HMAC_SHA1_80, "1 AES_CM_128_HMAC_SHA1_80"),
        (f"7 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^20", SrtpProfile.AES_CM_128_HMAC_SHA1_32, "7 AES_CM_128_HMAC_SHA1_32"),
        (f"1 AES_CM_256_HMAC_SHA1_80 inline:{KEY_46}", SrtpProfile.AES_256_CM_HMAC_SHA1_80, "1 AES_CM_256_HMAC_SHA1_80"),
        (f"1 AES_256_CM_HMAC_SHA1_32 inline:{KEY_46}", SrtpProfile.AES_256_CM_HMAC_SHA1_32, "1 AES_256_CM_HMAC_SHA1_32"),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1048576|1:4 WSH=64", SrtpProfile.AES_CM_128_HMAC_SHA1_80, "1 AES_CM_128_HMAC_SHA1_80"),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} FEC_ORDER=FEC_SRTP KDR=0", SrtpProfile.AES_CM_128_HMAC_SHA1_80, "1 AES_CM_128_HMAC_SHA1_80"),
    ],
)  # fmt: skip
def test_suite_is_answered_by_the_name_that_was_offered(
    crypto: str, profile: SrtpProfile, shown: str
) -> None:
    first = f"crypto:9 F8_128_HMAC_SHA1_80 inline:{KEY}"
    answer, media, _ = answered(text(first, f"crypto:{crypto}", protocol="RTP/SAVP"))
    assert media.srtp
    assert media.srtp.profile is profile
    assert answer.media[0].values("crypto")[0].startswith(f"{shown} inline:")


@pytest.mark.parametrize(
    "offer",
    [
        text(formats="96"),
        text("rtpmap:96 opus/16000", formats="96"),
        text("rtpmap:0 PCMU/8000/2", formats="0"),
        text("maxptime:10"),
        text(protocol="RTP/SAVP"),
        text(f"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTCP", protocol="RTP/SAVP"),
        text(f"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1", protocol="RTP/SAVP"),
        text(protocol="UDP/TLS/RTP/SAVP"),
        text(port=0),
    ],
)
def test_offer_without_usable_audio_is_not_acceptable(offer: str) -> None:
    with pytest.raises(NotAcceptable):
        answered(offer)


@pytest.mark.parametrize(
    "offer",
    [
        text(port=70_000),
        text(session=tuple(line for line in SESSION if line[0] != "c")),
        text().replace("192.0.2.7\r\nt=", "192.0.2.7:4000\r\nt="),
        text().replace("192.0.2.7\r\nt=", "224.2.1.1/127\r\nt="),
        text() + "m: video 5000 RTP/AVP 99\r\n",
        text().replace("v=0", "v=1"),
    ],
)
def test_description_without_one_meaning_is_malformed(offer: str) -> None:
    with pytest.raises(MalformedSdp):
        answered(offer)
