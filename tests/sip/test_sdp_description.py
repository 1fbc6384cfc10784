"""Session descriptions: what is parsed, what is refused, and that there is no third outcome."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.sip.sdp.description import MAX_BYTES, MalformedSdp, parse, render

OFFER = (
    "v=0\r\n"
    "o=alice 2890844526 2890844527 IN IP4 host.atlanta.example.com\r\n"
    "s=-\r\n"
    "c=IN IP4 192.0.2.1\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "m=audio 49170/1 RTP/AVP 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=sendonly\r\n"
    "m=video 51372 RTP/AVP 99\r\n"
    "c=IN IP6 2001:db8::1\r\n"
    "a=rtpmap:99 h263-1998/90000\r\n"
)


def test_description_is_parsed_section_by_section() -> None:
    description = parse(OFFER)
    audio, video = description.media
    assert (description.origin.session_id, description.origin.version) == ("2890844526", 2890844527)
    assert (audio.kind, audio.port, audio.protocol, audio.formats) == (
        "audio",
        49170,
        "RTP/AVP",
        ("0", "101"),
    )
    assert audio.has("sendonly")
    assert description.host_of(audio) == "192.0.2.1"
    assert description.host_of(video) == "2001:db8::1"


def test_bare_line_feeds_and_a_missing_last_line_end_are_accepted() -> None:
    assert parse(OFFER.replace("\r\n", "\n").rstrip("\n")) == parse(OFFER)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("v=1\r\n" + OFFER[5:], id="another version"),
        pytest.param(OFFER.replace("v=0", "v=0\r\nv=0"), id="two versions"),
        pytest.param("\r\n".join(line for line in OFFER.split("\r\n") if line[:2] != "o="), id="no origin"),
        pytest.param(OFFER.replace("IN IP4 host", "IN ATM host"), id="origin of another net"),
        pytest.param(OFFER.replace("2890844527", "two"), id="origin version no number"),
        pytest.param(OFFER.replace("c=IN IP4 192.0.2.1\r\n", ""), id="no connection"),
        pytest.param(OFFER.replace("192.0.2.1", "192.0.2.1/127"), id="multicast"),
        pytest.param(OFFER.replace("192.0.2.1", "a b"), id="connection with a blank"),
        pytest.param(OFFER.replace("49170/1", "65536"), id="port too large"),
        pytest.param(OFFER.replace("49170/1", "-1"), id="port negative"),
        pytest.param(OFFER.replace("49170/1", "٤٢"), id="port in other digits"),
        pytest.param(OFFER.replace("RTP/AVP 0 101", "RTP/AVP"), id="no formats"),
        pytest.param(OFFER.replace("RTP/AVP 0 101", "RTP/AVP 0 128"), id="payload type too large"),
        pytest.param(OFFER.replace("RTP/AVP 0 101", "RTP/AVP 0  101"), id="two blanks"),
        pytest.param(OFFER.replace("a=sendonly", "a="), id="attribute without a name"),
        pytest.param(OFFER.replace("a=sendonly", "sendonly"), id="not a line"),
        pytest.param(OFFER.replace("a=sendonly", "a=x\0y"), id="NUL"),
        pytest.param(OFFER + "m=audio 1 RTP/AVP 0\r\n" * 20, id="too many media"),
        pytest.param(OFFER + "a=x\r\n" * 600, id="too many lines"),
        pytest.param(OFFER + "a=" + "x" * MAX_BYTES, id="too long"),
    ],
)
def test_malformed_description_is_refused(text: str) -> None:
    with pytest.raises(MalformedSdp):
        parse(text)


@given(st.text(max_size=300))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with pytest.raises(MalformedSdp):
        parse(text)


@given(st.integers(0, len(OFFER) - 1), st.characters(codec="utf-8"))
def test_description_with_one_wrong_character_is_parsed_or_refused(place: int, character: str) -> None:
    damaged = OFFER[:place] + character + OFFER[place + 1 :]
    try:
        description = parse(damaged)
    except MalformedSdp:
        return
    assert all(0 <= media.port < 65536 for media in description.media)


def test_rendered_description_is_parsed_back() -> None:
    description = parse(OFFER)
    assert parse(render(description)) == description
