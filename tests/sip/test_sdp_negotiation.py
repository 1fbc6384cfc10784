"""Offer and answer (RFC 3264) for one audio stream."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.model.media import Codec, MediaDirection, SrtpProfile
from mixminus.sip.sdp import crypto
from mixminus.sip.sdp.agreement import NotAcceptable, agree
from mixminus.sip.sdp.description import MalformedSdp, parse, render
from mixminus.sip.sdp.negotiation import LocalEnd, make_answer, make_offer

LOCAL = LocalEnd(
    host="198.51.100.1",
    rtp_port=41_000,
    session_id=7,
    codecs=(Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA),
    key_material=bytes(range(crypto.KEY_MATERIAL_BYTES)),
)
KEY_30 = base64.b64encode(bytes(30)).decode()
KEY_28 = base64.b64encode(bytes(range(28))).decode()
KEY_46 = base64.b64encode(bytes(range(46))).decode()
KEY_44 = base64.b64encode(bytes(range(44))).decode()


def offer(*media_lines: str, host: str = "192.0.2.1", media: str = "audio 40000 RTP/AVP 0") -> str:
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.1",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m={media}",
        *media_lines,
    ]
    return "".join(f"{line}\r\n" for line in lines)


def exchange(text: str, local: LocalEnd = LOCAL):  # type: ignore[no-untyped-def]  # a pair of two inferred types
    """Answer an offer; return the answer as the phone parses it, and what the exchange means for the port."""
    remote = parse(text)
    ours = parse(render(make_answer(local, remote)))
    return ours, agree(ours, remote)


def test_codecs_are_answered_in_our_order_with_the_offers_payload_types() -> None:
    answer, media = exchange(
        offer(
            "a=rtpmap:97 opus/48000/2",
            "a=fmtp:97 useinbandfec=1;maxaveragebitrate=24000",
            "a=rtpmap:100 telephone-event/48000",
            "a=rtpmap:101 telephone-event/8000",
            media="audio 40000 RTP/AVP 8 0 9 97 18 101 100",
        )
    )
    assert answer.media[0].formats == ("97", "9", "0", "8", "100")
    assert (media.send.codec, media.send.payload_type, media.send.fec, media.send.bitrate_bps) == (
        Codec.OPUS,
        97,
        True,
        24_000,
    )
    assert [format_.codec for format_ in media.receive] == [Codec.OPUS, Codec.G722, Codec.PCMU, Codec.PCMA]
    assert (media.dtmf_payload_type, media.dtmf_clock_rate_hz) == (100, 48_000)
    assert media.remote == ("192.0.2.1", 40_000)
    assert media.remote_rtcp == ("192.0.2.1", 40_001)


def test_offer_of_opus_alone_is_answered() -> None:
    _, media = exchange(offer("a=rtpmap:107 opus/48000/2", media="audio 40000 RTP/AVP 107"))
    assert media.send.codec is Codec.OPUS
    assert media.dtmf_payload_type is None


@pytest.mark.parametrize(
    ("fmtp", "channels", "answered"),
    [
        ("stereo=1; sprop-stereo=1", 2, "107 useinbandfec=1;sprop-stereo=1"),
        ("stereo=0", 1, "107 useinbandfec=1"),
        ("sprop-stereo=1", 1, "107 useinbandfec=1"),
    ],
)
def test_opus_is_sent_in_stereo_when_asked_for(fmtp: str, channels: int, answered: str) -> None:
    lines = ("a=rtpmap:107 opus/48000/2", f"a=fmtp:107 {fmtp}")
    answer, media = exchange(offer(*lines, media="audio 40000 RTP/AVP 107"))
    assert media.send.channels == channels
    assert answer.media[0].values("fmtp") == (answered,)


@pytest.mark.parametrize(
    "line", ["ptime:10", "ptime:60", "maxptime:20", "maxptime:150.0", "maxptime:x", "maxptime:0"]
)
def test_ptime_is_one_tick_whatever_the_phone_prefers(line: str) -> None:
    answer, media = exchange(offer(f"a={line}"))
    assert answer.media[0].values("ptime") == ("20",)
    assert media.send.ptime_ms == 20


@pytest.mark.parametrize("line", ["maxptime:10", "maxptime:19.5"])
def test_offer_with_too_small_maxptime_is_refused(line: str) -> None:
    with pytest.raises(NotAcceptable):
        make_answer(LOCAL, parse(offer(f"a={line}")))
    with pytest.raises(NotAcceptable):
        agree(make_offer(LOCAL), parse(offer(f"a={line}")))


def test_answer_to_our_offer_may_ask_for_stereo() -> None:
    lines = ("a=rtpmap:96 opus/48000/2", "a=fmtp:96 stereo=1")
    media = agree(make_offer(LOCAL), parse(offer(*lines, media="audio 40000 RTP/AVP 96")))
    assert media.send.channels == 2


@pytest.mark.parametrize(
    ("line", "host", "answered", "direction"),
    [
        ("sendrecv", "192.0.2.1", "sendrecv", MediaDirection.SENDRECV),
        ("sendonly", "192.0.2.1", "recvonly", MediaDirection.RECVONLY),
        ("recvonly", "192.0.2.1", "sendonly", MediaDirection.SENDONLY),
        ("inactive", "192.0.2.1", "inactive", MediaDirection.INACTIVE),
        pytest.param("sendrecv", "0.0.0.0", "recvonly", MediaDirection.RECVONLY, id="hold of RFC 2543"),
        pytest.param("recvonly", "0.0.0.0", "inactive", MediaDirection.INACTIVE, id="address zero, recvonly"),
    ],
)
def test_direction_is_answered_with_its_reverse(
    line: str, host: str, answered: str, direction: MediaDirection
) -> None:
    answer, media = exchange(offer(f"a={line}", host=host))
    assert answer.media[0].has(answered)
    assert media.direction is direction


def test_session_direction_applies_to_its_media() -> None:
    _, media = exchange(offer().replace("t=0 0\r\n", "t=0 0\r\na=sendonly\r\n"))
    assert media.direction is MediaDirection.RECVONLY


def test_every_medium_is_answered_and_all_but_one_refused() -> None:
    answer, media = exchange(
        offer(
            "m=video 5000 RTP/AVP 99",
            "a=rtpmap:99 VP8/90000",
            "m=audio 6000 RTP/AVP 0",
            "m=image 7000 udptl t38",
            media="audio 40000 RTP/AVP 0",
        )
    )
    assert [(each.kind, each.port) for each in answer.media] == [
        ("audio", 41_000),
        ("video", 0),
        ("audio", 0),
        ("image", 0),
    ]
    assert media.remote == ("192.0.2.1", 40_000)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(offer(media="audio 40000 RTP/AVP 18"), id="no common codec"),
        pytest.param(offer(media="audio 40000 RTP/AVP 96"), id="dynamic type without a map"),
        pytest.param(offer(media="audio 0 RTP/AVP 0"), id="audio refused"),
        pytest.param(offer(media="video 40000 RTP/AVP 0"), id="no audio"),
        pytest.param(offer(media="audio 40000 UDP/TLS/RTP/SAVPF 0"), id="DTLS"),
        pytest.param(offer(media="audio 40000 RTP/SAVP 0"), id="SAVP without a key"),
        pytest.param(
            offer(f"a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY_30}", media="audio 4 RTP/SAVP 0"),
            id="profile unknown",
        ),
        pytest.param(
            offer("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", media="audio 4 RTP/SAVP 0"),
            id="key too short",
        ),
        pytest.param(
            offer(
                f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^20|1:17", media="audio 4 RTP/SAVP 0"
            ),
            id="MKI too long",
        ),
        pytest.param(
            offer(f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|256:1", media="audio 4 RTP/SAVP 0"),
            id="MKI larger than its length",
        ),
        pytest.param(
            offer(
                f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|1:1;inline:{KEY_30}|2:1",
                media="audio 4 RTP/SAVP 0",
            ),
            id="two keys",
        ),
        pytest.param(
            offer(
                f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30} UNENCRYPTED_SRTP",
                media="audio 4 RTP/SAVP 0",
            ),
            id="unencrypted",
        ),
    ],
)
def test_offer_without_supported_audio_is_not_acceptable(text: str) -> None:
    with pytest.raises(NotAcceptable):
        make_answer(LOCAL, parse(text))


@pytest.mark.parametrize(
    ("profile", "key"),
    [
        (SrtpProfile.AES_CM_128_HMAC_SHA1_80, KEY_30),
        (SrtpProfile.AEAD_AES_128_GCM, KEY_28),
        (SrtpProfile.AEAD_AES_256_GCM, KEY_44),
        (SrtpProfile.AES_CM_128_HMAC_SHA1_32, KEY_30),
        (SrtpProfile.AES_256_CM_HMAC_SHA1_80, KEY_46),
        (SrtpProfile.AES_256_CM_HMAC_SHA1_32, KEY_46),
    ],
)
def test_keys_are_exchanged_by_the_first_supported_crypto_line(profile: SrtpProfile, key: str) -> None:
    answer, media = exchange(
        offer(
            f"a=crypto:1 F8_128_HMAC_SHA1_80 inline:{KEY_30}",
            f"a=crypto:2 {profile} inline:{key}|2^20",
            media="audio 40000 RTP/SAVP 0",
        )
    )
    assert media.srtp is not None
    assert media.srtp.profile is profile
    assert media.srtp.rx_key == base64.b64decode(key)
    assert answer.media[0].values("crypto") == (
        f"2 {profile} inline:{base64.b64encode(media.srtp.tx_key).decode()}",
    )
    assert media.srtp.tx_key in LOCAL.key_material
    assert "key" not in repr(media.srtp).replace("SrtpKeys", "")


@pytest.mark.parametrize(
    ("parameters", "mki", "answered"),
    [
        ("", b"", ""),
        ("|2^31", b"", ""),
        ("|1048576", b"", ""),
        ("|2^31|1:1", b"\1", "|1:1"),
        ("|1:1", b"\1", "|1:1"),
        ("|2^20|1:4", b"\0\0\0\1", "|1:4"),
        ("|4294967295:4", b"\xff" * 4, "|4294967295:4"),
        (" WSH=64", b"", ""),
        (" KDR=0 -x=1", b"", ""),
    ],
)
def test_lifetime_is_accepted_and_mki_is_used_both_ways(parameters: str, mki: bytes, answered: str) -> None:
    line = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}{parameters}"
    answer, media = exchange(offer(line, media="audio 40000 RTP/SAVP 0"))
    assert media.srtp is not None
    assert (media.srtp.rx_mki, media.srtp.tx_mki) == (mki, mki)
    (crypto_line,) = answer.media[0].values("crypto")
    assert crypto_line.partition("=")[0].endswith(answered) or crypto_line.endswith(answered)
    assert ("|" in crypto_line) == bool(mki)


@pytest.mark.parametrize(
    "line",
    [
        "1  AES_CM_128_HMAC_SHA1_80  inline:{}",
        "01 aes_cm_128_hmac_sha1_80 inline:{}",
        "1 AES_CM_128_HMAC_SHA1_80 INLINE:{}",
    ],
)
@pytest.mark.parametrize("key", [KEY_30, KEY_30.rstrip("=")])
def test_key_is_read_in_any_spelling(line: str, key: str) -> None:
    _, media = exchange(offer(f"a=crypto:{line.format(key)}", media="audio 40000 RTP/SAVP 0"))
    assert media.srtp is not None
    assert media.srtp.rx_key == bytes(30)


def test_keys_of_the_profiles_do_not_overlap() -> None:
    assert (
        b"".join(crypto.own_key(LOCAL.key_material, profile) for profile in SrtpProfile) == LOCAL.key_material
    )


def test_rtcp_is_muxed_or_sent_to_the_offered_port() -> None:
    answer, media = exchange(offer("a=rtcp-mux"))
    assert answer.media[0].has("rtcp-mux")
    assert (media.rtcp_mux, media.remote_rtcp) == (True, ("192.0.2.1", 40_000))
    _, media = exchange(offer("a=rtcp:53020 IN IP4 192.0.2.1"))
    assert (media.rtcp_mux, media.remote_rtcp) == (False, ("192.0.2.1", 53_020))


def test_host_name_is_left_to_symmetric_rtp() -> None:
    _, media = exchange(offer(host="phone.example.com"))
    assert media.remote is None


def test_our_offer_may_be_answered_with_one_codec() -> None:
    ours = make_offer(LOCAL)
    assert ours.media[0].formats == ("96", "9", "0", "8", "101")
    media = agree(ours, parse(offer("a=rtpmap:99 telephone-event/8000", media="audio 40000 RTP/AVP 8 99")))
    assert media.send.codec is Codec.PCMA
    assert media.dtmf_payload_type == 99


def test_answer_without_our_codecs_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable):
        agree(make_offer(LOCAL), parse(offer(media="audio 0 RTP/AVP 0")))


def test_version_is_incremented_only_by_changes() -> None:
    first = make_answer(LOCAL, parse(offer()))
    again = make_answer(LOCAL, parse(offer()), first)
    held = make_answer(LOCAL, parse(offer("a=sendonly")), again)
    assert again == first
    assert held.origin.version == first.origin.version + 1


@given(
    st.lists(st.sampled_from([0, 3, 8, 9, 18, 96, 97, 98, 101, 102]), min_size=1, max_size=8, unique=True),
    st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]),
    st.booleans(),
)
def test_both_sides_agree_on_an_exchange(formats: list[int], direction: str, mux: bool) -> None:
    remote = parse(
        offer(
            "a=rtpmap:96 opus/48000/2",
            "a=rtpmap:97 G722/8000",
            "a=rtpmap:98 PCMU/16000",
            "a=rtpmap:101 telephone-event/8000",
            f"a={direction}",
            *(["a=rtcp-mux"] if mux else []),
            media=f"audio 40000 RTP/AVP {' '.join(map(str, formats))}",
        )
    )
    try:
        ours = make_answer(LOCAL, remote)
    except NotAcceptable:
        assert not set(formats) & {0, 8, 9, 96, 97}
        return
    here, there = agree(ours, remote), agree(remote, ours)
    assert {each.payload_type for each in here.receive} <= set(formats)
    assert here.send.codec in {each.codec for each in there.receive}
    assert here.direction.sends == there.direction.receives
    assert here.direction.receives == there.direction.sends
    assert here.rtcp_mux == there.rtcp_mux == mux


@pytest.mark.parametrize("number", ["\u00b2", "\u0664", "9" * 5000, "-1", "1e3", ""])
def test_invalid_number_is_ignored(number: str) -> None:
    lines = ("a=rtpmap:96 opus/48000/2", f"a=fmtp:96 maxaveragebitrate={number}", f"a=rtcp:{number}")
    _, media = exchange(offer(*lines, f"a=ptime:{number}", media="audio 40000 RTP/AVP 96"))
    assert (media.send.bitrate_bps, media.remote_rtcp) == (0, ("192.0.2.1", 40_001))


RICH = offer(
    "a=rtpmap:96 opus/48000/2",
    "a=fmtp:96 stereo=1;maxaveragebitrate=24000;useinbandfec=1",
    "a=rtpmap:101 telephone-event/8000",
    f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|2^20",
    "a=rtcp:40001 IN IP4 192.0.2.1",
    "a=rtcp-mux",
    "a=maxptime:60",
    media="audio 40000 RTP/SAVP 96 9 0 8 101",
)


@settings(max_examples=300)
@given(st.integers(0, len(RICH)), st.integers(0, 12), st.text(max_size=12))
def test_damaged_offer_is_answered_or_refused(place: int, length: int, damage: str) -> None:
    with suppress(MalformedSdp, NotAcceptable):
        exchange(RICH[:place] + damage + RICH[place + length :])
